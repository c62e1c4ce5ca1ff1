/*
 * quantile - where 95 % of a series of positive numbers lies, in 900 bytes.
 *
 * Counts in 32 buckets an octave from 2⁻⁶ to 2⁸, so an answer is within 1.6 %. What is smaller
 * falls into the first bucket, what is larger into the last. When a count is full all are halved:
 * shares stay.
 *
 * Ownership  Embedded by value; zeroed is empty.
 */
#ifndef ANALYZER_BASE_QUANTILE_H
#define ANALYZER_BASE_QUANTILE_H

#include <stdint.h>
#include <string.h>

enum {
    QUANTILE_OCTAVE_BUCKETS = 32,
    QUANTILE_LOWEST_EXPONENT = -6,
    QUANTILE_BUCKETS = 14 * QUANTILE_OCTAVE_BUCKETS,
};

struct quantile {
    uint16_t counts[QUANTILE_BUCKETS];
};

void quantile_halve(struct quantile *q);

/* The bucket of a value: the exponent and the upper 5 bits of the mantissa of a binary32. */
static inline unsigned quantile_bucket(float value)
{
    enum { LOWEST = (127 + QUANTILE_LOWEST_EXPONENT) * QUANTILE_OCTAVE_BUCKETS };
    uint32_t bits;
    int32_t bucket;

    memcpy(&bits, &value, sizeof bits);
    bucket = (int32_t)(bits >> 18) - LOWEST;
    if (bucket < 0)
        return 0;
    return bucket < QUANTILE_BUCKETS ? (unsigned)bucket : QUANTILE_BUCKETS - 1u;
}

static inline void quantile_add(struct quantile *q, float value)
{
    uint16_t *count = &q->counts[quantile_bucket(value)];

    if (++*count == UINT16_MAX)
        quantile_halve(q);
}

/* Nearest rank: the value that `share` (0..1) of the series does not exceed; 0 when empty. */
double quantile_of(const struct quantile *q, double share);

#endif
