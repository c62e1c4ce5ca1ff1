#include "probe/web/guard.h"

enum { HOST_MAX_BYTES = 255, V6_PREFIX_BYTES = 8 };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

struct slice guard_host_name(struct slice host)
{
    struct slice name = host, rest;
    uint64_t port;

    if (host.len == 0 || host.len > HOST_MAX_BYTES)
        return SLICE_ABSENT;
    if (host.p[0] == '[') {
        struct addr v6;

        name.len = slice_find(host, ']') + 1;
        if (name.len > host.len || !addr_parse_ip(name, &v6))
            return SLICE_ABSENT;
    } else {
        name.len = slice_find(host, ':');
        for (size_t i = 0; i < name.len; i++) {
            if (!is_name_char(name.p[i]))
                return SLICE_ABSENT;
        }
    }
    rest = slice_of(host.p + name.len, host.len - name.len);
    if (name.len == 0)
        return SLICE_ABSENT;
    if (rest.len == 0)
        return name;
    if (rest.p[0] != ':' || !slice_to_u64(slice_of(rest.p + 1, rest.len - 1), 65535, &port))
        return SLICE_ABSENT;
    return name;
}

bool guard_is_loopback(const struct addr *a)
{
    static const uint8_t v6[16] = { [15] = 1 };

    if (addr_is_v4(a))
        return a->ip[12] == 127;
    return memcmp(a->ip, v6, sizeof v6) == 0;
}

static bool is_listed(struct slice name, const char *const *names)
{
    for (; names && *names; names++) {
        if (slice_ieq(name, slice_of_text(*names)))
            return true;
    }
    return false;
}

bool guard_allows_change(struct slice host, const char *const *names)
{
    struct slice name = guard_host_name(host);
    struct addr literal;

    return name.p && (slice_ieq(name, SLICE("localhost")) || addr_parse_ip(name, &literal) ||
                      is_listed(name, names));
}

bool guard_allows_host(struct slice host, const struct addr *bound, const char *const *names)
{
    struct slice name = guard_host_name(host);
    struct addr literal;

    if (!name.p)
        return false;
    if (!guard_is_loopback(bound) || slice_ieq(name, SLICE("localhost")))
        return true;
    if (addr_parse_ip(name, &literal))
        return guard_is_loopback(&literal) || addr_ip_eq(&literal, bound);
    return is_listed(name, names);
}

bool guard_allows_origin(struct slice origin, struct slice host)
{
    static const struct slice schemes[] = { SLICE_INIT("http://"), SLICE_INIT("https://") };

    if (!origin.p)
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (slice_istarts_with(origin, schemes[i]))
            return slice_ieq(slice_of(origin.p + schemes[i].len, origin.len - schemes[i].len),
                             host);
    }
    return false;
}

bool guard_same_peer(const struct addr *a, const struct addr *b)
{
    if (addr_is_v4(a) || addr_is_v4(b))
        return addr_ip_eq(a, b);
    return memcmp(a->ip, b->ip, V6_PREFIX_BYTES) == 0;
}
