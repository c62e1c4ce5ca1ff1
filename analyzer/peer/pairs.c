#include "analyzer/peer/pairs.h"

#include "analyzer/base/quantile.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S                  INT64_C(1000000000)
#define OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

enum pair_state { UNKNOWN, UP, DOWN, STATES };

struct change {
    int64_t time;
    uint8_t state;
};

struct pair {
    struct expiry_link expiry;
    struct recency_link recency;
    struct told told;
    uint64_t hash;
    struct addr source, target; /* their IP addresses count */
    const struct plan_trunk *trunk;
    uint8_t state;      /* enum pair_state */
    uint8_t bad_in_row; /* stops counting at PAIRS_DOWN_AFTER */
    bool lost;          /* was up, and went down */
    uint8_t next_change, change_count;
    uint32_t pings, answered, unanswered, refused, flaps;
    uint32_t subscribe, notify, publish, message;
    int64_t since, bad_since, last_good, last_ping, last_heard, first_seen, last_seen;
    double round_trip_sum_ms, round_trip_last_ms;
    struct quantile round_trip;
    struct change *changes; /* a ring; NULL before the first one */
};

struct pair_key {
    const struct addr *source, *target;
};

static struct slice state_text(uint8_t state)
{
    static const struct slice texts[STATES] = { SLICE_INIT("unknown"), SLICE_INIT("up"),
                                                SLICE_INIT("down") };

    return texts[state];
}

static bool same_pair(const void *item, const void *key)
{
    const struct pair *a = item;
    const struct pair_key *k = key;

    return addr_ip_eq(&a->source, k->source) && addr_ip_eq(&a->target, k->target);
}

static uint64_t hash_of(const struct siphash_key *key, const struct pair_key *k)
{
    uint8_t bytes[32];

    memcpy(bytes, k->source->ip, 16);
    memcpy(bytes + 16, k->target->ip, 16);
    return siphash(key, bytes, sizeof bytes);
}

static struct pair *find(const struct pairs *p, const struct addr *source,
                         const struct addr *target)
{
    const struct pair_key key = { source, target };

    return table_find(&p->table, hash_of(&p->key, &key), same_pair, &key);
}

static struct slice write_history(struct pairs *p, const struct pair *a)
{
    struct jsonw j;

    strbuf_reset(&p->history);
    j = jsonw_to(&p->history);
    jsonw_array_open(&j);
    for (unsigned i = 0; i < a->change_count; i++) {
        unsigned at = (unsigned)(a->next_change + PAIRS_HISTORY - a->change_count) + i;

        jsonw_object_open(&j);
        jsonw_key(&j, "t");
        jsonw_time(&j, a->changes[at % PAIRS_HISTORY].time);
        jsonw_key(&j, "state");
        jsonw_text(&j, state_text(a->changes[at % PAIRS_HISTORY].state));
        jsonw_object_close(&j);
    }
    jsonw_array_close(&j);
    return p->history.failed ? SLICE_ABSENT : strbuf_slice(&p->history);
}

static void report_pings(const struct pair *a, struct peer_record *out)
{
    out->pings = a->pings;
    out->answered = a->answered;
    out->unanswered = a->unanswered;
    out->refused = a->refused;
    if (a->answered) {
        out->round_trip_ms_mean = a->round_trip_sum_ms / a->answered;
        out->round_trip_ms_p95 = quantile_of(&a->round_trip, 0.95);
        out->round_trip_ms_last = a->round_trip_last_ms;
    }
    out->flaps = a->flaps;
}

static void tell(struct pairs *p, struct pair *a, int64_t now_ns)
{
    char source[ADDR_TEXT_MAX], target[ADDR_TEXT_MAX];
    struct peer_record out;

    record_clear(&record_type_peer, &out);
    out.id = told_now(p->room, &a->told, now_ns, (uint64_t)a->first_seen);
    out.source = slice_of(source, addr_format_ip(&a->source, source));
    out.target = slice_of(target, addr_format_ip(&a->target, target));
    if (a->trunk)
        out.trunk = a->trunk->name;
    out.state = state_text(a->state);
    out.since = a->since;
    out.last_good = a->last_good;
    report_pings(a, &out);
    out.subscribe = a->subscribe;
    out.notify = a->notify;
    out.publish = a->publish;
    out.message = a->message;
    out.first_seen = a->first_seen;
    out.last_seen = a->last_seen;
    out.history = write_history(p, a);
    if (p->room->record)
        p->room->record(p->room->ctx, &record_type_peer, &out);
}

