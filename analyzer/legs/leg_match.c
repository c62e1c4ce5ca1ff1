#include "analyzer/legs/leg_match.h"

#include "analyzer/legs/leg_group.h"
#include "analyzer/legs/leg_media.h"
#include "analyzer/legs/leg_report.h"
#include "analyzer/legs/leg_score.h"

enum {
    CANDIDATES_MAX = 64,
    NEIGHBOURS = 16, /* of each key, to both sides in time: of a number that all dial the nearest */
};

#define JOIN_SUM      0.42   /* likelihood 0.98 */
#define JOIN_SUM_SOON 0.55   /* 0.994: before it is known how the calls end */
#define STAY_SUM      0.25   /* 0.91: what was joined stays so */
#define SURE_SUM      0.8    /* 0.999, by far more than one fact */
#define MARGIN        0.25   /* ten times likelier than any other */
#define NO_SUM        (-9.)  /* out of reach: by score they are strangers */
#define BESIDE        (-0.1) /* of the chain of hosts: they go the same way, side by side */

struct candidate {
    struct leg_call *call;
    double sum;
    bool made_of_x; /* x received the call and made this one; else the other way round */
};

struct candidates {
    struct candidate found[CANDIDATES_MAX];
    unsigned count;
};

static void add(const struct leg_book *b, struct candidates *out, const struct leg_call *x,
                struct leg_call *y)
{
    struct candidate *c = &out->found[out->count];
    int64_t apart = y->start - x->start;
    struct leg_score score;

    if (x == y || out->count == CANDIDATES_MAX)
        return;
    for (unsigned i = 0; i < out->count; i++) {
        if (out->found[i].call == y)
            return;
    }
    out->count++;
    *c = (struct candidate){ y, NO_SUM, apart >= 0 };
    if (apart > leg_score_reach_ns() || apart < -leg_score_reach_ns())
        return;
    leg_score_pair(&score, &b->hosts, x, y);
    c->sum = score.sum;
    c->made_of_x = score.a == x;
}

static bool is_in_reach(const struct leg_key *key, const struct leg_key *other)
{
    int64_t apart = other->call->start - key->call->start;

    return !leg_key_is_number(key->kind) ||
           (apart <= leg_score_reach_ns() && apart >= -leg_score_reach_ns());
}

/* Who carries the same name, to both sides in time. */
static void add_carriers(const struct leg_book *b, struct candidates *out, const struct leg_call *x,
                         const struct leg_key *key)
{
    const struct leg_key *other = leg_key_at(&b->keys, key->older);

    for (int i = 0; i < NEIGHBOURS && other && is_in_reach(key, other); i++) {
        add(b, out, x, other->call);
        other = leg_key_at(&b->keys, other->older);
    }
    other = leg_key_at(&b->keys, key->newer);
    for (int i = 0; i < NEIGHBOURS && other && is_in_reach(key, other); i++) {
        add(b, out, x, other->call);
        other = leg_key_at(&b->keys, other->newer);
    }
}

static void gather(const struct leg_book *b, struct candidates *out, const struct leg_call *x,
                   bool by_score)
{
    out->count = 0;
    for (struct leg_pair *p = x->pairs; p; p = leg_pair_next(p, x))
        add(b, out, x, leg_pair_other(p, x));
    for (uint32_t at = x->first_key; at; at = b->keys.keys[at].next_of_call) {
        const struct leg_key *key = &b->keys.keys[at];

        if (by_score || !leg_key_is_number(key->kind))
            add_carriers(b, out, x, key);
    }
}

/* Are the two legs of each other, one after the other in a longer chain? */
static bool are_legs(const struct leg_book *b, const struct leg_call *x, const struct leg_call *y)
{
    struct leg_score score;

    leg_score_pair(&score, &b->hosts, x, y);
    return score.sum >= JOIN_SUM && score.facts[LEG_FACT_CHAIN].weight > BESIDE;
}

/* Branches of one call: from one host, and at most one of them was answered. */
static bool are_branches(const struct leg_call *y, const struct leg_call *z)
{
    return y->phase >= LEG_SETTLED && z->phase >= LEG_SETTLED && addr_ip_eq(&y->src, &z->src) &&
           !(leg_call_answered(y) && leg_call_answered(z));
}

/* Is z the certain leg of another call that stands where x does? */
static bool is_taken(const struct leg_call *z, const struct leg_call *x, bool z_made_of_x)
{
    for (const struct leg_pair *p = z->pairs; p; p = leg_pair_next(p, z)) {
        const struct leg_call *other = leg_pair_other(p, z);

        if (p->joined && p->certain && other != x && (other->start <= z->start) == z_made_of_x)
            return true;
    }
    return false;
}

