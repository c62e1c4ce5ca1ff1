#include "rules/rule_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEPS = 6, STEP_US = 10000000 };

static void counts_what_is_inside_and_forgets_the_rest(void **state)
{
    void *buckets = malloc(rule_window_bytes(STEPS, 0));
    struct rule_window w;

    (void)state;
    assert_non_null(buckets);
    rule_window_init(&w, buckets, STEPS, 0);
    for (int64_t step = 100; step < 106; step++) { /* step 100 gets 1 record, 101 gets 2 ... */
        rule_window_slide(&w, step);
        for (int64_t n = 100; n <= step; n++)
            rule_window_add(&w, step, n == 100, 7);
    }
    assert_int_equal(w.samples, 1 + 2 + 3 + 4 + 5 + 6);
    assert_int_equal(w.matching, 6);
    rule_window_slide(&w, 106);
    assert_int_equal(w.samples, 2 + 3 + 4 + 5 + 6);
    assert_int_equal(w.matching, 5);
    for (int64_t step = 107; step < 112; step++)
        rule_window_slide(&w, step);
    assert_int_equal(w.samples, 0);
    assert_int_equal(w.matching, 0);
    free(buckets);
}

static void a_late_record_counts_in_its_own_step(void **state)
{
    struct rule_bucket buckets[STEPS];
    struct rule_window w;

    (void)state;
    rule_window_init(&w, buckets, STEPS, 0);
    rule_window_slide(&w, 50);
    rule_window_add(&w, 45, true, 3); /* the oldest step of the window */
    assert_int_equal(w.matching, 1);
    rule_window_slide(&w, 51);
    assert_int_equal(w.matching, 0);
}

static void knows_when_the_first_match_came(void **state)
{
    struct rule_bucket buckets[STEPS];
    struct rule_window w;

    (void)state;
    rule_window_init(&w, buckets, STEPS, 0);
    assert_int_equal(rule_window_first_match_us(&w, 2, STEP_US), -1);
    rule_window_add(&w, 50, false, 1);
    rule_window_add(&w, 50, true, 900);
    rule_window_add(&w, 50, true, 800); /* told out of order */
    rule_window_add(&w, 52, true, 5);
    assert_int_equal(rule_window_first_match_us(&w, 52, STEP_US), 50LL * STEP_US + 800);
    rule_window_slide(&w, 56);
    assert_int_equal(rule_window_first_match_us(&w, 56, STEP_US), 52LL * STEP_US + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_is_inside_and_forgets_the_rest),
        cmocka_unit_test(a_late_record_counts_in_its_own_step),
        cmocka_unit_test(knows_when_the_first_match_came),
    };

    return cmocka_run_group_tests_name("rule_window", tests, NULL, NULL);
}