/* One question that nobody answers may be one of ten thousand that somebody tries out. */
static bool is_worth_telling(const struct pair *a)
{
    return a->last_heard != RECORD_NONE ||
           a->pings + a->subscribe + a->notify + a->publish + a->message > 1;
}

static void arm(struct pairs *p, struct pair *a, int64_t now_ns)
{
    int64_t deadline = INT64_MAX;

    if (a->state != UNKNOWN)
        deadline = a->last_ping + PAIRS_SILENT_S * NS_PER_S;
    if (a->told.news && is_worth_telling(a)) {
        int64_t due = (a->told.id ? a->told.time_ns : now_ns) + TOLD_EVERY_S * NS_PER_S;

        deadline = due < deadline ? due : deadline;
    }
    if (deadline == INT64_MAX)
        expiry_cancel(&a->expiry);
    else
        expiry_set(&p->expiry, &a->expiry, deadline);
}

static void tell_in_time(struct pairs *p, struct pair *a, int64_t now_ns, bool changed)
{
    if (is_worth_telling(a) && (changed || told_is_due(&a->told, now_ns)) &&
        told_may_begin(p->room, &a->told, now_ns))
        tell(p, a, now_ns);
    arm(p, a, now_ns);
}

static bool set_state(struct pair *a, enum pair_state state, int64_t time_ns)
{
    if (a->state == state)
        return false;
    a->state = (uint8_t)state;
    a->since = time_ns;
    if (!a->changes)
        a->changes = calloc(PAIRS_HISTORY, sizeof *a->changes);
    if (a->changes) {
        a->changes[a->next_change] = (struct change){ time_ns, a->state };
        a->next_change = (uint8_t)((a->next_change + 1) % PAIRS_HISTORY);
        if (a->change_count < PAIRS_HISTORY)
            a->change_count++;
    }
    return true;
}

static void drop(struct pairs *p, struct pair *a)
{
    expiry_cancel(&a->expiry);
    recency_take_out(&a->recency);
    table_remove(&p->table, a->hash, a);
    quantile_fini(&a->round_trip);
    free(a->changes);
    free(a);
}

static bool make_room(struct pairs *p, bool for_proven)
{
    struct recency_link *victim;
    struct pair *a;

    if (p->table.used < p->max)
        return true;
    p->counters->refusals[REFUSAL_PEERS]++;
    victim = recency_victim(&p->recency, for_proven);
    if (!victim)
        return false;
    a = OWNER(victim, struct pair, recency);
    if (a->told.news && is_worth_telling(a) && told_may_begin(p->room, &a->told, a->last_seen))
        tell(p, a, a->last_seen);
    drop(p, a);
    return true;
}

static struct pair *open_pair(struct pairs *p, const struct transaction_record *t)
{
    const struct pair_key key = { &t->src, &t->dst };
    struct pair *a;

    if (!make_room(p, t->final_status != RECORD_NONE))
        return NULL;
    a = calloc(1, sizeof *a);
    if (!a || table_put(&p->table, hash_of(&p->key, &key), a) != 0) {
        p->counters->refusals[REFUSAL_MEMORY]++;
        free(a);
        return NULL;
    }
    a->hash = hash_of(&p->key, &key);
    a->source = t->src;
    a->target = t->dst;
    a->trunk = p->plan ? plan_find_trunk(p->plan, &t->dst) : NULL;
    a->since = a->first_seen = t->time;
    a->last_good = a->last_ping = a->last_heard = a->bad_since = a->last_seen = RECORD_NONE;
    return a;
}

static bool take_good(struct pair *a, int64_t now_ns)
{
    if (a->last_good != RECORD_NONE && now_ns < a->last_good)
        return false; /* told late: a newer one is known */
    a->last_good = now_ns;
    a->bad_in_row = 0;
    if (a->state != UP)
        a->flaps += a->lost;
    a->lost = false;
    return set_state(a, UP, now_ns);
}

/* heard: it was the target who said no, or somebody on its behalf. */
static bool take_bad(struct pair *a, int64_t asked_ns, bool heard)
{
    if (a->last_good != RECORD_NONE && asked_ns < a->last_good)
        return false; /* it answered one that was sent later */
    if (!heard && a->last_heard != RECORD_NONE && a->last_heard >= a->bad_since)
        a->bad_in_row = 0; /* it lives, though it let the one before go unanswered */
    if (a->bad_in_row == 0 || asked_ns < a->bad_since)
        a->bad_since = asked_ns;
    if (a->bad_in_row < PAIRS_DOWN_AFTER)
        a->bad_in_row++;
    if (a->bad_in_row < PAIRS_DOWN_AFTER || a->state == DOWN)
        return false;
    if (!heard && a->last_good == RECORD_NONE)
        return false; /* what it says is not seen here, or it answers no pings */
    a->lost = a->state == UP;
    return set_state(a, DOWN, a->bad_since);
}

