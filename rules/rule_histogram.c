#include "rules/rule_histogram.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The class is the exponent and the upper 5 bits of the mantissa of a binary32. */
enum { MANTISSA_SHIFT = 18, LOWEST = (127 - 6) * RULE_HISTOGRAM_CLASSES };
enum { CLASSES = RULE_HISTOGRAM_OCTAVES * RULE_HISTOGRAM_CLASSES };

static uint16_t class_of(double value)
{
    float narrow = (float)value;
    uint32_t bits;
    int32_t class;

    if (!(narrow > 0))
        return 0;
    memcpy(&bits, &narrow, sizeof bits);
    class = (int32_t)(bits >> MANTISSA_SHIFT) - LOWEST;
    if (class < 0)
        return 0;
    return (uint16_t)(class < CLASSES ? class : CLASSES - 1);
}

static double value_of(unsigned class)
{
    uint32_t bits = (uint32_t)(class + LOWEST) << MANTISSA_SHIFT | 1u << (MANTISSA_SHIFT - 1);
    float value;

    if (class == 0)
        return 0;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

size_t rule_histogram_bytes(uint32_t count)
{
    return count * sizeof(struct rule_histogram_step);
}

void rule_histogram_init(struct rule_histogram *h, void *room, uint32_t count)
{
    *h = (struct rule_histogram){ .steps = room, .count = count };
    memset(room, 0, rule_histogram_bytes(count));
}

void rule_histogram_fini(struct rule_histogram *h)
{
    rule_histogram_clear(h);
}

void rule_histogram_clear(struct rule_histogram *h)
{
    for (uint32_t i = 0; i < h->count; i++)
        free(h->steps[i].classes);
    free(h->octaves);
    rule_histogram_init(h, h->steps, h->count);
}

/* The count of a class; NULL without memory for its octave. */
static uint32_t *count_of(struct rule_histogram *h, unsigned class)
{
    unsigned octave = class / RULE_HISTOGRAM_CLASSES;

    if (!h->index[octave]) {
        if (h->used == h->room) {
            size_t room = h->room ? h->room * 2u : 2u;
            struct rule_octave *grown = realloc(h->octaves, room * sizeof *grown);

            if (!grown)
                return NULL;
            h->octaves = grown;
            h->room = (uint8_t)room;
        }
        h->octaves[h->used] = (struct rule_octave){ { 0 } };
        h->index[octave] = ++h->used;
    }
    return &h->octaves[h->index[octave] - 1].counts[class % RULE_HISTOGRAM_CLASSES];
}

static void take_away(struct rule_histogram *h, unsigned class)
{
    (*count_of(h, class))--;
    h->total--;
}

static uint32_t step_max(const struct rule_histogram *h)
{
    uint32_t share = RULE_HISTOGRAM_VALUES / h->count;

    if (share > RULE_HISTOGRAM_STEP_MAX)
        return RULE_HISTOGRAM_STEP_MAX;
    return share > RULE_HISTOGRAM_STEP_MIN ? share : RULE_HISTOGRAM_STEP_MIN;
}

static bool make_room(struct rule_histogram_step *s, uint32_t max)
{
    uint32_t room = s->room ? s->room * 2u : 4u;
    uint16_t *grown;

    if (s->used < s->room)
        return true;
    grown = realloc(s->classes, (room < max ? room : max) * sizeof *grown);
    if (!grown)
        return false;
    s->classes = grown;
    s->room = (uint16_t)(room < max ? room : max);
    return true;
}

/* The same lot in each run: the same records give the same alerts. */
static uint32_t draw(struct rule_histogram *h, uint32_t below)
{
    h->lot = h->lot * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)h->lot * below >> 32);
}

void rule_histogram_add(struct rule_histogram *h, int64_t step, double value)
{
    struct rule_histogram_step *s = &h->steps[(uint64_t)step % h->count];
    uint16_t class = class_of(value);
    uint32_t max = step_max(h), *count = count_of(h, class);

    if (!count)
        return;
    s->seen++;
    if (s->used < max) {
        if (!make_room(s, max))
            return;
        s->classes[s->used++] = class;
    } else {
        uint32_t at = draw(h, s->seen);

        if (at >= max)
            return;
        take_away(h, s->classes[at]);
        s->classes[at] = class;
    }
    ++*count;
    h->total++;
}

void rule_histogram_slide(struct rule_histogram *h, int64_t step)
{
    struct rule_histogram_step *s = &h->steps[(uint64_t)step % h->count];

    for (uint32_t i = 0; i < s->used; i++)
        take_away(h, s->classes[i]);
    free(s->classes);
    *s = (struct rule_histogram_step){ 0 };
}

double rule_histogram_at(const struct rule_histogram *h, double share)
{
    double rank = ceil(share * (double)h->total);
    double seen = 0;

    if (h->total == 0)
        return NAN;
    if (rank < 1)
        rank = 1;
    for (unsigned o = 0; o < RULE_HISTOGRAM_OCTAVES; o++) {
        const struct rule_octave *octave = h->index[o] ? &h->octaves[h->index[o] - 1] : NULL;

        for (unsigned i = 0; octave && i < RULE_HISTOGRAM_CLASSES; i++) {
            seen += octave->counts[i];
            if (seen >= rank)
                return value_of(o * RULE_HISTOGRAM_CLASSES + i);
        }
    }
    return NAN;
}

uint32_t rule_histogram_from(const struct rule_histogram *h, double value)
{
    unsigned least = class_of(value);
    uint32_t n = 0;

    for (unsigned class = least; class < CLASSES; class ++) {
        uint8_t at = h->index[class / RULE_HISTOGRAM_CLASSES];

        if (at)
            n += h->octaves[at - 1].counts[class % RULE_HISTOGRAM_CLASSES];
        else
            class |= RULE_HISTOGRAM_CLASSES - 1;
    }
    return n;
}

size_t rule_histogram_heap_bytes(const struct rule_histogram *h)
{
    size_t bytes = h->room * sizeof *h->octaves;

    for (uint32_t i = 0; i < h->count; i++)
        bytes += h->steps[i].room * sizeof *h->steps[i].classes;
    return bytes;
}
