#include "probe/decap/ppp.h"

#include "probe/decap/mpls.h"

enum { PPPOE_BYTES = 6, PPPOE_VERSION_AND_TYPE = 0x11 };

enum ppp_protocol {
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
    PPP_MPLS_UPSTREAM = 0x0283,
};

/* Reads over address and control, which may be left out, to the protocol, whose first byte may be
 * left out when it is 0. Returns the bytes it took; 0: cut. */
static size_t read_protocol(const uint8_t *p, size_t bytes, uint16_t *protocol)
{
    size_t at = bytes >= 2 && p[0] == 0xff && p[1] == 0x03 ? 2 : 0;

    if (bytes == 1 && p[0] == 0xff)
        return 0;
    if (at < bytes && p[at] & 1) {
        *protocol = p[at];
        return at + 1;
    }
    if (at + 2 > bytes)
        return 0;
    *protocol = (uint16_t)(p[at] << 8 | p[at + 1]);
    return at + 2;
}

bool ppp_holds_ip(const struct layer *l, size_t at)
{
    uint16_t protocol;
    size_t bytes;

    if (l->captured_bytes <= at)
        return false;
    bytes = read_protocol(l->p + at, l->captured_bytes - at, &protocol);
    return bytes && (protocol == PPP_IPV4 || protocol == PPP_IPV6) && layer_holds_ip(l, at + bytes);
}

enum packet_bin ppp_open(struct layer *l)
{
    bool in_tunnel = l->path.tunnel_count > 0;
    uint16_t protocol;
    size_t bytes = read_protocol(l->p, l->captured_bytes, &protocol);

    if (bytes == 0)
        return in_tunnel ? BIN_TUNNEL_MALFORMED : BIN_LINK_SHORT;
    layer_skip(l, bytes);
    switch (protocol) {
    case PPP_IPV4:
        layer_becomes(l, LAYER_IP, ETHERTYPE_IPV4);
        return BIN_COUNT;
    case PPP_IPV6:
        layer_becomes(l, LAYER_IP, ETHERTYPE_IPV6);
        return BIN_COUNT;
    case PPP_MPLS:
        layer_becomes(l, LAYER_ETHERTYPE, ETHERTYPE_MPLS);
        return BIN_COUNT;
    case PPP_MPLS_UPSTREAM:
        layer_becomes(l, LAYER_ETHERTYPE, ETHERTYPE_MPLS_UPSTREAM);
        return BIN_COUNT;
    default: /* how the link is agreed on, or compressed */
        return in_tunnel ? BIN_TUNNEL : BIN_LINK_OTHER;
    }
}

enum packet_bin ppp_open_session(struct layer *l)
{
    uint16_t session, bytes;

    if (l->captured_bytes < PPPOE_BYTES || l->p[0] != PPPOE_VERSION_AND_TYPE || l->p[1] != 0)
        return BIN_TUNNEL_MALFORMED;
    session = layer_u16(l, 2);
    bytes = layer_u16(l, 4);
    layer_skip(l, PPPOE_BYTES);
    if (!layer_limit(l, bytes))
        return BIN_TUNNEL_MALFORMED;
    layer_becomes(l, LAYER_PPP, 0);
    return layer_enter_tunnel(l, TUNNEL_PPPOE, session);
}
