/*
 * watch_pool - things that are watched, so many at most; those that do least make room.
 *
 * Each touch adds to a score, which halves as time passes. For a new one the least of a few is
 * let go, the few moving on in a round: a flood of sources that speak once each wears out
 * itself, not those that go on. What is let go is used again: in a steady state nothing allocates.
 *
 * Ownership  Items are the pool's; each begins with a struct watched.
 * Time       Of the packets, s.
 */
#ifndef ANALYZER_SECURITY_WATCH_POOL_H
#define ANALYZER_SECURITY_WATCH_POOL_H

#include "analyzer/base/table.h"

struct watched {
    uint64_t hash;
    int64_t touched_s;
    uint32_t score;
};

struct watch_pool {
    struct table table;
    void **items; /* struct watched first */
    size_t used, max, hand, item_bytes;
    uint32_t half_life_s;
};

/* 0 or −ENOMEM. */
int watch_pool_init(struct watch_pool *p, size_t max, size_t item_bytes, uint32_t half_life_s);
/* Calls fini (may be NULL) for every item ever made. */
void watch_pool_fini(struct watch_pool *p, void (*fini)(void *item));

/* A new item under that hash: zeroed, or one that was let go (*reused), which the caller empties.
 * NULL without memory. */
void *watch_pool_add(struct watch_pool *p, uint64_t hash, int64_t now_s, bool *reused);

static inline void watch_pool_touch(struct watched *w, int64_t now_s, uint32_t points)
{
    const uint32_t most = 1U << 24;

    w->score += w->score < most ? points : 0;
    w->touched_s = now_s;
}

#endif
