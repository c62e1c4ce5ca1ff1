/* What a group remembers of many values in little room. */
#include "rules/rule_distinct.h"
#include "rules/rule_histogram.h"
#include "rules/rule_series.h"
#include "rules/rule_top.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEPS = 6 };

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x7fb5d329728ea185u;
    x = (x ^ x >> 27) * 0x81dadef4bc2dd44du;
    return x ^ x >> 33;
}

static void a_histogram_knows_every_size(void **state)
{
    struct rule_histogram h;
    void *room = malloc(rule_histogram_bytes(STEPS));

    (void)state;
    assert_non_null(room);
    rule_histogram_init(&h, room, STEPS);
    assert_true(isnan(rule_histogram_at(&h, 0.5)));
    for (double v = 0.02; v < 6e7; v *= 1.37) {
        rule_histogram_add(&h, 7, v);
        assert_true(fabs(rule_histogram_at(&h, 1) / v - 1) < 0.016);
    }
    rule_histogram_slide(&h, 7 + STEPS);
    assert_int_equal(h.total, 0);
    rule_histogram_add(&h, 13, 0); /* nothing, less than nothing, and what no float holds */
    rule_histogram_add(&h, 13, -5);
    rule_histogram_add(&h, 13, NAN);
    assert_float_equal(rule_histogram_at(&h, 1), 0, 0);
    rule_histogram_add(&h, 13, 1e300);
    assert_true(rule_histogram_at(&h, 1) > 6e7);
    rule_histogram_fini(&h);
    free(room);
}

static void a_histogram_of_too_many_draws_by_lot(void **state)
{
    struct rule_histogram h;
    void *room = malloc(rule_histogram_bytes(STEPS));

    (void)state;
    assert_non_null(room);
    rule_histogram_init(&h, room, STEPS);
    for (int64_t i = 0; i < 200000; i++) /* 1..1000 in each step */
        rule_histogram_add(&h, 100 + i / 40000, (double)(mix((uint64_t)i) % 1000 + 1));
    assert_true(h.total <= STEPS * RULE_HISTOGRAM_STEP_MAX);
    assert_float_equal(rule_histogram_at(&h, 0.95), 950, 950 * 0.03);
    assert_float_equal(rule_histogram_at(&h, 0.05), 50, 50 * 0.2);
    assert_true(fabs(rule_histogram_from(&h, 900.0) / (double)h.total - 0.1) < 0.02);
    assert_true(rule_histogram_heap_bytes(&h) < 20000);
    for (int64_t step = 105; step < 105 + STEPS; step++)
        rule_histogram_slide(&h, step);
    assert_int_equal(h.total, 0);
    rule_histogram_fini(&h);
    free(room);
}

static void distinct_is_exact_and_then_near(void **state)
{
    static const uint64_t counts[] = { 1, 7, 100, 1000, 5000, 60000, 1000000 };

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct rule_distinct d;
        void *room = malloc(rule_distinct_bytes(STEPS));
        double is, error = counts[i] <= RULE_DISTINCT_EXACT ? 0 : 0.1;

        assert_non_null(room);
        rule_distinct_init(&d, room, STEPS);
        for (uint64_t n = 0; n < counts[i]; n++) {
            rule_distinct_add(&d, (int64_t)(n % STEPS), mix(n));
            rule_distinct_add(&d, (int64_t)(n % STEPS), mix(n)); /* again is not another */
        }
        is = rule_distinct_estimate(&d);
        if (fabs(is - (double)counts[i]) > error * (double)counts[i])
            fail_msg("%g are not %u", is, (unsigned)counts[i]);
        assert_true(rule_distinct_heap_bytes(&d) <= 2 * RULE_DISTINCT_EXACT * 8);
        rule_distinct_fini(&d);
        free(room);
    }
}

static void distinct_forgets_with_the_window(void **state)
{
    struct rule_distinct d;
    void *room = malloc(rule_distinct_bytes(STEPS));

    (void)state;
    assert_non_null(room);
    rule_distinct_init(&d, room, STEPS);
    for (int64_t step = 0; step < 1000; step++) { /* five new ones a step, and one that stays */
        if (step)
            rule_distinct_slide(&d, step);
        for (uint64_t n = 0; n < 5; n++)
            rule_distinct_add(&d, step, mix((uint64_t)step * 5 + n + 1));
        rule_distinct_add(&d, step, mix(0));
        assert_float_equal(rule_distinct_estimate(&d),
                           (step < STEPS ? (double)step + 1 : STEPS) * 5 + 1, 0);
        rule_distinct_add(&d, step - (step > 0), mix(0)); /* late: it was seen since */
    }
    for (int64_t step = 1000; step < 1000 + STEPS; step++)
        rule_distinct_slide(&d, step);
    assert_float_equal(rule_distinct_estimate(&d), 0, 0);
    assert_int_equal(rule_distinct_heap_bytes(&d), 0);
    rule_distinct_fini(&d);
    free(room);
}