/* Does no other call come near y as a leg of x? */
static bool is_clear(const struct leg_book *b, const struct candidates *of_x,
                     const struct leg_call *x, const struct candidate *y)
{
    for (unsigned i = 0; i < of_x->count; i++) {
        const struct candidate *z = &of_x->found[i];

        if (z->call == y->call || z->sum <= y->sum - MARGIN || z->made_of_x != y->made_of_x)
            continue;
        if (y->made_of_x && are_branches(y->call, z->call))
            continue;
        if (is_taken(z->call, x, z->made_of_x) || are_legs(b, y->call, z->call))
            continue; /* another's; or of the same conversation: they are no rivals */
        return false;
    }
    return true;
}

static const struct candidate *find(const struct candidates *c, const struct leg_call *call)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->found[i].call == call)
            return &c->found[i];
    }
    return NULL;
}

static bool scores(const struct leg_book *b, const struct candidates *of_x,
                   const struct leg_call *x, const struct candidate *y)
{
    bool final = x->phase == LEG_CLOSED && y->call->phase == LEG_CLOSED;
    const struct leg_pair *p = leg_pair_find(x, y->call);
    double least = final ? JOIN_SUM : JOIN_SUM_SOON;
    const struct candidate *back;
    struct candidates of_y;

    if (p && p->joined)
        least = STAY_SUM;
    if (y->sum < least || x->phase < LEG_SETTLED || y->call->phase < LEG_SETTLED ||
        !is_clear(b, of_x, x, y))
        return false;
    gather(b, &of_y, y->call, true);
    back = find(&of_y, x);
    return back && is_clear(b, &of_y, y->call, back);
}

static bool is_certain(const struct leg_book *b, const struct leg_call *x, const struct leg_call *y)
{
    const struct leg_pair *p = leg_pair_find(x, y);
    unsigned prints;

    return leg_report_names(b, x, y, NULL) || (p && leg_media_proves(p, &prints));
}

/* Of the two the one that was made of the other. */
static void learn_hosts(struct leg_book *b, const struct leg_call *x, const struct candidate *y)
{
    const struct leg_call *first = y->made_of_x ? x : y->call, *second = y->made_of_x ? y->call : x;

    if (y->sum > NO_SUM && !addr_ip_eq(&first->dst, &second->src))
        leg_hosts_learn(&b->hosts, &first->dst, &second->src);
}

static void join(struct leg_book *b, struct leg_call *x, const struct candidate *y, bool certain)
{
    bool final = x->phase == LEG_CLOSED && y->call->phase == LEG_CLOSED;
    struct leg_pair *p = leg_pair_get(x, y->call);
    bool news;

    if (!p)
        return;
    news = p->certain != certain || (final && !p->told_final);
    p->certain = certain;
    p->score = leg_score_likelihood(y->sum);
    if (final && !p->told_final && (certain || y->sum >= SURE_SUM))
        learn_hosts(b, x, y);
    p->told_final = final;
    if (!p->joined)
        leg_group_join(b, p);
    else if (news)
        leg_report_tell(b, p);
}

/* Only what is known now counts, and a look by names alone knows less. */
static void part(struct leg_book *b, struct leg_call *x, const struct candidate *y)
{
    struct leg_pair *p = leg_pair_find(x, y->call);

    if (!p || !p->joined || x->phase != LEG_CLOSED || y->call->phase != LEG_CLOSED)
        return;
    p->certain = false;
    p->score = leg_score_likelihood(y->sum);
    leg_group_part(b, p);
}

/* The likeliest of those that x made, or that made x; NULL: none. */
static const struct candidate *likeliest(const struct candidates *of_x, bool made_of_x)
{
    const struct candidate *best = NULL;

    for (unsigned i = 0; i < of_x->count; i++) {
        const struct candidate *y = &of_x->found[i];

        if (y->made_of_x == made_of_x && (!best || y->sum > best->sum))
            best = y;
    }
    return best;
}

static bool is_joined(const struct leg_call *x, const struct leg_call *y)
{
    const struct leg_pair *p = leg_pair_find(x, y);

    return p && p->joined;
}

/* By score only the likeliest to either side may join, so that a look stays cheap: a branch that is
 * not the likeliest of its call has that call as its likeliest, when it is looked at. */
void leg_match_look(struct leg_book *b, struct leg_call *x, bool by_score)
{
    const struct candidate *made, *maker;
    struct candidates of_x;

    gather(b, &of_x, x, by_score);
    made = likeliest(&of_x, true);
    maker = likeliest(&of_x, false);
    for (unsigned i = 0; i < of_x.count; i++) {
        const struct candidate *y = &of_x.found[i];

        if (is_certain(b, x, y->call)) {
            join(b, x, y, true);
        } else if (by_score && (y == made || y == maker || is_joined(x, y->call))) {
            if (scores(b, &of_x, x, y))
                join(b, x, y, false);
            else
                part(b, x, y);
        }
    }
}
