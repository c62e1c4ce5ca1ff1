/*
 * random - seeded numbers for property tests: a failure names its seed, and comes back with it.
 *
 * Source  Steele, Lea, Flood: Fast splittable pseudorandom number generators (SplitMix64)
 */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0..n−1; n > 0. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

/* 0 <= x < 1 */
static inline double random_share(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

static inline bool random_hits(struct random *r, double probability)
{
    return random_share(r) < probability;
}

#endif
