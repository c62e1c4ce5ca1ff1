/*
 * rng - numbers that look random and are the same for the same seed, on any machine.
 *
 * splitmix64: one word of state, so that every call and every stream has its own and the order in
 * which they run changes nothing. No floating point and no libm below this line. Draw one number
 * an expression: C leaves the order open in which the operands of + and arguments are worked out.
 *
 * Ownership  A plain value.
 */
#ifndef TESTS_SUPPORT_RNG_H
#define TESTS_SUPPORT_RNG_H

#include <stdbool.h>
#include <stdint.h>

/* A probability in units of 2^-32: RNG_ALWAYS is certain. */
#define RNG_ALWAYS ((uint64_t)1 << 32)

struct rng {
    uint64_t state;
};

static inline uint64_t rng_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint64_t rng_next(struct rng *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return rng_mix(r->state);
}

/* A generator of its own for the n-th thing of a kind. */
static inline struct rng rng_for(uint64_t seed, uint64_t kind, uint64_t n)
{
    return (struct rng){ rng_mix(rng_mix(seed + 0x632be59bd9b4e019u * (kind + 1)) + n) };
}

/* 0 .. n−1 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

/* low .. high, both included; the span must be less than 2^32. */
static inline int64_t rng_between(struct rng *r, int64_t low, int64_t high)
{
    return low + (int64_t)(((rng_next(r) >> 32) * ((uint64_t)(high - low) + 1)) >> 32);
}

static inline bool rng_chance(struct rng *r, uint64_t chance)
{
    return chance && (rng_next(r) >> 32) < chance;
}

/* Near enough to a Gaussian: the sum of eight uniform numbers, standard deviation RNG_SIGMA,
 * never beyond 4.9 of it. */
#define RNG_SIGMA 53510

static inline int64_t rng_gauss(struct rng *r)
{
    int64_t sum = -4 * 65535;

    for (int i = 0; i < 2; i++) {
        uint64_t x = rng_next(r);

        sum += (int64_t)((x & 0xffff) + (x >> 16 & 0xffff) + (x >> 32 & 0xffff) + (x >> 48));
    }
    return sum;
}

#endif
