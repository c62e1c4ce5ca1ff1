/*
 * test_number_forms - the ways to write a number, and what is another number.
 */
#include "storage/upkeep/number_forms.h"

#include "analyzer/plan/plan.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/privacy_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct row {
    const char *text;
    size_t found;
    const char *blanked; /* NULL: as it is */
};

static void expect(const struct number_forms *f, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));
        const char *wanted = rows[i].blanked ? rows[i].blanked : rows[i].text;

        if (number_forms_count(f, block) != rows[i].found)
            fail_msg("%s: found %zu times", rows[i].text, number_forms_count(f, block));
        assert_int_equal(number_forms_blank(f, (char *)(uintptr_t)block.p, block.len),
                         rows[i].found);
        if (!slice_eq(block, slice_of_text(wanted)))
            fail_msg("%s became %.*s", rows[i].text, (int)block.len, block.p);
        assert_int_equal(number_forms_count(f, block), 0);
        heap_block_free(block);
    }
}

static void with_a_plan(void **state)
{
    static const struct row rows[] = {
        { "+4930123456", 1, "+XXXXXXXXXX" },
        { "sip:004930123456@h", 1, "sip:00XXXXXXXXXX@h" },
        { "030123456", 1, "XXXXXXXXX" },
        { "tel:+49-30-123.456;x", 1, "tel:+XX-XX-XXX.XXX;x" },
        { "030 123456 20", 1, "XXX XXXXXX 20" },
        { "%2B4930%3123456", 1, "%2BXXXX%58XXXXX" },
        { "5 030123456", 1, "5 XXXXXXXXX" },
        { "030123456,4930123456", 2, "XXXXXXXXX,XXXXXXXXXX" },
        { "4330123456", 0, NULL }, /* Vienna's */
        { "1030123456", 0, NULL },
        { "49301234567", 0, NULL },
        { "30123456", 0, NULL },
        { "49301234", 0, NULL },
        { "", 0, NULL },
        { "4930123456%3", 1, "XXXXXXXXXX%3" },
        { "4930\n123456", 0, NULL },
    };
    struct number_forms f;
    struct plan *plan;

    (void)state;
    assert_int_equal(plan_new(&plan), 0);
    assert_int_equal(plan_set_country(plan, SLICE("49")), 0);
    assert_int_equal(number_forms_make(&f, SLICE("030 123456"), plan), 0);
    expect(&f, rows, sizeof rows / sizeof rows[0]);
    assert_int_equal(number_forms_make(&f, SLICE("+49 30 123456"), plan), 0);
    expect(&f, rows, sizeof rows / sizeof rows[0]);
    assert_int_equal(number_forms_make(&f, SLICE("alice"), plan), -EINVAL);
    assert_int_equal(number_forms_make(&f, SLICE("1234"), plan), -ERANGE);
    plan_free(plan);
}

static void without_one(void **state)
{
    static const struct row rows[] = {
        { "+4930123456", 1, "+49XXXXXXXX" },
        { "030123456", 1, "0XXXXXXXX" },
        { "4330123456", 1, "43XXXXXXXX" }, /* ends so: it is meant, too */
        { "301234567", 0, NULL },
    };
    struct number_forms f;

    (void)state;
    assert_int_equal(number_forms_make(&f, SLICE("030-123456"), NULL), 0);
    expect(&f, rows, sizeof rows / sizeof rows[0]);
    assert_int_equal(number_forms_make(&f, SLICE("000123456"), NULL), -ERANGE);
    assert_int_equal(number_forms_make(&f, SLICE("1234567890123456789012345"), NULL), -ERANGE);
    assert_int_equal(number_forms_make(&f, SLICE(""), NULL), -EINVAL);
}

static void pseudonyms_are_forms(void **state)
{
    const struct privacy p = privacy_fixture(PRIVACY_PSEUDONYM, PRIVACY_CLEAR, 0);
    struct number_forms f;
    char text[] = "4930123456";

    (void)state;
    assert_int_equal(number_forms_make(&f, SLICE("+4930123456"), NULL), 0);
    number_forms_add_pseudonyms(&f, &p);
    assert_int_equal(f.count, 2);
    memcpy(text, f.forms[1].digits, sizeof text);
    assert_memory_equal(text, "49", 2);
    assert_int_equal(number_forms_count(&f, SLICE("4930123456")), 1);
    assert_int_equal(number_forms_count(&f, slice_of(text, 10)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_plan),
        cmocka_unit_test(without_one),
        cmocka_unit_test(pseudonyms_are_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
