/*
 * week_random - chance that is the same on every run.
 *
 * Thread  One an instance.
 * Source  Vigna, splitmix64; Box and Muller.
 */
#ifndef TESTS_BENCH_WEEK_RANDOM_H
#define TESTS_BENCH_WEEK_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct week_random {
    uint64_t state;
};

static inline uint64_t week_bits(struct week_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 0 < x < 1 */
static inline double week_unit(struct week_random *r)
{
    return ((double)(week_bits(r) >> 12) + 0.5) / 4503599627370496.0;
}

static inline bool week_chance(struct week_random *r, double p)
{
    return week_unit(r) < p;
}

static inline double week_between(struct week_random *r, double low, double high)
{
    return low + (high - low) * week_unit(r);
}

/* 0 .. n - 1 */
static inline unsigned week_below(struct week_random *r, unsigned n)
{
    return (unsigned)(week_unit(r) * n);
}

static inline double week_normal(struct week_random *r)
{
    double radius = sqrt(-2 * log(week_unit(r)));

    return radius * cos(6.283185307179586 * week_unit(r));
}

static inline double week_exponential(struct week_random *r, double mean)
{
    return -mean * log(week_unit(r));
}

/* By its median; a sigma of 1.2 gives talks a mean of twice the median, and a tail of hours. */
static inline double week_lognormal(struct week_random *r, double median, double sigma)
{
    return median * exp(sigma * week_normal(r));
}

static inline unsigned week_poisson(struct week_random *r, double mean)
{
    double limit = exp(-mean), product = week_unit(r);
    unsigned n = 0;

    if (mean > 60) {
        double x = mean + sqrt(mean) * week_normal(r) + 0.5;

        return x > 0 ? (unsigned)x : 0;
    }
    for (; product > limit; n++)
        product *= week_unit(r);
    return n;
}

#endif
