#include "rules/rule_chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Worked out by hand from the formula of 1927. */
static void wilsons_interval_is_known(void **state)
{
    static const struct {
        double matching, samples, z, low, high;
    } rows[] = {
        { 2, 3, 1.959964, 0.207660, 0.938508 },    /* two of three failed calls */
        { 0, 10, 1.959964, 0, 0.277533 },          /* none is not never */
        { 10, 10, 1.959964, 0.722467, 1 },         /* all is not always */
        { 50, 100, 1.959964, 0.403832, 0.596168 }, /* symmetric in the middle */
        { 1, 1, 1.959964, 0.206543, 1 },
        { 10, 20, 1.644854, 0.327404, 0.672596 },
        { 200, 1000, 1.644854, 0.180016, 0.221603 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_float_equal(rule_chance_share_low(rows[i].matching, rows[i].samples, rows[i].z),
                           rows[i].low, 2e-5);
        assert_float_equal(rule_chance_share_high(rows[i].matching, rows[i].samples, rows[i].z),
                           rows[i].high, 2e-5);
    }
    assert_true(isnan(rule_chance_share_low(0, 0, 2)));
    assert_float_equal(rule_chance_share_low(3, 10, 0), 0.3, 1e-12); /* nothing left to chance */
}

static void a_mean_is_as_sure_as_its_values_are_alike(void **state)
{
    (void)state;
    /* 2 4 4 4 5 5 7 9: mean 5, squares 232, sample variance 32/7 */
    assert_float_equal(rule_chance_mean_error(8, 40, 232), sqrt(32.0 / 7 / 8), 1e-12);
    assert_float_equal(rule_chance_mean_error(5, 15, 45), 0, 0); /* all the same */
    assert_true(isnan(rule_chance_mean_error(1, 3, 9)));
    assert_float_equal(rule_chance_mean_error(3, 3e8, 3e16), 0,
                       0); /* no root of a rounding error */
}

/* Against the exact 95 % limits of a Poisson count to one side: of 10 5.43 and 16.96, of 100 84.1
 * and 118.1 (tables of the chi-squared distribution). */
static void a_count_has_its_chance(void **state)
{
    (void)state;
    assert_float_equal(rule_chance_count_low(10, 1.644854), 5.43, 0.3);
    assert_float_equal(rule_chance_count_high(10, 1.644854), 16.96, 1.0);
    assert_float_equal(rule_chance_count_low(100, 1.644854), 84.1, 0.8);
    assert_float_equal(rule_chance_count_high(100, 1.644854), 118.1, 1.0);
    assert_float_equal(rule_chance_count_low(0, 1.644854), 0, 0);
    assert_true(rule_chance_count_high(0, 1.644854) > 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilsons_interval_is_known),
        cmocka_unit_test(a_mean_is_as_sure_as_its_values_are_alike),
        cmocka_unit_test(a_count_has_its_chance),
    };

    return cmocka_run_group_tests_name("rule_chance", tests, NULL, NULL);
}
