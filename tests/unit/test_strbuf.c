/*
 * test_strbuf - text that grows to its cap and no further, and what a terminal may see.
 */
#include "analyzer/base/strbuf.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void it_holds_what_was_added(void **state)
{
    struct strbuf b = { 0 };
    char expected[5000] = "";
    size_t len = 0;

    (void)state;
    assert_true(slice_eq(strbuf_slice(&b), SLICE("")));
    for (int i = 0; i < 500; i++) {
        strbuf_addf(&b, "%d,", i);
        len += (size_t)snprintf(expected + len, sizeof expected - len, "%d,", i);
    }
    strbuf_add(&b, "\0x", 2);
    assert_int_equal(b.len, len + 2);
    assert_memory_equal(b.p, expected, len);
    assert_int_equal(b.p[b.len], '\0');
    strbuf_chop(&b, 2);
    assert_string_equal(b.p, expected);
    strbuf_chop(&b, 1000000);
    assert_string_equal(b.p, "");
    strbuf_add_slice(&b, SLICE_ABSENT);
    strbuf_add_text(&b, "x");
    strbuf_add_char(&b, 'y');
    assert_string_equal(b.p, "xy");
    strbuf_reset(&b);
    assert_string_equal(b.p, "");
    strbuf_fini(&b);
    assert_null(b.p);
}

/* All of it or nothing, and nothing after the first refusal. */
static void the_cap_is_sticky(void **state)
{
    volatile size_t huge = SIZE_MAX; /* no compiler shall see that it cannot be */
    struct strbuf b = { .max_bytes = 10 };

    (void)state;
    strbuf_add_text(&b, "0123456789");
    assert_false(b.failed);
    strbuf_add(&b, NULL, 0);
    assert_false(b.failed);
    strbuf_chop(&b, 1);
    strbuf_addf(&b, "%s", "ab");
    assert_true(b.failed);
    assert_string_equal(b.p, "012345678");
    strbuf_add_char(&b, 'x'); /* would fit */
    assert_string_equal(b.p, "012345678");
    strbuf_reset(&b);
    strbuf_add_char(&b, 'x');
    assert_false(b.failed);
    assert_string_equal(b.p, "x");
    strbuf_add(&b, "x", huge);
    assert_true(b.failed);
    strbuf_fini(&b);
    assert_int_equal(b.max_bytes, 10);
    assert_false(b.failed);
}

static void a_terminal_sees_only_what_can_be_seen(void **state)
{
    static const struct {
        struct slice in;
        const char *out;
    } rows[] = {
        { SLICE_INIT("plain ~text"), "plain ~text" },
        { SLICE_INIT("Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
          "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
        { SLICE_INIT("a\x1b[31mred\x07"), "a?[31mred?" },
        { SLICE_INIT("a\r\nb\tc\0d"), "a??b?c?d" },
        { SLICE_INIT("\x7f"), "?" },
        { SLICE_INIT("\xc2\x9b"
                     "31m"),
          "?31m" }, /* C1: CSI */
        { SLICE_INIT("\x9b"
                     "31m"),
          "?31m" },                       /* the same as one byte */
        { SLICE_INIT("\xff\xfe"), "??" }, /* no UTF-8 */
        { SLICE_INIT("\xe2\x82"), "??" }, /* cut */
        { SLICE_INIT("\xc0\xaf"), "??" }, /* overlong */
        { SLICE_INIT("a\xe2\x80\xae"
                     "b"),
          "a?b" }, /* right-to-left override */
        { SLICE_INIT("a\xe2\x81\xa6"
                     "b\xe2\x80\xa8"),
          "a?b?" }, /* isolate; line separator */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].in);
        struct strbuf b = { 0 };

        strbuf_add_printable(&b, block);
        assert_string_equal(b.p, rows[i].out);
        strbuf_fini(&b);
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_what_was_added),
        cmocka_unit_test(the_cap_is_sticky),
        cmocka_unit_test(a_terminal_sees_only_what_can_be_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
