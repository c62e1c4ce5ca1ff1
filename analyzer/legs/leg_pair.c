#include "analyzer/legs/leg_pair.h"

#include <stdlib.h>

enum {
    STEADY_US = 100000, /* jitter of both legs and the waits of a transcoder's buffer */
};

struct leg_pair *leg_pair_find(const struct leg_call *x, const struct leg_call *y)
{
    for (struct leg_pair *p = x->pairs; p; p = leg_pair_next(p, x)) {
        if (leg_pair_other(p, x) == y)
            return p;
    }
    return NULL;
}

static void unlink_from(struct leg_pair *p, struct leg_call *c)
{
    struct leg_pair **link = &c->pairs;

    while (*link != p)
        link = &(*link)->next[leg_pair_side(*link, c)];
    *link = leg_pair_next(p, c);
}

void leg_pair_free(struct leg_pair *p)
{
    unlink_from(p, p->calls[0]);
    unlink_from(p, p->calls[1]);
    while (p->sounds) {
        struct leg_sound *next = p->sounds->next;

        free(p->sounds);
        p->sounds = next;
    }
    free(p);
}

unsigned leg_pair_exclusive(const struct leg_pair *p)
{
    unsigned n = 0;

    for (const struct leg_sound *s = p->sounds; s; s = s->next)
        n += s->exclusive;
    return n;
}

/* False: all that it has are joined. */
static bool make_room(struct leg_call *c)
{
    struct leg_pair *least = NULL;
    unsigned count = 0;

    for (struct leg_pair *p = c->pairs; p; p = leg_pair_next(p, c), count++) {
        if (!p->joined && (!least || leg_pair_exclusive(p) < leg_pair_exclusive(least)))
            least = p;
    }
    if (count < LEG_PAIRS_MAX)
        return true;
    if (least)
        leg_pair_free(least);
    return least != NULL;
}

struct leg_pair *leg_pair_get(struct leg_call *x, struct leg_call *y)
{
    struct leg_pair *p = leg_pair_find(x, y);
    struct leg_call *older = x->id < y->id ? x : y;
    struct leg_call *younger = x->id < y->id ? y : x;

    if (p)
        return p;
    if (x == y || !make_room(x) || !make_room(y))
        return NULL;
    p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->calls[0] = older;
    p->calls[1] = younger;
    p->next[0] = older->pairs;
    p->next[1] = younger->pairs;
    older->pairs = younger->pairs = p;
    return p;
}

static struct leg_sound *get_sound(struct leg_pair *p, const uint64_t stream[2])
{
    struct leg_sound *s;
    int count = 0;

    for (s = p->sounds; s; s = s->next, count++) {
        if (s->stream[0] == stream[0] && s->stream[1] == stream[1])
            return s;
    }
    if (count >= LEG_SOUNDS_MAX)
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->stream[0] = stream[0];
    s->stream[1] = stream[1];
    s->last_time[0] = s->last_time[1] = INT64_MIN;
    s->next = p->sounds;
    p->sounds = s;
    return s;
}

void leg_pair_heard(struct leg_pair *p, const uint64_t stream[2], const int64_t times[2],
                    uint64_t print, bool exclusive)
{
    struct leg_sound *s = get_sound(p, stream);
    uint8_t at;

    if (!s || s->matched == UINT16_MAX)
        return;
    if (s->matched == 0)
        s->first_time = times[1];
    s->matched++;
    if (times[0] < s->last_time[0] || times[1] < s->last_time[1]) {
        s->disorder++;
        return;
    }
    s->last_time[0] = times[0];
    s->last_time[1] = times[1];
    at = s->next_sample;
    s->next_sample = (uint8_t)((at + 1) % LEG_SAMPLES);
    s->print[at] = (uint32_t)(print >> 1);
    s->apart_us[at] = (int32_t)((times[1] - times[0]) / 1000);
    s->alone = (uint16_t)(s->alone & ~(1u << at));
    if (exclusive) {
        s->alone = (uint16_t)(s->alone | 1u << at);
        s->exclusive++;
    }
}

void leg_pair_withdraw(struct leg_pair *p, uint64_t print)
{
    for (struct leg_sound *s = p->sounds; s; s = s->next) {
        for (unsigned i = 0; i < LEG_SAMPLES; i++) {
            if (s->print[i] != (uint32_t)(print >> 1) || !(s->alone >> i & 1))
                continue;
            s->alone = (uint16_t)(s->alone & ~(1u << i));
            s->exclusive--;
        }
    }
}

static int compare(const void *x, const void *y)
{
    const int32_t *a = x, *b = y;

    return (*a > *b) - (*a < *b);
}

int64_t leg_sound_apart_us(const struct leg_sound *s, unsigned *steady)
{
    unsigned in_ring = s->matched - s->disorder;
    int32_t sorted[LEG_SAMPLES];
    int32_t median;

    *steady = 0;
    if (in_ring > LEG_SAMPLES)
        in_ring = LEG_SAMPLES;
    if (in_ring == 0)
        return RECORD_NONE;
    memcpy(sorted, s->apart_us, in_ring * sizeof sorted[0]);
    qsort(sorted, in_ring, sizeof sorted[0], compare);
    median = sorted[in_ring / 2];
    for (unsigned i = 0; i < in_ring; i++) {
        if (abs(s->apart_us[i] - median) <= STEADY_US && (s->alone >> i & 1))
            (*steady)++;
    }
    return median;
}
