/*
 * test_leg_number - how alike two ways of writing a number are.
 */
#include "analyzer/legs/leg_number.h"
#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct siphash_key key = { { 3, 4 } };

static struct leg_number number(const char *text)
{
    struct slice block = heap_block(slice_of_text(text));
    struct leg_number out = leg_number_of(&key, block);

    heap_block_free(block);
    return out;
}

static void test_likeness(void **state)
{
    static const struct {
        const char *a, *b;
        enum leg_likeness expected;
    } rows[] = {
        { "+49301234567", "0301234567", LEG_EQUAL },
        { "0049301234567", "+49 30 123-45.67", LEG_EQUAL },
        { "+49301234567", "+49301234567", LEG_EQUAL },
        { "%2B49301234567", "+49301234567", LEG_EQUAL },
        { "1234567", "1234567", LEG_EQUAL },
        { "+49301234567;phone-context=x", "49301234567#", LEG_EQUAL },
        { "+49301234567", "+49401234567", LEG_TAIL },
        { "1234567", "0301234567", LEG_TAIL },
        { "4567", "+49301234567", LEG_ENDS_ALIKE },
        { "4567", "4567", LEG_SHORT },
        { "67", "67", LEG_SHORT },
        { "67", "+49301234567", LEG_DIFFERENT },
        { "4567", "4568", LEG_DIFFERENT },
        { "+49301234567", "+49301234568", LEG_DIFFERENT },
        { "5551234567", "0301234568", LEG_DIFFERENT },
        { "alice", "ALICE", LEG_SHORT },
        { "alice", "bob", LEG_DIFFERENT },
        { "alice", "4567", LEG_UNKNOWN },
        { "anonymous", "anonymous", LEG_UNKNOWN },
        { "Restricted", "4567", LEG_UNKNOWN },
        { "", "4567", LEG_UNKNOWN },
        { "999991234567890123456789012345", "001234567890123456789012345", LEG_EQUAL },
        { "000000000", "000000000", LEG_EQUAL },
        { "12\n34567", "1234567", LEG_UNKNOWN }, /* no number: a name with a line end */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum leg_likeness there = leg_number_compare(number(rows[i].a), number(rows[i].b));
        enum leg_likeness back = leg_number_compare(number(rows[i].b), number(rows[i].a));

        if (there != rows[i].expected || back != there)
            fail_msg("%s and %s: %s", rows[i].a, rows[i].b, leg_likeness_text(there));
    }
}

static void test_found_again_by_its_tail(void **state)
{
    (void)state;
    assert_int_equal(leg_number_tail(number("0301234567")),
                     leg_number_tail(number("+49 30 1234567")));
    assert_int_not_equal(leg_number_tail(number("0301234567")),
                         leg_number_tail(number("0301234568")));
    assert_int_not_equal(leg_number_tail(number("4567")), leg_number_tail(number("04567")));
    assert_int_equal(leg_number_tail(number("anonymous")), 0);
}

static void test_a_user_part_without_end(void **state)
{
    char text[4096];

    (void)state;
    memset(text, '7', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(number(text).packed, 0);
    text[128] = '\0';
    assert_int_not_equal(number(text).packed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likeness),
        cmocka_unit_test(test_found_again_by_its_tail),
        cmocka_unit_test(test_a_user_part_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
