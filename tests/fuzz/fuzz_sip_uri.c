/*
 * fuzz_sip_uri - any bytes as a URI, as a list of name-addrs, and as two user parts to compare.
 */
#include "analyzer/sip/sip_uri.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_be_inside(struct slice s, struct slice whole)
{
    must(!s.p ||
         (s.p >= whole.p && s.len <= whole.len && (size_t)(s.p - whole.p) <= whole.len - s.len));
}

static void check_uri(struct slice text)
{
    struct sip_uri uri;
    struct addr addr;
    bool bad = false;

    sip_uri_parse(&uri, text);
    must_be_inside(uri.scheme_text, text);
    must_be_inside(uri.user, text);
    must_be_inside(uri.password, text);
    must_be_inside(uri.host, text);
    must_be_inside(uri.params, text);
    must_be_inside(uri.headers, text);
    must(slice_eq(sip_uri_user(text, &bad), uri.user));
    must(!bad || uri.bad);
    sip_host_to_addr(uri.host, &addr);
    sip_param_find(uri.params, SLICE("transport"));
}

/* Each step of the list must go forward. */
static void check_list(struct slice list)
{
    while (list.p) {
        struct sip_name_addr out;
        struct slice name, value, next;

        sip_name_addr_parse(&out, list);
        must_be_inside(out.display, list);
        must_be_inside(out.uri, list);
        must_be_inside(out.params, list);
        while (sip_param_next(&out.params, &name, &value)) {
            must_be_inside(name, list);
            must_be_inside(value, list);
        }
        next = sip_list_next(out.params);
        must(!next.p || next.len < list.len);
        list = next;
    }
}

static void check_escapes(struct slice text)
{
    struct slice a = { text.p, text.len / 2 }, b = { text.p + a.len, text.len - a.len };
    char plain[256];

    must(sip_escaped_eq(text, text));
    must(sip_escaped_eq(a, b) == sip_escaped_eq(b, a));
    must(sip_unescape(text, plain, sizeof plain) <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);

    if (size == 0)
        return 0;
    check_uri(text);
    check_list(text);
    check_escapes(text);
    return 0;
}