static bool take_ping(struct pair *a, const struct transaction_record *t, int64_t asked_ns,
                      int64_t now_ns)
{
    enum { TIMEOUT = 408, NOT_IMPLEMENTED = 501 };
    int64_t status = t->final_status;

    a->pings++;
    if (a->last_ping == RECORD_NONE || asked_ns > a->last_ping)
        a->last_ping = asked_ns;
    if (status == RECORD_NONE) {
        a->unanswered++;
        return take_bad(a, asked_ns, false);
    }
    a->answered++;
    a->round_trip_last_ms = t->round_trip_ms;
    a->round_trip_sum_ms += t->round_trip_ms;
    quantile_add(&a->round_trip, (float)t->round_trip_ms);
    if ((status >= 500 && status < 600 && status != NOT_IMPLEMENTED) || status == TIMEOUT) {
        a->refused++;
        return take_bad(a, asked_ns, true);
    }
    return take_good(a, now_ns);
}

/* The transactions that are counted, and where. */
static uint32_t *count_of(struct pair *a, struct slice method)
{
    const struct {
        struct slice method;
        uint32_t *count;
    } rows[] = {
        { SLICE("subscribe"), &a->subscribe },
        { SLICE("notify"), &a->notify },
        { SLICE("publish"), &a->publish },
        { SLICE("message"), &a->message },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (slice_eq(rows[i].method, method))
            return rows[i].count;
    }
    return NULL;
}

static void hear(struct pair *a, int64_t time_ns)
{
    if (a && (a->last_heard == RECORD_NONE || time_ns > a->last_heard))
        a->last_heard = time_ns;
}

void pairs_take(struct pairs *p, const struct transaction_record *t, int64_t asked_ns)
{
    bool answered = t->final_status != RECORD_NONE, changed = false;
    int64_t now_ns = asked_ns + (answered ? (int64_t)(t->round_trip_ms * 1e6) : 0);
    bool registers = slice_eq(t->method, SLICE("register"));
    struct pair *a = find(p, &t->src, &t->dst);
    uint32_t *count;

    /* Who asks is heard by whom it asks. */
    hear(find(p, &t->dst, &t->src), asked_ns);
    if (!a && !registers)
        a = open_pair(p, t);
    if (!a)
        return;
    if (slice_eq(t->method, SLICE("options")))
        changed = take_ping(a, t, asked_ns, now_ns);
    if (answered)
        hear(a, now_ns);
    if (registers)
        return;
    count = count_of(a, t->method);
    if (count)
        ++*count;
    if (a->last_seen == RECORD_NONE || now_ns > a->last_seen)
        a->last_seen = now_ns;
    a->told.news = true;
    recency_touch(&p->recency, &a->recency, a->last_heard != RECORD_NONE);
    tell_in_time(p, a, now_ns, changed);
}

void pairs_tick(struct pairs *p, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&p->expiry, now_ns)) != NULL) {
        struct pair *a = OWNER(link, struct pair, expiry);
        bool changed = false;

        if (a->state != UNKNOWN && a->last_ping + PAIRS_SILENT_S * NS_PER_S <= now_ns) {
            changed = set_state(a, UNKNOWN, a->last_ping + PAIRS_SILENT_S * NS_PER_S);
            a->bad_in_row = 0;
            a->told.news = true;
        }
        tell_in_time(p, a, now_ns, changed);
    }
}

static void finish_list(struct pairs *p, const struct recency_link *head)
{
    for (struct recency_link *link = head->next; link != head; link = link->next) {
        struct pair *a = OWNER(link, struct pair, recency);

        if (a->told.news)
            tell(p, a, a->last_seen);
    }
}

void pairs_finish(struct pairs *p)
{
    finish_list(p, &p->recency.proven);
    finish_list(p, &p->recency.tried);
}

int pairs_init(struct pairs *p, size_t max, const struct siphash_key *key, const struct plan *plan,
               struct told_room *room, struct counters *counters)
{
    p->max = max;
    p->key = *key;
    p->plan = plan;
    p->room = room;
    p->counters = counters;
    recency_init(&p->recency);
    expiry_init(&p->expiry);
    return table_init(&p->table, max);
}

void pairs_fini(struct pairs *p)
{
    struct recency_link *link;

    strbuf_fini(&p->history);
    if (!p->table.slots)
        return;
    while ((link = recency_any(&p->recency)) != NULL)
        drop(p, OWNER(link, struct pair, recency));
    table_fini(&p->table);
}
