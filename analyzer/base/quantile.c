#include "analyzer/base/quantile.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_ROOM = 3, MAX_HALVINGS = 31 };

void quantile_fini(struct quantile *q)
{
    free(q->octaves);
    *q = (struct quantile){ 0 };
}

void quantile_halve(struct quantile *q)
{
    unsigned rest = 0; /* the half that one bucket loses goes to the next: the total stays */

    for (unsigned o = 0; o < q->used; o++) {
        for (unsigned i = 0; i < QUANTILE_STEPS; i++) {
            unsigned sum = q->octaves[o].counts[i] + rest;

            q->octaves[o].counts[i] = (uint16_t)(sum / 2);
            rest = sum % 2;
        }
    }
    if (q->halvings < MAX_HALVINGS)
        q->halvings++;
}

bool quantile_draw(struct quantile *q)
{
    /* A linear congruential generator: a series with a period must not meet one of ours. */
    q->lot = q->lot * 1664525u + 1013904223u;
    return q->lot >> (32 - q->halvings) == 0;
}

uint8_t quantile_grow(struct quantile *q, unsigned octave)
{
    if (q->used == q->room) {
        uint8_t room = q->room ? (uint8_t)(q->room + FIRST_ROOM) : FIRST_ROOM;
        struct quantile_octave *grown = realloc(q->octaves, room * sizeof *grown);

        if (!grown)
            return 0;
        q->octaves = grown;
        q->last = NULL;
        q->room = room;
    }
    q->octaves[q->used] = (struct quantile_octave){ { 0 } };
    q->index[octave] = ++q->used;
    return q->used;
}

static uint32_t count_at(const struct quantile *q, unsigned bucket)
{
    uint8_t at = q->index[bucket / QUANTILE_STEPS];

    return at ? q->octaves[at - 1].counts[bucket % QUANTILE_STEPS] : 0;
}

double quantile_of(const struct quantile *q, double share)
{
    enum { BUCKETS = QUANTILE_OCTAVES * QUANTILE_STEPS };
    uint64_t total = 0, rank, seen = 0;
    unsigned i;

    for (i = 0; i < BUCKETS; i++)
        total += count_at(q, i);
    if (total == 0)
        return 0;
    rank = (uint64_t)ceil(share * (double)total);
    for (i = 0; i < BUCKETS - 1; i++) {
        seen += count_at(q, i);
        if (seen >= rank && seen > 0)
            break;
    }
    /* The middle of the bucket: lower edge × (1 + half a step). */
    return ldexp(1.0 + ((double)(i % QUANTILE_STEPS) + 0.5) / QUANTILE_STEPS,
                 (int)(i / QUANTILE_STEPS) + QUANTILE_LOWEST_EXPONENT);
}
