#include "analyzer/security/distinct.h"

enum { LEVEL_MAX = 24 }; /* half a billion; beyond, hashes of 32 bits end */

static bool is_old(const struct distinct *d, unsigned i, uint32_t window_s, int64_t now_s)
{
    uint32_t age = (uint32_t)now_s - d->seen_s[i];

    return age > window_s && (uint32_t)-age > window_s;
}

static void take_out(struct distinct *d, unsigned i)
{
    d->used--;
    d->hash[i] = d->hash[d->used];
    d->seen_s[i] = d->seen_s[d->used];
}

static bool belongs(const struct distinct *d, uint32_t hash)
{
    return (hash & ((1U << d->level) - 1)) == 0;
}

static int find(const struct distinct *d, uint32_t hash)
{
    for (unsigned i = 0; i < d->used; i++) {
        if (d->hash[i] == hash)
            return (int)i;
    }
    return -1;
}

static void forget_old(struct distinct *d, uint32_t window_s, int64_t now_s)
{
    for (unsigned i = d->used; i-- > 0;) {
        if (is_old(d, i, window_s, now_s))
            take_out(d, i);
    }
    if (d->used == 0)
        d->level = 0;
}

static void thin_out(struct distinct *d)
{
    while (d->used == DISTINCT_ROOM && d->level < LEVEL_MAX) {
        d->level++;
        for (unsigned i = d->used; i-- > 0;) {
            if (!belongs(d, d->hash[i]))
                take_out(d, i);
        }
    }
}

void distinct_add(struct distinct *d, uint64_t hash, uint32_t window_s, int64_t now_s)
{
    uint32_t h = (uint32_t)(hash >> 32);
    int at;

    if (!belongs(d, h))
        return;
    at = find(d, h);
    if (at < 0) {
        if (d->used == DISTINCT_ROOM)
            forget_old(d, window_s, now_s);
        thin_out(d);
        if (!belongs(d, h) || d->used == DISTINCT_ROOM)
            return;
        at = d->used++;
        d->hash[at] = h;
    }
    d->seen_s[at] = (uint32_t)now_s;
}

void distinct_remove(struct distinct *d, uint64_t hash)
{
    int at = find(d, (uint32_t)(hash >> 32));

    if (at >= 0)
        take_out(d, (unsigned)at);
}

uint32_t distinct_count(struct distinct *d, uint32_t window_s, int64_t now_s)
{
    forget_old(d, window_s, now_s);
    return (uint32_t)d->used << d->level;
}
