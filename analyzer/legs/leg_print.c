#include "analyzer/legs/leg_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)
#define APART_NS  (1000 * NS_PER_MS) /* no machine holds sound longer */
#define COPY_NS   (5 * NS_PER_MS)    /* a packet that the network doubled, not sound that repeats */

enum {
    SETS_MIN = 256,
    SETS_MAX = 32768, /* 8 MiB: what 1,000 calls sound like in 80 s, or 80,000 in a second */
};

int leg_prints_init(struct leg_prints *p, size_t max_calls)
{
    size_t sets = SETS_MIN;

    while (sets < SETS_MAX && sets * LEG_PRINT_WAYS < max_calls)
        sets *= 2;
    p->sets = calloc(sets * LEG_PRINT_WAYS, sizeof *p->sets);
    p->mask = sets - 1;
    return p->sets ? 0 : -ENOMEM;
}

void leg_prints_fini(struct leg_prints *p)
{
    free(p->sets);
    p->sets = NULL;
}

static int64_t last_time(const struct leg_print *e)
{
    return e->calls > 1 ? e->heard[1].time_ns : e->heard[0].time_ns;
}

/* Its entry; else *victim: where it may stand. */
static struct leg_print *find(struct leg_prints *p, uint64_t print, struct leg_print **victim)
{
    struct leg_print *set = &p->sets[(print >> 1 & p->mask) * LEG_PRINT_WAYS];

    *victim = set;
    for (int i = 0; i < LEG_PRINT_WAYS; i++) {
        if (set[i].print == print)
            return &set[i];
        if ((*victim)->print && (!set[i].print || last_time(&set[i]) < last_time(*victim)))
            *victim = &set[i];
    }
    return NULL;
}

/* In a call that is known to have it. */
static enum leg_print_news again(struct leg_print *e, struct leg_hearing *had,
                                 const struct leg_hearing *now)
{
    if (had->stream != now->stream)
        return LEG_PRINT_AGAIN; /* an echo */
    if (now->time_ns - had->time_ns < COPY_NS)
        return LEG_PRINT_AGAIN;
    had->time_ns = now->time_ns;
    e->common = true;
    return LEG_PRINT_COMMON;
}

/* In a call that did not have it. */
static enum leg_print_news elsewhere(struct leg_print *e, const struct leg_hearing *now)
{
    const struct leg_hearing *before = &e->heard[e->calls > 1];
    bool late = now->time_ns - before->time_ns >= APART_NS;

    if (e->calls > 1)
        e->heard[0] = e->heard[1];
    e->heard[1] = *now;
    e->calls++;
    if (!late && e->calls <= LEG_PRINT_CALLS)
        return e->calls == 2 ? LEG_PRINT_EQUAL : LEG_PRINT_SHARED;
    e->common = true; /* an announcement that another call hears later, or music for all */
    return LEG_PRINT_COMMON;
}

enum leg_print_news leg_prints_hear(struct leg_prints *p, uint64_t print,
                                    const struct leg_hearing *now, struct leg_hearing older[2])
{
    struct leg_print *victim;
    struct leg_print *e = find(p, print, &victim);

    if (!e) {
        *victim = (struct leg_print){ .print = print, .heard = { *now }, .calls = 1 };
        return LEG_PRINT_NEW;
    }
    if (e->common) { /* it stays known as such for as long as it is heard */
        e->heard[e->calls > 1].time_ns = now->time_ns;
        return LEG_PRINT_AGAIN;
    }
    if (e->calls == 1) {
        older[0] = (struct leg_hearing){ 0 };
        older[1] = e->heard[0];
    } else {
        memcpy(older, e->heard, sizeof e->heard);
    }
    if (e->heard[0].call == now->call)
        return again(e, &e->heard[0], now);
    if (e->calls > 1 && e->heard[1].call == now->call)
        return again(e, &e->heard[1], now);
    return elsewhere(e, now);
}
