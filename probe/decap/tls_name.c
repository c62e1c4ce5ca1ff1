#include "probe/decap/tls_name.h"

#include "analyzer/base/addr.h"
#include "analyzer/base/json_item.h"

static struct slice from(struct slice s, size_t at)
{
    return slice_of(s.p + at, s.len - at);
}

/* "example.org." is the same name. */
static struct slice without_dot(struct slice name)
{
    return name.len && name.p[name.len - 1] == '.' ? slice_of(name.p, name.len - 1) : name;
}

/* "*.example.org" stands for one label more, and never for all of a top-level domain. */
static bool fits(struct slice asked, struct slice pattern)
{
    struct slice rest;

    pattern = without_dot(pattern);
    if (!slice_starts_with(pattern, SLICE("*.")))
        return slice_ieq(asked, pattern);
    rest = from(pattern, 2);
    if (slice_find(rest, '.') == rest.len)
        return false;
    slice_cut(&asked, '.');
    return slice_ieq(asked, rest);
}

/* The host of sip:host or sips:host; absent: it is neither, or names a user. */
static struct slice sip_host(struct slice uri)
{
    static const struct slice schemes[] = { SLICE_INIT("sip:"), SLICE_INIT("sips:") };

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (slice_istarts_with(uri, schemes[i]) && slice_find(uri, '@') == uri.len)
            return from(uri, schemes[i].len);
    }
    return SLICE_ABSENT;
}

/* E-mail addresses, IP addresses and other URIs are no names of a host. */
static bool is_dns_name(struct slice text)
{
    struct addr ignored;

    return text.len && slice_find(text, '@') == text.len && slice_find(text, ':') == text.len &&
           !addr_parse_ip(text, &ignored);
}

int8_t tls_name_matches(struct slice asked, struct slice alt_names, struct slice common_name,
                        bool has_more)
{
    struct slice rest = alt_names, item;
    bool has_name = false;

    asked = without_dot(asked);
    if (asked.len == 0 || !alt_names.p)
        return -1;
    while (json_item_next(&rest, &item)) {
        struct slice text = item.len >= 2 ? slice_of(item.p + 1, item.len - 2) : SLICE(""), host;

        host = sip_host(text);
        if (!host.p && !is_dns_name(text))
            continue;
        has_name = true;
        if (host.p ? slice_ieq(asked, host) : fits(asked, text))
            return 1;
    }
    if (has_more)
        return -1;
    return !has_name && common_name.len && fits(asked, common_name);
}
