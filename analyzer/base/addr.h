/*
 * addr - an IP address and a port, v4 and v6 alike.
 *
 * IPv4 is kept as ::ffff:a.b.c.d, so an SDP that spells it one way matches packets that carry the
 * other (RFC 5118 §4.9). Plain values: compare with addr_eq, hash the 18 bytes.
 */
#ifndef ANALYZER_BASE_ADDR_H
#define ANALYZER_BASE_ADDR_H

#include "analyzer/base/slice.h"

struct addr {
    uint8_t ip[16];
    uint16_t port; /* host order; 0 where there is none */
};

/* "[" 39 hex and colons "]:" 5 digits and the NUL. */
enum { ADDR_TEXT_MAX = 48 };

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->port == b->port && memcmp(a->ip, b->ip, 16) == 0;
}

static inline bool addr_ip_eq(const struct addr *a, const struct addr *b)
{
    return memcmp(a->ip, b->ip, 16) == 0;
}

/* Inline, because every packet makes two. */
static inline struct addr addr_v4(const uint8_t ip[4], uint16_t port)
{
    struct addr a = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, port };

    memcpy(a.ip + 12, ip, 4);
    return a;
}

static inline struct addr addr_v6(const uint8_t ip[16], uint16_t port)
{
    struct addr a;

    memcpy(a.ip, ip, 16);
    a.port = port;
    return a;
}

bool addr_is_v4(const struct addr *a);
bool addr_is_unspecified(const struct addr *a);

/* RFC 1918, 6598, 3927, 4193, loopback and link-local: not reachable from outside. */
bool addr_is_private(const struct addr *a);

/* An address literal without port, brackets allowed around v6. False on anything else. */
bool addr_parse_ip(struct slice text, struct addr *out);

/* "a.b.c.d:port" or "[v6]:port". False on anything else. */
bool addr_parse(struct slice text, struct addr *out);

/* "a.b.c.d:port", "[v6]:port"; returns the length. */
size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]);
/* The same without port and brackets. */
size_t addr_format_ip(const struct addr *a, char out[ADDR_TEXT_MAX]);

#endif
