#include "analyzer/call/pair_watch.h"

#include <stdlib.h>

int pair_watch_init(struct pair_watch *w, const struct siphash_key *key, size_t max_pairs,
                    struct counters *counters)
{
    *w = (struct pair_watch){ .key = *key, .counters = counters };
    return table_init(&w->pairs, max_pairs);
}

void pair_watch_fini(struct pair_watch *w)
{
    for (size_t i = 0; w->pairs.slots && i <= w->pairs.mask; i++)
        free(w->pairs.slots[i].item);
    table_fini(&w->pairs);
}

static void leave_idle(struct pair_watch *w, struct pair *p)
{
    if (p->previous_idle)
        p->previous_idle->next_idle = p->next_idle;
    else
        w->idle_first = p->next_idle;
    if (p->next_idle)
        p->next_idle->previous_idle = p->previous_idle;
    else
        w->idle_last = p->previous_idle;
}

static void enter_idle(struct pair_watch *w, struct pair *p)
{
    p->next_idle = NULL;
    p->previous_idle = w->idle_last;
    if (w->idle_last)
        w->idle_last->next_idle = p;
    else
        w->idle_first = p;
    w->idle_last = p;
}

static bool same_pair(const void *item, const void *key)
{
    const struct pair *p = item, *k = key;

    return p->kind == k->kind && addr_ip_eq(&p->hosts[0], &k->hosts[0]) &&
           addr_ip_eq(&p->hosts[1], &k->hosts[1]);
}

static bool make_room(struct pair_watch *w)
{
    struct pair *oldest = w->idle_first;

    w->counters->refusals[REFUSAL_MEDIA_PAIRS]++;
    if (!oldest)
        return false;
    leave_idle(w, oldest);
    table_remove(&w->pairs, oldest->hash, oldest);
    free(oldest);
    return true;
}

static struct pair *add_pair(struct pair_watch *w, const struct pair *key)
{
    struct pair *p;

    if (w->pairs.used >= w->pairs.max_items && !make_room(w))
        return NULL;
    p = malloc(sizeof *p);
    if (p)
        *p = *key;
    if (!p || table_put(&w->pairs, key->hash, p) != 0) {
        w->counters->refusals[REFUSAL_MEMORY]++;
        free(p);
        return NULL;
    }
    enter_idle(w, p);
    return p;
}

/* Which of the two hosts stands first is the addresses' own matter. */
static struct pair key_of(const struct pair_watch *w, enum pair_kind kind, const struct addr *a,
                          const struct addr *b)
{
    struct pair key = { .hosts = { *a, *b }, .kind = (uint8_t)kind };
    uint8_t bytes[33];

    if (memcmp(a->ip, b->ip, sizeof a->ip) > 0) {
        key.hosts[0] = *b;
        key.hosts[1] = *a;
    }
    key.hosts[0].port = key.hosts[1].port = 0;
    memcpy(bytes, key.hosts[0].ip, 16);
    memcpy(bytes + 16, key.hosts[1].ip, 16);
    bytes[32] = key.kind;
    key.hash = siphash(&w->key, bytes, sizeof bytes);
    return key;
}

static void hold(struct pair_watch *w, struct pair_use *use, struct pair *p)
{
    if (p->held++ == 0)
        leave_idle(w, p);
    use->pair = p;
}

static void take_back(struct pair_use *use)
{
    if (use->pair && use->seen)
        use->pair->calls[use->seen]--;
    use->seen = PAIR_NOTHING;
}

void pair_watch_release(struct pair_watch *w, struct pair_use *use)
{
    if (use->pair && --use->pair->held == 0)
        enter_idle(w, use->pair);
    *use = (struct pair_use){ NULL, PAIR_NOTHING };
}

static void note_one_way(struct pair *p, const struct pair_sight *sight)
{
    p->several_users |= p->has_user && p->user != sight->user;
    if (!p->has_user)
        p->user = sight->user;
    p->has_user = true;
    p->last_ns = sight->time_ns;
}

void pair_watch_note(struct pair_watch *w, struct pair_use *use, enum pair_kind kind,
                     const struct pair_sight *sight)
{
    struct pair key = key_of(w, kind, sight->from, sight->to);
    uint8_t seen = addr_ip_eq(sight->from, &key.hosts[0]) ? PAIR_FROM_FIRST : PAIR_FROM_SECOND;
    uint8_t before = use->seen;

    if (addr_ip_eq(sight->from, sight->to))
        return; /* on one machine nothing is mirrored one way */
    if (sight->both)
        seen = PAIR_BOTH_WAYS;
    take_back(use);
    if (!use->pair || !same_pair(use->pair, &key)) {
        struct pair *p = table_find(&w->pairs, key.hash, same_pair, &key);

        pair_watch_release(w, use);
        if (!p)
            p = add_pair(w, &key);
        if (!p)
            return;
        hold(w, use, p);
    }
    use->seen = seen;
    use->pair->calls[seen]++;
    if (!sight->both && before != seen)
        note_one_way(use->pair, sight);
}

enum pair_word pair_use_word(const struct pair_use *use)
{
    const struct pair *p = use->pair;

    if (!p || use->seen == PAIR_NOTHING)
        return PAIR_UNDECIDED;
    if (p->calls[PAIR_BOTH_WAYS] || (p->calls[PAIR_FROM_FIRST] && p->calls[PAIR_FROM_SECOND]))
        return PAIR_SEES_BOTH;
    return pair_one_way(p) >= PAIR_CALLS_LEAST && p->several_users ? PAIR_BLIND : PAIR_UNDECIDED;
}
