/*
 * The tunnels that have an IP protocol of their own.
 */
#include "probe/decap/tunnel.h"

#include "probe/decap/ip.h"
#include "probe/decap/mpls.h"

enum {
    GRE_BYTES = 4,
    GRE_HAS_CHECKSUM = 0x8000,
    GRE_HAS_ROUTING = 0x4000,
    GRE_HAS_KEY = 0x2000,
    GRE_HAS_SEQUENCE = 0x1000,
    GRE_HAS_ACK = 0x0080, /* of version 1 */
    GRE_VERSION = 0x0007,
};

enum gre_protocol {
    GRE_ETHERNET = 0x6558, /* transparent bridging; NVGRE */
    GRE_PPP = 0x880b,      /* PPTP, version 1 */
    GRE_ERSPAN_1_2 = 0x88be,
    GRE_ERSPAN_3 = 0x22eb,
};

enum { ERSPAN_2_BYTES = 8, ERSPAN_3_BYTES = 12, ERSPAN_3_PLATFORM_BYTES = 8 };

/* The frame that a switch mirrored: what is around it is the mirror's own network. */
static enum packet_bin becomes_mirrored(struct layer *l)
{
    layer_becomes_ethernet(l);
    l->overlay = 0;
    return BIN_COUNT;
}

/* Type I has no header and no sequence number. */
static enum packet_bin open_erspan_1_2(struct layer *l, bool has_sequence)
{
    enum packet_bin bin;
    uint16_t session;

    if (l->captured_bytes == 0)
        return BIN_TUNNEL_MALFORMED;
    if (!has_sequence || (l->p[0] >> 4 != 1 && layer_holds_ethernet(l, 0))) {
        bin = layer_enter_tunnel(l, TUNNEL_ERSPAN1, TUNNEL_ID_NONE);
        return bin == BIN_COUNT ? becomes_mirrored(l) : bin;
    }
    if (l->captured_bytes < ERSPAN_2_BYTES || l->p[0] >> 4 != 1)
        return BIN_TUNNEL_MALFORMED;
    session = layer_u16(l, 2) & 0x03ff;
    layer_skip(l, ERSPAN_2_BYTES);
    bin = layer_enter_tunnel(l, TUNNEL_ERSPAN2, session);
    return bin == BIN_COUNT ? becomes_mirrored(l) : bin;
}

static enum packet_bin open_erspan_3(struct layer *l)
{
    enum packet_bin bin;
    uint16_t session, flags;

    if (l->captured_bytes < ERSPAN_3_BYTES || l->p[0] >> 4 != 2)
        return BIN_TUNNEL_MALFORMED;
    session = layer_u16(l, 2) & 0x03ff;
    flags = layer_u16(l, 10);
    layer_skip(l, ERSPAN_3_BYTES);
    if ((flags & 1) && !layer_skip(l, ERSPAN_3_PLATFORM_BYTES))
        return BIN_TUNNEL_MALFORMED;
    bin = layer_enter_tunnel(l, TUNNEL_ERSPAN3, session);
    if (bin != BIN_COUNT)
        return bin;
    becomes_mirrored(l);
    switch (flags >> 10 & 0x1f) { /* the frame's type */
    case 0:
        return BIN_COUNT;
    case 2:
        layer_becomes_ip(l);
        return BIN_COUNT;
    default:
        return BIN_TUNNEL;
    }
}

/* PPTP: the key is the payload's length and the call; without a payload it acknowledges. */
static enum packet_bin open_pptp(struct layer *l, uint16_t flags, uint32_t key)
{
    if (!(flags & GRE_HAS_KEY))
        return BIN_TUNNEL_MALFORMED;
    if (!(flags & GRE_HAS_SEQUENCE))
        return BIN_TUNNEL;
    if (!layer_limit(l, key >> 16))
        return BIN_TUNNEL_MALFORMED;
    layer_becomes(l, LAYER_PPP, 0);
    return layer_enter_tunnel(l, TUNNEL_GRE, key & 0xffff);
}

static enum packet_bin open_gre_payload(struct layer *l, uint16_t protocol, bool has_sequence,
                                        uint32_t key)
{
    enum packet_bin bin;

    switch (protocol) {
    case GRE_ERSPAN_1_2:
        return open_erspan_1_2(l, has_sequence);
    case GRE_ERSPAN_3:
        return open_erspan_3(l);
    case GRE_ETHERNET:
        bin = layer_enter_tunnel(l, TUNNEL_GRE, key);
        layer_becomes_ethernet(l);
        return bin;
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
    case 0x8100: /* tags */
    case 0x88a8:
        layer_becomes(l, LAYER_ETHERTYPE, protocol);
        return layer_enter_tunnel(l, TUNNEL_GRE, key);
    default: /* keep-alives, routing protocols, … */
        return BIN_TUNNEL;
    }
}

static enum packet_bin open_gre(struct layer *l)
{
    uint32_t key = TUNNEL_ID_NONE;
    uint16_t flags, protocol;
    size_t bytes = GRE_BYTES;

    if (l->captured_bytes < GRE_BYTES)
        return BIN_TUNNEL_MALFORMED;
    flags = layer_u16(l, 0);
    protocol = layer_u16(l, 2);
    if ((flags & GRE_VERSION) > 1 || flags & GRE_HAS_ROUTING)
        return BIN_TUNNEL; /* source routes are of another age */
    if (flags & GRE_HAS_CHECKSUM)
        bytes += 4;
    if (flags & GRE_HAS_KEY) {
        if (l->captured_bytes < bytes + 4)
            return BIN_TUNNEL_MALFORMED;
        key = layer_u32(l, bytes);
        bytes += 4;
    }
    bytes += flags & GRE_HAS_SEQUENCE ? 4 : 0;
    bytes += (flags & GRE_VERSION) == 1 && flags & GRE_HAS_ACK ? 4 : 0;
    if (!layer_skip(l, bytes))
        return BIN_TUNNEL_MALFORMED;
    if ((flags & GRE_VERSION) == 0)
        return open_gre_payload(l, protocol, flags & GRE_HAS_SEQUENCE, key);
    return protocol == GRE_PPP ? open_pptp(l, flags, key) : BIN_TUNNEL;
}

bool tunnel_is_protocol(uint8_t ip_protocol)
{
    switch (ip_protocol) {
    case IP_PROTOCOL_IPIP:
    case IP_PROTOCOL_IPIP_OLD:
    case IP_PROTOCOL_IPV6:
    case IP_PROTOCOL_GRE:
    case IP_PROTOCOL_MPLS:
        return true;
    default:
        return false;
    }
}

enum packet_bin tunnel_open(struct layer *l, uint8_t ip_protocol)
{
    switch (ip_protocol) {
    case IP_PROTOCOL_IPIP:
    case IP_PROTOCOL_IPIP_OLD:
        layer_becomes(l, LAYER_IP, ETHERTYPE_IPV4);
        return layer_enter_tunnel(l, TUNNEL_IPIP, TUNNEL_ID_NONE);
    case IP_PROTOCOL_IPV6:
        layer_becomes(l, LAYER_IP, ETHERTYPE_IPV6);
        return layer_enter_tunnel(l, TUNNEL_IP6, TUNNEL_ID_NONE);
    case IP_PROTOCOL_MPLS:
        layer_becomes(l, LAYER_ETHERTYPE, ETHERTYPE_MPLS);
        return BIN_COUNT;
    default:
        return open_gre(l);
    }
}
