/*
 * test_slice - views of bytes: absent, empty, with NULs, and digits that do not fit.
 */
#include "analyzer/base/slice.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void absent_and_empty_are_told_apart_by_the_pointer_alone(void **state)
{
    (void)state;
    assert_null(slice_of_text(NULL).p);
    assert_int_equal(slice_of_text(NULL).len, 0);
    assert_non_null(slice_of_text("").p);
    assert_true(slice_eq(SLICE_ABSENT, SLICE("")));
    assert_true(slice_ieq(SLICE_ABSENT, SLICE("")));
    assert_false(slice_eq(SLICE_ABSENT, SLICE("x")));
    assert_true(slice_starts_with(SLICE_ABSENT, SLICE_ABSENT));
    assert_int_equal(slice_find(SLICE_ABSENT, 'x'), 0);
    assert_null(slice_trim(SLICE_ABSENT).p);
}

static void equality_sees_every_byte(void **state)
{
    static const struct {
        struct slice a, b;
        bool same, same_but_for_case;
    } rows[] = {
        { SLICE_INIT("Via"), SLICE_INIT("Via"), true, true },
        { SLICE_INIT("Via"), SLICE_INIT("vIA"), false, true },
        { SLICE_INIT("Via"), SLICE_INIT("Vi"), false, false },
        { SLICE_INIT("a\0b"), SLICE_INIT("a\0b"), true, true },
        { SLICE_INIT("a\0b"), SLICE_INIT("a\0c"), false, false },
        /* What differs by 0x20 and is no letter. */
        { SLICE_INIT("@"), SLICE_INIT("`"), false, false },
        { SLICE_INIT("[{"), SLICE_INIT("{["), false, false },
        { SLICE_INIT("\xc4"), SLICE_INIT("\xe4"), false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(slice_eq(rows[i].a, rows[i].b), rows[i].same);
        assert_int_equal(slice_ieq(rows[i].a, rows[i].b), rows[i].same_but_for_case);
        assert_int_equal(slice_ieq(rows[i].b, rows[i].a), rows[i].same_but_for_case);
    }
    assert_true(slice_starts_with(SLICE("SIP/2.0 200"), SLICE("SIP/")));
    assert_false(slice_starts_with(SLICE("sip/2.0 200"), SLICE("SIP/")));
    assert_true(slice_istarts_with(SLICE("sip/2.0 200"), SLICE("SIP/")));
    assert_false(slice_istarts_with(SLICE("si"), SLICE("SIP/")));
}

static void trim_takes_blanks_off_both_ends(void **state)
{
    static const struct {
        struct slice in, out;
    } rows[] = {
        { SLICE_INIT(" \t\r\n a b \r\n"), SLICE_INIT("a b") },
        { SLICE_INIT("a"), SLICE_INIT("a") },
        { SLICE_INIT(" \r\n\t "), SLICE_INIT("") },
        { SLICE_INIT(""), SLICE_INIT("") },
        { SLICE_INIT("\0 x \0"), SLICE_INIT("\0 x \0") },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].in);

        assert_true(slice_eq(slice_trim(block), rows[i].out));
        heap_block_free(block);
    }
}

static void cutting_leaves_what_follows_the_separator(void **state)
{
    static const struct {
        struct slice whole, head, rest;
    } rows[] = {
        { SLICE_INIT("a;b;c"), SLICE_INIT("a"), SLICE_INIT("b;c") },
        { SLICE_INIT("a;"), SLICE_INIT("a"), SLICE_INIT("") },
        { SLICE_INIT(";a"), SLICE_INIT(""), SLICE_INIT("a") },
        { SLICE_INIT("abc"), SLICE_INIT("abc"), SLICE_INIT("") },
        { SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("") },
    };
    struct slice nothing = SLICE_ABSENT;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].whole), rest = block;

        assert_true(slice_eq(slice_cut(&rest, ';'), rows[i].head));
        assert_true(slice_eq(rest, rows[i].rest));
        heap_block_free(block);
    }
    assert_null(slice_cut(&nothing, ';').p);
    assert_null(nothing.p);
}

static void numbers_are_digits_that_fit(void **state)
{
    static const struct {
        struct slice text;
        uint64_t max;
        bool ok;
        uint64_t value;
    } rows[] = {
        { SLICE_INIT("0"), 9, true, 0 },
        { SLICE_INIT("007"), 9, true, 7 },
        { SLICE_INIT("65535"), 65535, true, 65535 },
        { SLICE_INIT("65536"), 65535, false, 0 },
        { SLICE_INIT("18446744073709551615"), UINT64_MAX, true, UINT64_MAX },
        { SLICE_INIT("18446744073709551616"), UINT64_MAX, false, 0 },
        { SLICE_INIT("99999999999999999999999"), UINT64_MAX, false, 0 },
        { SLICE_INIT(""), 9, false, 0 },
        { SLICE_INIT("-1"), 9, false, 0 },
        { SLICE_INIT("+1"), 9, false, 0 },
        { SLICE_INIT(" 1"), 9, false, 0 },
        { SLICE_INIT("1 "), 9, false, 0 },
        { SLICE_INIT("1\0"), 9, false, 0 },
        { SLICE_INIT("0x1"), 9, false, 0 },
        { SLICE_INIT("\xb1"), 999, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].text);
        uint64_t value = 4711;

        assert_int_equal(slice_to_u64(block, rows[i].max, &value), rows[i].ok);
        assert_true(value == (rows[i].ok ? rows[i].value : 4711));
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_and_empty_are_told_apart_by_the_pointer_alone),
        cmocka_unit_test(equality_sees_every_byte),
        cmocka_unit_test(trim_takes_blanks_off_both_ends),
        cmocka_unit_test(cutting_leaves_what_follows_the_separator),
        cmocka_unit_test(numbers_are_digits_that_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
