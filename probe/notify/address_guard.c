#include "probe/notify/address_guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { HOST_BYTES_MAX = 253 };

/* What is not the world, and where the world's IPv4 addresses lie in IPv6 ones. */
static const struct {
    uint8_t ip[4], bits;
    const char *reason;
} v4_rows[] = {
    { { 0, 0, 0, 0 }, 8, "unspecified" },     { { 10, 0, 0, 0 }, 8, "private" },
    { { 100, 64, 0, 0 }, 10, "shared" },      { { 127, 0, 0, 0 }, 8, "loopback" },
    { { 168, 63, 129, 16 }, 32, "metadata" }, { { 169, 254, 0, 0 }, 16, "link-local" },
    { { 172, 16, 0, 0 }, 12, "private" },     { { 192, 0, 0, 0 }, 24, "reserved" },
    { { 192, 168, 0, 0 }, 16, "private" },    { { 198, 18, 0, 0 }, 15, "reserved" },
    { { 224, 0, 0, 0 }, 4, "multicast" },     { { 240, 0, 0, 0 }, 4, "reserved" },
};

static const struct {
    uint8_t ip[16], bits;
    const char *reason; /* NULL: the IPv4 address at v4_at counts, see v4_rows */
    uint8_t v4_at;
} v6_rows[] = {
    { { 0 }, 128, "unspecified", 0 },
    { { [15] = 1 }, 128, "loopback", 0 },
    { { [10] = 0xff, 0xff }, 96, NULL, 12 },                /* mapped */
    { { 0 }, 96, NULL, 12 },                                /* compatible, long out of use */
    { { [8] = 0xff, 0xff }, 96, NULL, 12 },                 /* translated, RFC 2765 */
    { { 0x00, 0x64, 0xff, 0x9b }, 96, NULL, 12 },           /* NAT64 */
    { { 0x00, 0x64, 0xff, 0x9b, 0, 1 }, 48, "private", 0 }, /* NAT64 of one's own */
    { { 0x01 }, 64, "reserved", 0 },                        /* discarded */
    { { 0x20, 0x01, 0, 0 }, 32, "reserved", 0 },            /* Teredo */
    { { 0x20, 0x02 }, 16, NULL, 2 },                        /* 6to4 */
    { { 0xfc }, 7, "private", 0 },
    { { 0xfe, 0x80 }, 10, "link-local", 0 },
    { { 0xfe, 0xc0 }, 10, "private", 0 },
    { { 0xff }, 8, "multicast", 0 },
};

static bool is_within(const uint8_t *ip, const uint8_t *net, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    if (memcmp(ip, net, bytes) != 0)
        return false;
    return rest == 0 || ((ip[bytes] ^ net[bytes]) >> (8 - rest)) == 0;
}

static const char *v4_reason(const uint8_t ip[4])
{
    for (size_t i = 0; i < COUNT(v4_rows); i++) {
        if (is_within(ip, v4_rows[i].ip, v4_rows[i].bits))
            return v4_rows[i].reason;
    }
    return NULL;
}

/* ISATAP: an interface id that holds an IPv4 address, under any prefix. */
static bool is_isatap(const uint8_t ip[16])
{
    static const uint8_t tail[] = { 0x00, 0x00, 0x5e, 0xfe };

    return (ip[8] & 0xfd) == 0 && memcmp(ip + 9, tail + 1, 3) == 0;
}

const char *address_guard_reason(const struct addr *a)
{
    for (size_t i = 0; i < COUNT(v6_rows); i++) {
        if (!is_within(a->ip, v6_rows[i].ip, v6_rows[i].bits))
            continue;
        return v6_rows[i].reason ? v6_rows[i].reason : v4_reason(a->ip + v6_rows[i].v4_at);
    }
    return is_isatap(a->ip) ? v4_reason(a->ip + 12) : NULL;
}

/* "10.0.0.0/8", "fd00::/8", an address alone. */
static bool parse_net(struct slice text, struct addr *net, unsigned *bits)
{
    struct slice rest = text, ip = slice_cut(&rest, '/');
    bool has_bits = ip.len < text.len;
    uint64_t number = 0;

    if (!addr_parse_ip(ip, net))
        return false;
    if (has_bits && !slice_to_u64(rest, addr_is_v4(net) ? 32 : 128, &number))
        return false;
    *bits = !has_bits ? 128 : (unsigned)number + (addr_is_v4(net) ? 96 : 0);
    return true;
}

/* Letters, digits, hyphens and dots, and not all digits and dots: that is an address, or no good. */
static bool is_host(struct slice text)
{
    bool has_letter = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        has_letter = has_letter || letter;
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
            return false;
    }
    return has_letter && text.len <= HOST_BYTES_MAX && text.p[0] != '.' && text.p[0] != '-';
}

bool address_guard_accepts(struct slice text)
{
    struct addr net;
    unsigned bits;

    return parse_net(text, &net, &bits) || is_host(text);
}

static int allow_one(struct address_guard *g, const char *text)
{
    struct slice s = slice_of_text(text);

    if (g->net_count + g->host_count == ADDRESS_GUARD_ALLOW_MAX)
        return -E2BIG;
    if (parse_net(s, &g->nets[g->net_count].net, &g->nets[g->net_count].bits)) {
        g->net_count++;
        return 0;
    }
    if (!is_host(s))
        return -EINVAL;
    g->hosts[g->host_count] = strdup(text);
    if (!g->hosts[g->host_count])
        return -ENOMEM;
    g->host_count++;
    return 0;
}

int address_guard_init(struct address_guard *g, const char *const *allow, size_t count)
{
    int err = 0;

    memset(g, 0, sizeof *g);
    for (size_t i = 0; i < count && !err; i++)
        err = allow_one(g, allow[i]);
    if (err)
        address_guard_fini(g);
    return err;
}

void address_guard_fini(struct address_guard *g)
{
    for (size_t i = 0; i < g->host_count; i++)
        free(g->hosts[i]);
    g->host_count = 0;
}

bool address_guard_permits(const struct address_guard *g, const char *host, const struct addr *a)
{
    if (!address_guard_reason(a))
        return true;
    for (size_t i = 0; g && i < g->net_count; i++) {
        if (is_within(a->ip, g->nets[i].net.ip, g->nets[i].bits))
            return true;
    }
    for (size_t i = 0; g && host && i < g->host_count; i++) {
        if (strcasecmp(g->hosts[i], host) == 0)
            return true;
    }
    return false;
}

bool address_guard_of_socket(const struct sockaddr *at, size_t len, struct addr *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint8_t ip[4];

    if (at->sa_family == AF_INET && len >= sizeof v4) {
        memcpy(&v4, at, sizeof v4);
        memcpy(ip, &v4.sin_addr, sizeof ip);
        *out = addr_v4(ip, ntohs(v4.sin_port));
        return true;
    }
    if (at->sa_family == AF_INET6 && len >= sizeof v6) {
        memcpy(&v6, at, sizeof v6);
        *out = addr_v6(v6.sin6_addr.s6_addr, ntohs(v6.sin6_port));
        return true;
    }
    return false;
}

bool address_guard_permits_socket(const struct address_guard *g, const char *host,
                                  const struct sockaddr *at, size_t len)
{
    struct addr a;

    return address_guard_of_socket(at, len, &a) && address_guard_permits(g, host, &a);
}
