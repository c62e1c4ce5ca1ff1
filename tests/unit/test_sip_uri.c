#include "analyzer/sip/sip_uri.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* NULL: absent. */
static void assert_text(const char *row, const char *what, struct slice is, const char *wanted)
{
    if (!wanted ? is.p != NULL : (!is.p || !slice_eq(is, slice_of_text(wanted))))
        fail_msg("%s: %s is '%.*s', not '%s'", row, what, (int)is.len, is.p ? is.p : "(absent)",
                 wanted ? wanted : "(absent)");
}

static void test_uris(void **state)
{
    /* clang-format off */
    static const struct {
        const char *text;
        enum sip_scheme scheme;
        const char *user, *password, *host;
        uint16_t port;
        const char *params, *headers;
        bool bad;
    } rows[] = {
        { "sip:ann@a.example", SIP_SCHEME_SIP, "ann", NULL, "a.example", 0, NULL, NULL, false },
        { "SIP:ann@a.example:5070;lr;transport=udp?Subject=x", SIP_SCHEME_SIP, "ann", NULL,
          "a.example", 5070, "lr;transport=udp", "Subject=x", false },
        { "sips:ann:secret@[2001:db8::10]:5061", SIP_SCHEME_SIPS, "ann", "secret", "2001:db8::10",
          5061, NULL, NULL, false },
        { "sip:[2001:db8::10:5070]", SIP_SCHEME_SIP, NULL, NULL, "2001:db8::10:5070", 0, NULL, NULL,
          false },
        { "sip:2001:db8::10", SIP_SCHEME_SIP, NULL, NULL, "2001:db8::10", 0, NULL, NULL, true },
        { "sip:user;par=u%40example.net@b.example", SIP_SCHEME_SIP, "user;par=u%40example.net", NULL,
          "b.example", 0, NULL, NULL, false },
        { "sip:a?b@c", SIP_SCHEME_SIP, "a?b", NULL, "c", 0, NULL, NULL, false },
        { "sip:b.example;x=y", SIP_SCHEME_SIP, NULL, NULL, "b.example", 0, "x=y", NULL, false },
        { "sip:b.example?x=y", SIP_SCHEME_SIP, NULL, NULL, "b.example", 0, NULL, "x=y", false },
        { "sip:b.example:5060", SIP_SCHEME_SIP, NULL, NULL, "b.example", 5060, NULL, NULL, false },
        { "tel:+49-30-555;phone-context=x", SIP_SCHEME_TEL, "+49-30-555", NULL, NULL, 0,
          "phone-context=x", NULL, false },
        { "TEL:110", SIP_SCHEME_TEL, "110", NULL, NULL, 0, NULL, NULL, false },
        { "http://www.example.com/", SIP_SCHEME_OTHER, NULL, NULL, NULL, 0, NULL, NULL, false },
        { "urn:service:sos", SIP_SCHEME_OTHER, NULL, NULL, NULL, 0, NULL, NULL, false },
        { "sip:%", SIP_SCHEME_SIP, NULL, NULL, "%", 0, NULL, NULL, false },
        { "sip:%4@x", SIP_SCHEME_SIP, "%4", NULL, "x", 0, NULL, NULL, false },
        { "sip:", SIP_SCHEME_SIP, NULL, NULL, "", 0, NULL, NULL, true },
        { "sip:@b", SIP_SCHEME_SIP, "", NULL, "b", 0, NULL, NULL, true },
        { "sip:a@", SIP_SCHEME_SIP, "a", NULL, "", 0, NULL, NULL, true },
        { "sip:a@[2001:db8::1", SIP_SCHEME_SIP, "a", NULL, "2001:db8::1", 0, NULL, NULL, true },
        { "sip:a@[", SIP_SCHEME_SIP, "a", NULL, "", 0, NULL, NULL, true },
        { "sip:a@b:65536", SIP_SCHEME_SIP, "a", NULL, "b", 0, NULL, NULL, true },
        { "sip:a@b:", SIP_SCHEME_SIP, "a", NULL, "b", 0, NULL, NULL, true },
        { "sip:a@b:x", SIP_SCHEME_SIP, "a", NULL, "b", 0, NULL, NULL, true },
        { "sip:a@[::1]x", SIP_SCHEME_SIP, "a", NULL, "::1", 0, NULL, NULL, true },
        { "sip:a b@c", SIP_SCHEME_SIP, "a b", NULL, "c", 0, NULL, NULL, true },
        { " sip:a@c ", SIP_SCHEME_SIP, "a", NULL, "c", 0, NULL, NULL, true },
        { "sip:a-long-user-part@a-long-host.example;with=\ta-tab", SIP_SCHEME_SIP, "a-long-user-part",
          NULL, "a-long-host.example", 0, "with=\ta-tab", NULL, true },
        { "tel:", SIP_SCHEME_TEL, "", NULL, NULL, 0, NULL, NULL, true },
        { "", SIP_SCHEME_NONE, NULL, NULL, NULL, 0, NULL, NULL, true },
        { "sip", SIP_SCHEME_NONE, NULL, NULL, NULL, 0, NULL, NULL, true },
        { "a@b", SIP_SCHEME_NONE, NULL, NULL, NULL, 0, NULL, NULL, true },
        { "1sip:a@b", SIP_SCHEME_NONE, NULL, NULL, NULL, 0, NULL, NULL, true },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));
        struct sip_uri uri;
        bool bad = false;

        assert_int_equal(sip_uri_parse(&uri, block), rows[i].scheme != SIP_SCHEME_NONE);
        assert_int_equal(uri.scheme, rows[i].scheme);
        assert_text(rows[i].text, "user", uri.user, rows[i].user);
        assert_text(rows[i].text, "password", uri.password, rows[i].password);
        assert_text(rows[i].text, "host", uri.host, rows[i].host);
        assert_text(rows[i].text, "params", uri.params, rows[i].params);
        assert_text(rows[i].text, "headers", uri.headers, rows[i].headers);
        if (uri.port != rows[i].port || uri.bad != rows[i].bad)
            fail_msg("%s: port %u, bad %d", rows[i].text, (unsigned)uri.port, uri.bad);
        assert_text(rows[i].text, "user alone", sip_uri_user(block, &bad), rows[i].user);
        assert_true(!bad || uri.bad);
        heap_block_free(block);
    }
}

