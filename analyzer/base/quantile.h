/*
 * quantile - where 95 % of a series of positive numbers lies, in a few hundred bytes.
 *
 * Counts in 32 buckets an octave from 2⁻⁶ to 2¹⁰, so an answer is within 1.6 %. What is smaller
 * falls into the first bucket, what is larger into the last. An octave has memory once a number
 * falls into it: a series seldom spans more than five. When a count is full all are halved, and from
 * then on each count stands for twice as many numbers: of those, one is drawn by lot, so that the
 * end of a long series weighs no more than its beginning.
 *
 * Ownership  Embedded by value; zeroed is empty; quantile_fini frees the octaves.
 * Errors     Without memory a number is not counted.
 */
#ifndef ANALYZER_BASE_QUANTILE_H
#define ANALYZER_BASE_QUANTILE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { QUANTILE_OCTAVES = 16, QUANTILE_STEPS = 32, QUANTILE_LOWEST_EXPONENT = -6 };

struct quantile_octave {
    uint16_t counts[QUANTILE_STEPS];
};

struct quantile {
    struct quantile_octave *octaves;
    uint8_t index[QUANTILE_OCTAVES]; /* in octaves, plus 1; 0: nothing fell into it yet */
    uint8_t used, room;
    uint8_t halvings; /* a count stands for 2^halvings numbers */
    uint32_t lot;
    const void *last; /* the count that moved last: the next one is most likely near */
};

void quantile_fini(struct quantile *q);
void quantile_halve(struct quantile *q);
/* Is this number the one that is counted for those it stands for? */
bool quantile_draw(struct quantile *q);
/* Memory for one octave more; 0 when there is none. */
uint8_t quantile_grow(struct quantile *q, unsigned octave);

/* The bucket is the exponent and the upper 5 bits of the mantissa of a binary32. */
static inline void quantile_add(struct quantile *q, float value)
{
    enum { LOWEST = (127 + QUANTILE_LOWEST_EXPONENT) * QUANTILE_STEPS };
    int32_t bucket;
    uint16_t *count;
    uint32_t bits;
    uint8_t at;

    if (q->halvings && !quantile_draw(q))
        return;
    memcpy(&bits, &value, sizeof bits);
    bucket = (int32_t)(bits >> 18) - LOWEST;
    if (bucket < 0)
        bucket = 0;
    if (bucket >= QUANTILE_OCTAVES * QUANTILE_STEPS)
        bucket = QUANTILE_OCTAVES * QUANTILE_STEPS - 1;
    at = q->index[bucket / QUANTILE_STEPS];
    if (at == 0)
        at = quantile_grow(q, (unsigned)bucket / QUANTILE_STEPS);
    if (at == 0)
        return;
    count = &q->octaves[at - 1].counts[bucket % QUANTILE_STEPS];
    q->last = count;
    if (++*count == UINT16_MAX)
        quantile_halve(q);
}

/* Nearest rank: the value that `share` (0..1) of the series does not exceed; 0 when empty. */
double quantile_of(const struct quantile *q, double share);

#endif
