/*
 * test_tls_name - which names a certificate stands for.
 */
#include "probe/decap/tls_name.h"
#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *asked, *alt_names, *common_name;
    bool has_more;
    int8_t matches;
} rows[] = {
    { "sip.example.org", "[\"sip.example.org\"]", NULL, false, 1 },
    { "SIP.Example.ORG", "[\"sip.example.org\"]", NULL, false, 1 },
    { "sip.example.org.", "[\"sip.example.org\"]", NULL, false, 1 },
    { "sip.example.org", "[\"sip.example.org.\"]", NULL, false, 1 },
    { "sip.example.org", "[\"a.example\",\"192.0.2.7\",\"sip.example.org\"]", NULL, false, 1 },
    { "sip.example.org", "[\"sip.example.com\"]", NULL, false, 0 },
    { "sip.example.org", "[\"example.org\"]", NULL, false, 0 },
    { "example.org", "[\"sip.example.org\"]", NULL, false, 0 },
    /* A wildcard is one whole label, the leftmost. */
    { "sip.example.org", "[\"*.example.org\"]", NULL, false, 1 },
    { "SIP.EXAMPLE.org", "[\"*.Example.Org\"]", NULL, false, 1 },
    { "example.org", "[\"*.example.org\"]", NULL, false, 0 },
    { "a.sip.example.org", "[\"*.example.org\"]", NULL, false, 0 },
    { "sip.example.org", "[\"s*.example.org\"]", NULL, false, 0 },
    { "sip.example.org", "[\"sip.*.org\"]", NULL, false, 0 },
    { "example.org", "[\"*.org\"]", NULL, false, 0 },
    { "org", "[\"*\"]", NULL, false, 0 },
    { "sip.example.org", "[\"*.\"]", NULL, false, 0 },
    /* SIP's own: a URI that names the domain, without a wildcard and without a user. */
    { "example.org", "[\"sip:example.org\"]", NULL, false, 1 },
    { "example.org", "[\"sips:Example.org\"]", NULL, false, 1 },
    { "a.example.org", "[\"sip:*.example.org\"]", NULL, false, 0 },
    { "example.org", "[\"sip:bob@example.org\"]", NULL, false, 0 },
    { "example.org", "[\"https://example.org\"]", NULL, false, 0 },
    { "example.org", "[\"ops@example.org\"]", NULL, false, 0 },
    /* The common name, where no other name is one of a host. */
    { "sip.example.org", "[]", "sip.example.org", false, 1 },
    { "sip.example.org", "[]", "*.example.org", false, 1 },
    { "sip.example.org", "[\"192.0.2.7\",\"ops@example.org\"]", "sip.example.org", false, 1 },
    { "sip.example.org", "[\"other.example.org\"]", "sip.example.org", false, 0 },
    { "sip.example.org", "[\"sip:other.example.org\"]", "sip.example.org", false, 0 },
    { "sip.example.org", "[]", "gateway 7", false, 0 },
    { "sip.example.org", "[]", NULL, false, 0 },
    /* It cannot be told. */
    { "", "[\"sip.example.org\"]", NULL, false, -1 },
    { NULL, "[\"sip.example.org\"]", NULL, false, -1 },
    { "sip.example.org", NULL, "sip.example.org", false, -1 },
    { "sip.example.org", "[\"a.example\"]", NULL, true, -1 },
    { "a.example", "[\"a.example\"]", NULL, true, 1 },
    /* Strangers' texts. */
    { "a.example", "[\"\",\"\\\"\",\"a\\u0000.example\",\"*\"]", NULL, false, 0 },
    { "a.example", "[", NULL, false, 0 },
};

static struct slice block_of(const char *text)
{
    return text ? heap_block(slice_of_text(text)) : SLICE_ABSENT;
}

static void names_are_compared(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice asked = block_of(rows[i].asked), names = block_of(rows[i].alt_names);
        struct slice common = block_of(rows[i].common_name);
        int8_t is = tls_name_matches(asked, names, common, rows[i].has_more);

        if (is != rows[i].matches)
            fail_msg("%s in %s: %d", rows[i].asked ? rows[i].asked : "(none)",
                     rows[i].alt_names ? rows[i].alt_names : "(unknown)", is);
        heap_block_free(asked);
        heap_block_free(names);
        heap_block_free(common);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
