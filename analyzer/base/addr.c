#include "analyzer/base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool addr_is_v4(const struct addr *a)
{
    return memcmp(a->ip, v4_prefix, 12) == 0;
}

bool addr_is_unspecified(const struct addr *a)
{
    static const uint8_t zero[16];

    if (addr_is_v4(a))
        return memcmp(a->ip + 12, zero, 4) == 0;
    return memcmp(a->ip, zero, 16) == 0;
}

bool addr_is_private(const struct addr *a)
{
    static const uint8_t loopback[16] = { [15] = 1 };
    const uint8_t *v4 = a->ip + 12;

    if (!addr_is_v4(a))
        return (a->ip[0] & 0xfe) == 0xfc || (a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80) ||
               memcmp(a->ip, loopback, 16) == 0;
    return v4[0] == 10 || v4[0] == 127 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
           (v4[0] == 192 && v4[1] == 168) || (v4[0] == 169 && v4[1] == 254) ||
           (v4[0] == 100 && (v4[1] & 0xc0) == 64);
}

bool addr_parse_ip(struct slice text, struct addr *out)
{
    bool brackets = text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']';
    char buf[ADDR_TEXT_MAX];
    uint8_t v4[4], v6[16];

    if (brackets) {
        text.p++;
        text.len -= 2;
    }
    /* A NUL would hide from inet_pton what follows it. */
    if (text.len == 0 || text.len >= sizeof buf || slice_find(text, '\0') < text.len)
        return false;
    memcpy(buf, text.p, text.len);
    buf[text.len] = '\0';
    if (!brackets && inet_pton(AF_INET, buf, v4) == 1) {
        *out = addr_v4(v4, 0);
        return true;
    }
    if (inet_pton(AF_INET6, buf, v6) == 1) {
        *out = addr_v6(v6, 0);
        return true;
    }
    return false;
}

bool addr_parse(struct slice text, struct addr *out)
{
    size_t colon = text.len;
    uint64_t port;
    struct slice ip;
    struct addr a;

    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || !slice_to_u64(slice_of(text.p + colon, text.len - colon), UINT16_MAX, &port))
        return false;
    ip = slice_of(text.p, colon - 1);
    /* "::1:9" is an address itself: with a port it has brackets. */
    if ((slice_find(ip, ':') < ip.len && ip.p[0] != '[') || !addr_parse_ip(ip, &a))
        return false;
    a.port = (uint16_t)port;
    *out = a;
    return true;
}

size_t addr_format_ip(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    const void *ip = addr_is_v4(a) ? a->ip + 12 : a->ip;

    if (!inet_ntop(addr_is_v4(a) ? AF_INET : AF_INET6, ip, out, ADDR_TEXT_MAX))
        out[0] = '\0';
    return strlen(out);
}

size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
    char ip[ADDR_TEXT_MAX];
    int n;

    addr_format_ip(a, ip);
    if (addr_is_v4(a))
        n = snprintf(out, ADDR_TEXT_MAX, "%.15s:%u", ip, (unsigned)a->port);
    else
        n = snprintf(out, ADDR_TEXT_MAX, "[%.39s]:%u", ip, (unsigned)a->port);
    return n > 0 ? (size_t)n : 0;
}