static void test_name_addrs(void **state)
{
    /* clang-format off */
    static const struct {
        const char *text, *display, *uri, *params;
        bool bad;
    } rows[] = {
        { "<sip:a@b>", NULL, "sip:a@b", "", false },
        { "<sip:a@b>;tag=1", NULL, "sip:a@b", ";tag=1", false },
        { "Ann <sip:a@b> ; tag=1", "Ann", "sip:a@b", "; tag=1", false },
        { "\"A \\\" <x> \\\\\"<sip:a@b>", "\"A \\\" <x> \\\\\"", "sip:a@b", "", false },
        { "sip:a@b;tag=1", NULL, "sip:a@b", ";tag=1", false },
        { "sip:a@b ;tag=1", NULL, "sip:a@b", ";tag=1", false },
        { "sip:a@b, <sip:c@d>", NULL, "sip:a@b", ", <sip:c@d>", false },
        { "<sip:a@b>,<sip:c@d>", NULL, "sip:a@b", ",<sip:c@d>", false },
        { "Bell, A <sip:a@b>", "Bell, A", "sip:a@b", "", true },
        { "Ext:200 <sip:a@b>", "Ext:200", "sip:a@b", "", false },
        { "<sip:a@b", NULL, NULL, NULL, true },
        { "\"A <sip:a@b>", NULL, NULL, NULL, true },
        { "\"A\\", NULL, NULL, NULL, true },
        { "\"", NULL, NULL, NULL, true },
        { "<", NULL, NULL, NULL, true },
        { "<>", NULL, "", "", true },
        { "<sip:a@b>junk;tag=1", NULL, "sip:a@b", ";tag=1", true },
        { "sip:a@b?h=1", NULL, "sip:a@b?h=1", "", true },
        { "< sip:a@b >", NULL, "sip:a@b", "", true },
        { "", NULL, NULL, NULL, true },
        { "ann", NULL, NULL, NULL, true },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));
        struct sip_name_addr out;
        bool told = sip_name_addr_parse(&out, block);

        assert_int_equal(told, rows[i].uri != NULL && rows[i].uri[0]);
        if (out.display.len || rows[i].display)
            assert_text(rows[i].text, "display", out.display, rows[i].display);
        assert_text(rows[i].text, "uri", out.uri, rows[i].uri);
        assert_text(rows[i].text, "params", out.params, rows[i].params);
        assert_int_equal(out.bad, rows[i].bad);
        heap_block_free(block);
    }
}