/* Values that were chosen to land in one place cost no more than others. */
static void distinct_searches_no_longer_for_anybody(void **state)
{
    struct rule_distinct d;
    void *room = malloc(rule_distinct_bytes(STEPS));

    (void)state;
    assert_non_null(room);
    rule_distinct_init(&d, room, STEPS);
    for (uint64_t n = 0; n < 4000; n++)
        rule_distinct_add(&d, 0, (n << 12 | 1) << 32);
    assert_true(rule_distinct_estimate(&d) <= 64);
    rule_distinct_fini(&d);
    free(room);
}

static void the_top_is_what_came_most(void **state)
{
    struct rule_top top = { 0 };
    struct rule_top_value v[RULE_TOP_TOLD];
    char name[16];

    (void)state;
    for (int i = 0; i < 2000; i++) { /* a half is one, a quarter another, the rest a crowd */
        const char *key = i % 2 ? "Service Unavailable" : i % 4 ? "Busy" : name;

        snprintf(name, sizeof name, "odd %d", i);
        rule_top_add(&top, slice_of_text(key));
    }
    assert_int_equal(rule_top_read(&top, 1, v), RULE_TOP_TOLD);
    assert_true(slice_eq(v[0].key, SLICE("Service Unavailable")));
    assert_int_equal(v[0].count, 1000);
    assert_true(slice_eq(v[1].key, SLICE("Busy")));
    assert_int_equal(v[1].count, 500);
    rule_top_turn(&top);
    rule_top_add(&top, SLICE("Busy"));
    assert_true(rule_top_read(&top, 0.1, v) > 1); /* a tenth of the turn before is in the window */
    assert_int_equal(v[0].count, 100);
    assert_int_equal(v[1].count, 51);
    assert_int_equal(rule_top_read(&top, 0, v), 1);
    rule_top_turn(&top);
    rule_top_turn(&top);
    assert_int_equal(rule_top_read(&top, 1, v), 0);
    rule_top_fini(&top);
}

static void a_series_has_gaps_and_an_end(void **state)
{
    static const struct {
        int64_t steps, every;
        uint32_t room;
    } rows[] = { { 1, 1, 3 }, { 6, 1, 13 }, { 30, 1, 60 }, { 31, 2, 32 }, { 240, 8, 60 } };
    float values[5];
    struct rule_series s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rule_series_every(rows[i].steps), rows[i].every);
        assert_int_equal(rule_series_room(rows[i].steps), rows[i].room);
    }
    rule_series_init(&s, values, 5);
    assert_true(isnan(rule_series_get(&s, 5, 0)));
    rule_series_put(&s, 5, 100, 1);
    rule_series_put(&s, 5, 102, 2);
    assert_float_equal(rule_series_get(&s, 5, 100), 1, 0);
    assert_true(isnan(rule_series_get(&s, 5, 101)));
    assert_float_equal(rule_series_get(&s, 5, 102), 2, 0);
    assert_true(isnan(rule_series_get(&s, 5, 103)));
    rule_series_put(&s, 5, 1000000, 3);
    assert_true(isnan(rule_series_get(&s, 5, 999997)));
    rule_series_put(&s, 5, 50, 4); /* the clock was set back */
    assert_float_equal(rule_series_get(&s, 5, 50), 4, 0);
    for (int64_t at = 46; at < 50; at++)
        assert_true(isnan(rule_series_get(&s, 5, at)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_knows_every_size),
        cmocka_unit_test(a_histogram_of_too_many_draws_by_lot),
        cmocka_unit_test(distinct_is_exact_and_then_near),
        cmocka_unit_test(distinct_forgets_with_the_window),
        cmocka_unit_test(distinct_searches_no_longer_for_anybody),
        cmocka_unit_test(the_top_is_what_came_most),
        cmocka_unit_test(a_series_has_gaps_and_an_end),
    };

    return cmocka_run_group_tests_name("rule_sketches", tests, NULL, NULL);
}
