/*
 * test_plan_emergency - which dialled strings call for help.
 */
#include "analyzer/plan/plan.h"
#include "tests/unit/heap_block.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *country, *rule, *uri;
    bool is;
} rows[] = {
    { NULL, NULL, "112", true },
    { NULL, NULL, "sip:112@example.com", true },
    { NULL, NULL, "sips:911@[2001:db8::1]:5061;user=phone", true },
    { NULL, NULL, "tel:999;phone-context=+44", true },
    { NULL, NULL, "sip:112;phone-context=+49@example.com", true },
    { NULL, NULL, "1-1-2", true },
    { NULL, NULL, "000", true },
    { NULL, NULL, "urn:service:sos", true },
    { NULL, NULL, "URN:service:SOS.police", true },
    { NULL, NULL, "urn:service:sosage", false },
    { NULL, NULL, "urn:service:counseling", false },
    { NULL, NULL, "1120", false },
    { NULL, NULL, "9112", false },
    { NULL, NULL, "+112", false },
    { NULL, NULL, "+49112", false },
    { NULL, NULL, "sip:bob@112", false },
    { NULL, NULL, "sip:112.example.com", false },
    { NULL, NULL, "", false },
    { NULL, NULL, "sip:", false },
    /* Of the country alone: an extension elsewhere. */
    { NULL, NULL, "110", false },
    { "49", NULL, "110", true },
    { "+49", NULL, "sip:110@pbx", true },
    { "33", NULL, "110", false },
    { "33", NULL, "15", true },
    { "33", NULL, "1", false },
    { "64", NULL, "111", true },
    { "44", NULL, "111", false }, /* advice */
    { "44", NULL, "999", true },
    { "49", NULL, "112", true },
    /* With the digit that gets a line; and an extension stays one. */
    { "49", "9 3-20 -", "9112", true },
    { "49", "9 3-20 -", "9110", true },
    { "49", "9 5-20 -", "9112", false },
    { "49", "- 3-4 +4930555", "112", true },
    { "49", "- 3-4 +4930555", "115", false },
};

static void known_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice uri = heap_block(slice_of_text(rows[i].uri));
        struct plan_rule rule;
        struct plan *p;

        assert_int_equal(plan_new(&p), 0);
        if (rows[i].country)
            assert_int_equal(plan_set_country(p, slice_of_text(rows[i].country)), 0);
        if (rows[i].rule) {
            assert_true(plan_rule_parse(slice_of_text(rows[i].rule), &rule));
            assert_int_equal(
                plan_add_rule(p, rule.prefix, rule.min_len, rule.max_len, rule.replacement), 0);
        }
        if (plan_is_emergency(p, uri) != rows[i].is)
            fail_msg("'%s' in %s", rows[i].uri, rows[i].country ? rows[i].country : "no country");
        heap_block_free(uri);
        plan_free(p);
    }
}

static void a_list_takes_their_place(void **state)
{
    struct plan *p;

    (void)state;
    assert_int_equal(plan_new(&p), 0);
    assert_int_equal(plan_set_country(p, SLICE("49")), 0);
    assert_int_equal(plan_add_emergency(p, SLICE("1122")), 0);
    assert_int_equal(plan_add_emergency(p, SLICE("*9")), 0);
    assert_true(plan_is_emergency(p, SLICE("sip:1122@h")));
    assert_true(plan_is_emergency(p, SLICE("sip:*9@h")));
    assert_true(plan_is_emergency(p, SLICE("urn:service:sos.ambulance")));
    assert_false(plan_is_emergency(p, SLICE("112")));
    assert_false(plan_is_emergency(p, SLICE("110")));
    assert_int_equal(plan_add_emergency(p, SLICE("1")), -EINVAL);
    assert_int_equal(plan_add_emergency(p, SLICE("help")), -EINVAL);
    assert_int_equal(plan_add_emergency(p, SLICE("1234567890123456")), -EINVAL);
    for (int i = 2; i < PLAN_EMERGENCY_MAX; i++)
        assert_int_equal(plan_add_emergency(p, SLICE("77")), 0);
    assert_int_equal(plan_add_emergency(p, SLICE("77")), -E2BIG);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_strings),
        cmocka_unit_test(a_list_takes_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
