/*
 * test_quantile - the sketch against nearest rank on the whole series.
 */
#include "analyzer/base/quantile.h"

#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LONGEST = 500000 };

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static double nearest_rank(float *series, size_t n, double share)
{
    size_t rank = (size_t)ceil(share * (double)n);

    qsort(series, n, sizeof *series, by_value);
    return (double)series[rank ? rank - 1 : 0];
}

/* The series is what `next` makes of the number of the value. */
static void expect_near(const char *what, float *series, size_t n, double share, double tolerance)
{
    struct quantile q = { 0 };
    double exact, sketch;

    for (size_t i = 0; i < n; i++)
        quantile_add(&q, series[i]);
    sketch = quantile_of(&q, share);
    exact = nearest_rank(series, n, share);
    quantile_fini(&q);
    if (fabs(sketch - exact) > tolerance * exact)
        fail_msg("%s, %zu values: %g, exactly %g", what, n, sketch, exact);
}

static void short_series_are_within_two_percent(void **state)
{
    static const double shares[] = { 0.05, 0.5, 0.95, 0.99, 1 };
    static float series[2000];
    struct random r = { 5 };

    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t n = 1 + random_below(&r, round % 2 ? 10 : 2000);
        double scale = pow(2, random_share(&r) * 12 - 5); /* 0.03 to 128 ms */

        for (size_t i = 0; i < n; i++)
            series[i] = (float)(scale * (0.6 + 0.4 * random_share(&r)));
        expect_near("uniform", series, n, shares[round % 5], 0.02);
        for (size_t i = 0; i < n; i++)
            series[i] = (float)fmin(fmax(0.05, -scale * log(1 - random_share(&r))), 900);
        expect_near("exponential", series, n, shares[round % 5], 0.02);
    }
}

/* Jitter of a path that breaks for seconds. */
static void large_values_are_within_two_percent(void **state)
{
    static float series[1000];

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        series[i] = 300.0f + (float)i;
    expect_near("hundreds of ms", series, 1000, 0.5, 0.02);
}

/* A call of hours counts its first half as much as its second. */
static void long_series_forget_nothing(void **state)
{
    static float series[LONGEST];
    struct random r = { 9 };

    (void)state;
    for (size_t i = 0; i < LONGEST; i++)
        series[i] = i < LONGEST / 10 ? 40.0f : 1.0f; /* bad for the first tenth */
    expect_near("bad at first", series, LONGEST, 0.95, 0.02);
    for (size_t i = 0; i < LONGEST; i++)
        series[i] = i < LONGEST * 94 / 100 ? 1.0f : 40.0f; /* bad for the last 6 % */
    expect_near("bad at last", series, LONGEST, 0.95, 0.02);
    for (size_t i = 0; i < LONGEST; i++)
        series[i] = i < LONGEST * 4 / 100 ? 1.0f : i < LONGEST * 8 / 100 ? 40.0f : 2.0f;
    expect_near("4 % bad", series, LONGEST, 0.95, 0.02);
    for (size_t i = 0; i < LONGEST; i++)
        series[i] = (float)(1 + (i % 100 >= 94 ? 30 : 0) + random_share(&r) / 100);
    expect_near("6 of 100", series, LONGEST, 0.95, 0.02);
}

static void the_ends_do_not_overflow(void **state)
{
    static const float values[] = { 0, 1e-30f, 1e30f, INFINITY, 0.015f, 255.9f };
    struct quantile q = { 0 };

    (void)state;
    assert_true(quantile_of(&q, 0.95) == 0);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        quantile_add(&q, values[i]);
        assert_true(isfinite(quantile_of(&q, 0.95)));
    }
    assert_true(quantile_of(&q, 0.1) < 0.02);
    assert_true(quantile_of(&q, 1) > 1000);
    quantile_fini(&q);
    assert_true(quantile_of(&q, 0.95) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_series_are_within_two_percent),
        cmocka_unit_test(large_values_are_within_two_percent),
        cmocka_unit_test(long_series_forget_nothing),
        cmocka_unit_test(the_ends_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
