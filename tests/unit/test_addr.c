/*
 * test_addr - addresses as text and back, and which of them nobody outside can reach.
 */
#include "analyzer/base/addr.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct addr addr_from(const char *text)
{
    struct addr a;

    if (!addr_parse(slice_of_text(text), &a))
        fail_msg("'%s' is an address", text);
    return a;
}

static void an_address_with_a_port_is_read_and_written(void **state)
{
    static const struct {
        const char *in, *out; /* out NULL: no address */
    } rows[] = {
        { "192.0.2.1:5060", "192.0.2.1:5060" },
        { "192.0.2.1:0", "192.0.2.1:0" },
        { "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
        { "[2001:DB8:0:0::1]:1", "[2001:db8::1]:1" },
        { "[::ffff:192.0.2.1]:9", "192.0.2.1:9" }, /* RFC 5118 §4.9: the same as v4 */
        { "[::]:9", "[::]:9" },
        { "192.0.2.1", NULL },
        { "192.0.2.1:", NULL },
        { "192.0.2.1:65536", NULL },
        { "192.0.2.1:-1", NULL },
        { "192.0.2.1: 9", NULL },
        { "192.0.2.256:9", NULL },
        { "192.0.2:9", NULL },
        { ":9", NULL },
        { "", NULL },
        { "[::1]", NULL },
        { "[::1:9", NULL },
        { "::1:9", NULL }, /* an address of its own, or a port? */
        { "[192.0.2.1]:9", NULL },
        { "[fe80::1%eth0]:9", NULL },
        { "host:9", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].in));
        struct addr a = { { 0 }, 7 };
        char text[ADDR_TEXT_MAX];
        bool ok = addr_parse(block, &a);

        heap_block_free(block);
        if (ok != (rows[i].out != NULL))
            fail_msg("'%s': %s", rows[i].in, ok ? "accepted" : "refused");
        if (!ok) {
            assert_int_equal(a.port, 7); /* untouched */
            continue;
        }
        assert_int_equal(addr_format(&a, text), strlen(rows[i].out));
        assert_string_equal(text, rows[i].out);
    }
}

static void a_literal_has_no_port_and_nothing_behind_it(void **state)
{
    static const struct {
        struct slice in;
        const char *out;
    } rows[] = {
        { SLICE_INIT("192.0.2.1"), "192.0.2.1" },
        { SLICE_INIT("2001:db8::1"), "2001:db8::1" },
        { SLICE_INIT("[2001:db8::1]"), "2001:db8::1" },
        { SLICE_INIT("::ffff:10.0.0.1"), "10.0.0.1" },
        { SLICE_INIT("[]"), NULL },
        { SLICE_INIT("["), NULL },
        { SLICE_INIT("[[::1]]"), NULL },
        { SLICE_INIT("[192.0.2.1]"), NULL },
        { SLICE_INIT("192.0.2.1\0"), NULL },
        { SLICE_INIT("192.0.2.1\0.evil"), NULL },
        { SLICE_INIT("::1\0"), NULL },
        { SLICE_INIT(" 192.0.2.1"), NULL },
        { SLICE_INIT("0192.0.2.1"), NULL },
        { SLICE_INIT("192.0.2.1:5060"), NULL },
        { SLICE_INIT("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"), NULL },
        { SLICE_INIT(""), NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].in);
        char text[ADDR_TEXT_MAX];
        struct addr a;
        bool ok = addr_parse_ip(block, &a);

        heap_block_free(block);
        if (ok != (rows[i].out != NULL))
            fail_msg("row %zu: %s", i, ok ? "accepted" : "refused");
        if (!ok)
            continue;
        assert_int_equal(a.port, 0);
        assert_int_equal(addr_format_ip(&a, text), strlen(rows[i].out));
        assert_string_equal(text, rows[i].out);
    }
}

static void the_longest_text_fits(void **state)
{
    struct addr a = addr_from("[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
    struct addr b = addr_from("[1111:2222:3333:4444:5555:6666:255.255.255.255]:65535");
    char text[ADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(addr_format(&a, text),
                     strlen("[1111:2222:3333:4444:5555:6666:7777:8888]:65535"));
    assert_true(addr_format(&b, text) < ADDR_TEXT_MAX);
}

static void unreachable_ranges_end_where_their_rfc_says(void **state)
{
    static const struct {
        const char *text;
        bool is_private;
    } rows[] = {
        { "10.0.0.0:1", true },     { "9.255.255.255:1", false },  { "11.0.0.0:1", false },
        { "172.16.0.0:1", true },   { "172.31.255.255:1", true },  { "172.15.255.255:1", false },
        { "172.32.0.0:1", false },  { "192.168.0.0:1", true },     { "192.169.0.0:1", false },
        { "100.64.0.0:1", true },   { "100.127.255.255:1", true }, { "100.63.255.255:1", false },
        { "100.128.0.0:1", false }, { "169.254.1.1:1", true },     { "169.253.1.1:1", false },
        { "127.0.0.1:1", true },    { "198.51.100.1:1", false },   { "[::1]:1", true },
        { "[::2]:1", false },       { "[fc00::1]:1", true },       { "[fdff::1]:1", true },
        { "[fe00::1]:1", false },   { "[fe80::1]:1", true },       { "[febf::1]:1", true },
        { "[fec0::1]:1", false },   { "[2001:db8::1]:1", false },  { "[::ffff:10.1.1.1]:1", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a = addr_from(rows[i].text);

        if (addr_is_private(&a) != rows[i].is_private)
            fail_msg("%s", rows[i].text);
    }
}

static void equality_has_a_port_or_has_none(void **state)
{
    struct addr a = addr_from("192.0.2.1:1"), b = addr_from("192.0.2.1:2");
    struct addr any4 = addr_from("0.0.0.0:1"), any6 = addr_from("[::]:1");

    (void)state;
    assert_false(addr_eq(&a, &b));
    assert_true(addr_ip_eq(&a, &b));
    assert_true(addr_is_unspecified(&any4) && addr_is_unspecified(&any6));
    assert_false(addr_is_unspecified(&a));
    assert_true(addr_is_v4(&a) && addr_is_v4(&any4) && !addr_is_v4(&any6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_with_a_port_is_read_and_written),
        cmocka_unit_test(a_literal_has_no_port_and_nothing_behind_it),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(unreachable_ranges_end_where_their_rfc_says),
        cmocka_unit_test(equality_has_a_port_or_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