static void test_params(void **state)
{
    static const char text[] = ";tag=1;LR;x = \"a;b,\\\"c\" ;;tag=2;e=,<sip:next>;tag=9";
    struct slice block = heap_block(slice_of_text(text)), rest = block, name, value;

    (void)state;
    assert_text("", "tag", sip_param_find(block, SLICE("TAG")), "1");
    assert_text("", "lr", sip_param_find(block, SLICE("lr")), "");
    assert_text("", "x", sip_param_find(block, SLICE("x")), "a;b,\\\"c");
    assert_text("", "e", sip_param_find(block, SLICE("e")), "");
    assert_text("", "none", sip_param_find(block, SLICE("ta")), NULL);
    for (int i = 0; i < 6; i++)
        assert_true(sip_param_next(&rest, &name, &value));
    assert_false(sip_param_next(&rest, &name, &value));
    assert_text("", "next", sip_list_next(rest), "<sip:next>;tag=9");
    assert_text("", "no next", sip_list_next(SLICE(";a")), NULL);
    heap_block_free(block);

    block = rest = heap_block(SLICE(";x=\"never ends;tag=1"));
    assert_true(sip_param_next(&rest, &name, &value));
    assert_text("", "open quote", value, "\"never ends;tag=1");
    assert_false(sip_param_next(&rest, &name, &value));
    heap_block_free(block);
}

/* A list is walked to its end, each value once. */
static void test_list(void **state)
{
    struct slice list = SLICE("<sip:a@b>;q=1, \"x, y\" <sip:c@d>;e=\",\" ,sip:e@f,,*");
    static const char *const uris[] = { "sip:a@b", "sip:c@d", "sip:e@f" };
    size_t n = 0;

    (void)state;
    while (list.p) {
        struct sip_name_addr out;
        struct slice name, value;

        if (sip_name_addr_parse(&out, list)) {
            assert_true(n < 3);
            assert_text("list", "uri", out.uri, uris[n++]);
        }
        while (sip_param_next(&out.params, &name, &value))
            ;
        list = sip_list_next(out.params);
    }
    assert_int_equal(n, 3);
}

static void test_hosts(void **state)
{
    static const struct {
        const char *text, *same_as;
    } rows[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "[2001:db8::9:255]", "2001:db8::9:255" },
        { "2001:db8::9:255", "2001:db8::9:255" },
        { "[2001:db8:::192.0.2.1]", "2001:db8::192.0.2.1" },
        { "::ffff:192.0.2.2", "192.0.2.2" },
        { "a.example", NULL },
        { "", NULL },
        { "192.0.2.300", NULL },
        { "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));
        struct addr a, b;

        assert_int_equal(sip_host_to_addr(block, &a), rows[i].same_as != NULL);
        if (rows[i].same_as) {
            assert_true(addr_parse_ip(slice_of_text(rows[i].same_as), &b));
            assert_true(addr_eq(&a, &b));
        }
        heap_block_free(block);
    }
}

static void test_escapes(void **state)
{
    char out[8];

    (void)state;
    assert_true(sip_escaped_eq(SLICE("%2b49%33"), SLICE("+493")));
    assert_true(sip_escaped_eq(SLICE("%"), SLICE("%25")));
    assert_true(sip_escaped_eq(SLICE("a%4"), SLICE("a%4")));
    assert_false(sip_escaped_eq(SLICE("%00"), SLICE("%00%00")));
    assert_false(sip_escaped_eq(SLICE("a"), SLICE("A")));
    assert_false(sip_escaped_eq(SLICE("a"), SLICE("")));
    assert_int_equal(sip_unescape(SLICE("a%00b%zz%4"), out, sizeof out), 8);
    assert_memory_equal(out, "a\0b%zz%4", 8);
    assert_int_equal(sip_unescape(SLICE("abcdefghi"), out, 3), 3);
}

/* Every cut of a URI and a name-addr, each in its own block. */
static void test_cuts(void **state)
{
    static const char text[] =
        "\"A \\\" B\" <sips:us%41er;x:pw@[2001:db8::10]:5061;lr;a=\"b\"?h=%4>;tag=\"x,y\";q=1, "
        "<sip:b>";

    (void)state;
    for (size_t from = 0; from < sizeof text; from++) {
        for (size_t n = 0; n + from < sizeof text; n++) {
            struct slice block = heap_block(slice_of(text + from, n)), name, value;
            struct sip_name_addr out;
            struct sip_uri uri;

            sip_uri_parse(&uri, block);
            assert_true(!uri.host.p || uri.host.p + uri.host.len <= block.p + block.len);
            sip_name_addr_parse(&out, block);
            while (sip_param_next(&out.params, &name, &value))
                assert_true(name.p + name.len <= block.p + block.len);
            heap_block_free(block);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uris),   cmocka_unit_test(test_name_addrs),
        cmocka_unit_test(test_params), cmocka_unit_test(test_list),
        cmocka_unit_test(test_hosts),  cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
