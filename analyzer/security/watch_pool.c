#include "analyzer/security/watch_pool.h"

#include <errno.h>
#include <stdlib.h>

enum { LOOK_AT = 8 }; /* for one that goes */

int watch_pool_init(struct watch_pool *p, size_t max, size_t item_bytes, uint32_t half_life_s)
{
    *p = (struct watch_pool){ .max = max, .item_bytes = item_bytes, .half_life_s = half_life_s };
    p->items = calloc(max ? max : 1, sizeof *p->items);
    if (!p->items)
        return -ENOMEM;
    return table_init(&p->table, max);
}

void watch_pool_fini(struct watch_pool *p, void (*fini)(void *item))
{
    for (size_t i = 0; i < p->used; i++) {
        if (fini)
            fini(p->items[i]);
        free(p->items[i]);
    }
    free(p->items);
    table_fini(&p->table);
    *p = (struct watch_pool){ .max = 0 };
}

/* Time that goes back makes nobody older. */
static uint32_t score_now(const struct watch_pool *p, const struct watched *w, int64_t now_s)
{
    int64_t lives = (now_s - w->touched_s) / p->half_life_s;

    return lives <= 0 ? w->score : lives < 32 ? w->score >> lives : 0;
}

static struct watched *choose_victim(struct watch_pool *p, int64_t now_s)
{
    size_t apart = p->used / LOOK_AT ? p->used / LOOK_AT : 1, at = p->hand;
    struct watched *victim = NULL;
    uint32_t lowest = UINT32_MAX;

    /* Far apart, for those that came together are much alike. */
    for (size_t i = 0; i < LOOK_AT && i < p->used; i++, at = (at + apart) % p->used) {
        struct watched *w = p->items[at];
        uint32_t score = score_now(p, w, now_s);

        if (!victim || score < lowest) {
            victim = w;
            lowest = score;
        }
    }
    p->hand = p->hand + 1 < p->used ? p->hand + 1 : 0;
    return victim;
}

void *watch_pool_add(struct watch_pool *p, uint64_t hash, int64_t now_s, bool *reused)
{
    struct watched *w;

    *reused = p->used >= p->max;
    if (*reused) {
        w = choose_victim(p, now_s);
        if (!w)
            return NULL;
        table_remove(&p->table, w->hash, w);
    } else {
        w = calloc(1, p->item_bytes);
        if (!w)
            return NULL;
        p->items[p->used++] = w;
    }
    *w = (struct watched){ hash, now_s, 1 };
    /* Without memory for the table it is watched by nobody, and goes in its turn. */
    return table_put(&p->table, hash, w) == 0 ? w : NULL;
}
