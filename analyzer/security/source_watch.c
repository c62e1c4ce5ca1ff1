#include "analyzer/security/source_watch.h"

#include <stdlib.h>

static uint32_t tally_window(enum source_tally tally)
{
    static const uint32_t windows[TALLY_COUNT] = {
#define X(name, window_s) window_s,
        SOURCE_TALLIES(X)
#undef X
    };

    return windows[tally];
}

static const enum source_tally accepted_before[KIND_COUNT] = {
    [KIND_USER] = TALLY_USERS_ACCEPTED,
    [KIND_NUMBER] = TALLY_NUMBERS_ACCEPTED,
};

static bool same_ip(const void *item, const void *key)
{
    const struct source_watch *w = item;
    const struct addr *ip = key;

    return addr_ip_eq(&w->ip, ip);
}

/* Of who had the place before: nothing but its memory. */
static void empty(struct source_watch *w)
{
    struct suspicion *kept = w->suspicion;
    struct watched watched = w->watched;

    memset(w, 0, sizeof *w);
    w->watched = watched;
    w->suspicion = kept;
    if (kept)
        expiry_cancel(&kept->hold);
}

struct source_watch *source_watch_find(struct watch_pool *pool, const struct siphash_key *key,
                                       const struct addr *ip, int64_t now_s, uint64_t *evicted)
{
    uint64_t hash = siphash(key, ip->ip, sizeof ip->ip);
    struct source_watch *w = table_find(&pool->table, hash, same_ip, ip);
    bool reused;

    if (w) {
        watch_pool_touch(&w->watched, now_s, 1);
        return w;
    }
    w = watch_pool_add(pool, hash, now_s, &reused);
    if (!w)
        return NULL;
    if (reused) {
        ++*evicted;
        empty(w);
    }
    w->ip = *ip;
    w->ip.port = 0;
    return w;
}

void source_watch_fini(void *item)
{
    struct source_watch *w = item;

    if (w->suspicion)
        expiry_cancel(&w->suspicion->hold);
    free(w->suspicion);
}

void source_watch_count(struct source_watch *w, enum source_tally tally, int64_t now_s)
{
    sliding_add(&w->tallies[tally], tally_window(tally), now_s);
}

uint32_t source_watch_sum(struct source_watch *w, enum source_tally tally, int64_t now_s)
{
    return sliding_count(&w->tallies[tally], tally_window(tally), now_s);
}

static struct suspicion *suspect(struct source_watch *w)
{
    if (w->suspected)
        return w->suspicion;
    if (w->suspicion)
        memset(w->suspicion, 0, sizeof *w->suspicion);
    else
        w->suspicion = calloc(1, sizeof *w->suspicion);
    if (!w->suspicion)
        return NULL;
    w->suspicion->watch = w;
    w->suspected = true;
    return w->suspicion;
}

void source_watch_refuse(struct source_watch *w, enum source_kind kind, struct slice name,
                         uint64_t hash, bool guess, int64_t now_s)
{
    /* A phone is challenged and comes back: it needs no lists. */
    enum { HARMLESS = 2 };
    struct suspicion *s;

    if (!w->suspected && w->refusals < HARMLESS) {
        w->refusals++;
        return;
    }
    s = suspect(w);
    if (!s)
        return;
    if (guess)
        distinct_add(&s->refused[kind], hash, source_watch_window(kind), now_s);
    top_list_add(&s->top[kind], name, hash, source_watch_window(kind), now_s);
}

void source_watch_accept(struct source_watch *w, enum source_kind kind, uint64_t hash,
                         int64_t now_s)
{
    w->refusals = 0;
    if (!w->suspected) {
        source_watch_count(w, accepted_before[kind], now_s);
        return;
    }
    distinct_remove(&w->suspicion->refused[kind], hash);
    distinct_add(&w->suspicion->accepted[kind], hash, source_watch_window(kind), now_s);
}

void source_watch_retry(struct source_watch *w, enum source_kind kind, uint64_t hash)
{
    if (w->suspected)
        distinct_remove(&w->suspicion->refused[kind], hash);
}

uint32_t source_watch_refused(struct source_watch *w, enum source_kind kind, int64_t now_s)
{
    return w->suspected
               ? distinct_count(&w->suspicion->refused[kind], source_watch_window(kind), now_s)
               : 0;
}

uint32_t source_watch_accepted(struct source_watch *w, enum source_kind kind, int64_t now_s)
{
    uint32_t before = source_watch_sum(w, accepted_before[kind], now_s);

    if (!w->suspected)
        return before;
    return before + distinct_count(&w->suspicion->accepted[kind], source_watch_window(kind), now_s);
}

const struct plan_trunk *source_watch_trunk(struct source_watch *w, const struct plan *plan,
                                            const struct addr *addr, unsigned end)
{
    if (!addr_eq(&w->ends[end], addr)) {
        w->ends[end] = *addr;
        w->trunks[end] = plan_find_trunk(plan, addr);
    }
    return w->trunks[end];
}
