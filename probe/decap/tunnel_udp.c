/*
 * The tunnels within UDP. Their ports are known by custom only, so that each is read as strictly as
 * its header allows before a datagram is believed to be one: each reader works on a copy of the
 * layer, and what does not fit is left for the analyzer.
 */
#include "probe/decap/ppp.h"
#include "probe/decap/tunnel.h"

#define NOT_ONE BIN_UDP_OTHER

enum { VXLAN_BYTES = 8, VXLAN_VNI = 0x08, VXLAN_NEXT_PROTOCOL = 0x04, VXLAN_POLICY = 0x80 };
enum { GENEVE_BYTES = 8, GENEVE_CONTROL = 0x80, GENEVE_RESERVED = 0x3f, GENEVE_ETHERNET = 0x6558 };

enum {
    GTPU_BYTES = 8,
    GTPU_OPTIONS_BYTES = 4,
    GTPU_VERSION_1 = 0x30, /* and the protocol type of GTP, not GTP' */
    GTPU_HAS_OPTIONS = 0x07,
    GTPU_HAS_EXTENSION = 0x04,
    GTPU_EXTENSIONS_MAX = 8,
    GTPU_PACKET = 255,
};

enum { TZSP_BYTES = 4, TZSP_VERSION = 1, TZSP_KEEPALIVE = 4, TZSP_ETHERNET = 1 };
enum { TZSP_TAG_PADDING = 0, TZSP_TAG_END = 1 };

enum {
    L2TP_CONTROL = 0x8000,
    L2TP_HAS_LENGTH = 0x4000,
    L2TP_HAS_SEQUENCE = 0x0800,
    L2TP_HAS_OFFSET = 0x0200,
    L2TP_RESERVED = 0x34f0, /* and 0 */
    L2TP_CONTROL_BYTES = 12,
};

/* One number of all the virtual networks that a packet is in; never 0. */
static void enter_overlay(struct layer *l, uint32_t vni)
{
    uint32_t x = (l->overlay + vni + 1) * UINT32_C(0x85ebca6b);

    l->overlay = x ^ x >> 15;
    if (l->overlay == 0)
        l->overlay = 1;
}

static enum packet_bin open_vxlan(struct layer *l)
{
    uint32_t vni;
    uint8_t flags, next;
    bool strict;

    if (l->captured_bytes < VXLAN_BYTES)
        return NOT_ONE;
    flags = l->p[0];
    next = l->p[3];
    vni = layer_u32(l, 4) >> 8;
    strict = flags == VXLAN_VNI && l->p[1] == 0 && l->p[2] == 0 && next == 0 && l->p[7] == 0;
    if (!(flags & VXLAN_VNI) || flags & ~(VXLAN_VNI | VXLAN_NEXT_PROTOCOL | VXLAN_POLICY))
        return NOT_ONE;
    layer_skip(l, VXLAN_BYTES);
    if (flags & VXLAN_NEXT_PROTOCOL && (next == 1 || next == 2)) {
        if (!layer_holds_ip(l, 0))
            return NOT_ONE;
        layer_becomes(l, LAYER_IP, next == 1 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
    } else {
        /* Bits that are reserved, or a vendor's: only what they stand before can prove it. */
        if (!strict && !layer_holds_ethernet(l, 0))
            return NOT_ONE;
        layer_becomes_ethernet(l);
    }
    enter_overlay(l, vni);
    return layer_enter_tunnel(l, TUNNEL_VXLAN, vni);
}

static enum packet_bin open_geneve(struct layer *l)
{
    uint16_t protocol;
    uint32_t vni;
    size_t bytes;
    bool is_control;

    if (l->captured_bytes < GENEVE_BYTES || l->p[0] >> 6 != 0 || l->p[1] & GENEVE_RESERVED ||
        l->p[7] != 0)
        return NOT_ONE;
    bytes = GENEVE_BYTES + (size_t)(l->p[0] & 0x3f) * 4;
    is_control = l->p[1] & GENEVE_CONTROL;
    protocol = layer_u16(l, 2);
    vni = layer_u32(l, 4) >> 8;
    if (!layer_skip(l, bytes))
        return NOT_ONE;
    if (protocol == GENEVE_ETHERNET)
        layer_becomes_ethernet(l);
    else if ((protocol == ETHERTYPE_IPV4 || protocol == ETHERTYPE_IPV6) && layer_holds_ip(l, 0))
        layer_becomes(l, LAYER_IP, protocol);
    else
        return NOT_ONE;
    if (is_control)
        return BIN_TUNNEL;
    enter_overlay(l, vni);
    return layer_enter_tunnel(l, TUNNEL_GENEVE, vni);
}

/* Each says its length in words of 4 bytes, and in its last byte what comes next. */
static bool skip_gtpu_extensions(struct layer *l, uint8_t next)
{
    for (unsigned n = 0; next != 0; n++) {
        size_t bytes;

        if (n == GTPU_EXTENSIONS_MAX || l->captured_bytes == 0)
            return false;
        bytes = (size_t)l->p[0] * 4;
        if (bytes == 0 || bytes > l->captured_bytes)
            return false;
        next = l->p[bytes - 1];
        layer_skip(l, bytes);
    }
    return true;
}

static enum packet_bin open_gtpu(struct layer *l)
{
    uint8_t flags, type, next = 0;
    uint32_t teid;

    if (l->captured_bytes < GTPU_BYTES || (l->p[0] & 0xf8) != GTPU_VERSION_1)
        return NOT_ONE;
    flags = l->p[0];
    type = l->p[1];
    teid = layer_u32(l, 4);
    if (!layer_limit(l, GTPU_BYTES + (size_t)layer_u16(l, 2)))
        return NOT_ONE;
    layer_skip(l, GTPU_BYTES);
    if (type != GTPU_PACKET)
        return BIN_TUNNEL; /* echo, error indication, end marker */
    if (flags & GTPU_HAS_OPTIONS) {
        next = flags & GTPU_HAS_EXTENSION && l->captured_bytes >= GTPU_OPTIONS_BYTES ? l->p[3] : 0;
        if (!layer_skip(l, GTPU_OPTIONS_BYTES) || !skip_gtpu_extensions(l, next))
            return NOT_ONE;
    }
    if (l->captured_bytes == 0 || (l->p[0] >> 4 != 4 && l->p[0] >> 4 != 6))
        return NOT_ONE;
    layer_becomes_ip(l);
    return layer_enter_tunnel(l, TUNNEL_GTPU, teid);
}

/* Padding tags are one byte, others say their length; the end is one of them. */
static bool skip_tzsp_tags(struct layer *l)
{
    while (l->captured_bytes) {
        uint8_t tag = l->p[0];
        size_t bytes = 1;

        if (tag != TZSP_TAG_PADDING && tag != TZSP_TAG_END) {
            if (l->captured_bytes < 2)
                return false;
            bytes = 2 + (size_t)l->p[1];
        }
        if (!layer_skip(l, bytes))
            return false;
        if (tag == TZSP_TAG_END)
            return true;
    }
    return false;
}

static enum packet_bin open_tzsp(struct layer *l)
{
    uint8_t type;
    uint16_t protocol;

    if (l->captured_bytes < TZSP_BYTES || l->p[0] != TZSP_VERSION)
        return NOT_ONE;
    type = l->p[1];
    protocol = layer_u16(l, 2);
    if (type == TZSP_KEEPALIVE && l->wire_bytes == TZSP_BYTES)
        return BIN_TUNNEL;
    layer_skip(l, TZSP_BYTES);
    if (type > 1 || protocol != TZSP_ETHERNET || !skip_tzsp_tags(l)) /* received, or to be sent */
        return NOT_ONE;
    layer_becomes_ethernet(l);
    l->overlay = 0; /* a mirror's: what is around it is its own network */
    return layer_enter_tunnel(l, TUNNEL_TZSP, TUNNEL_ID_NONE);
}

static enum packet_bin open_l2tp(struct layer *l)
{
    uint16_t flags;
    size_t at = 2;
    uint32_t ids;

    if (l->captured_bytes < 6)
        return NOT_ONE;
    flags = layer_u16(l, 0);
    if ((flags & 0x000f) != 2 || flags & L2TP_RESERVED)
        return NOT_ONE;
    if (flags & L2TP_HAS_LENGTH) {
        if (!layer_limit(l, layer_u16(l, 2)))
            return NOT_ONE;
        at += 2;
    }
    if (flags & L2TP_CONTROL)
        return flags & L2TP_HAS_LENGTH && flags & L2TP_HAS_SEQUENCE &&
                       l->wire_bytes >= L2TP_CONTROL_BYTES
                   ? BIN_TUNNEL
                   : NOT_ONE;
    if (l->captured_bytes < at + 4)
        return NOT_ONE;
    ids = layer_u32(l, at);
    at += flags & L2TP_HAS_SEQUENCE ? 8 : 4;
    if (flags & L2TP_HAS_OFFSET) {
        if (l->captured_bytes < at + 2)
            return NOT_ONE;
        at += 2 + (size_t)layer_u16(l, at);
    }
    if (!ppp_holds_ip(l, at))
        return NOT_ONE;
    layer_skip(l, at);
    layer_becomes(l, LAYER_PPP, 0);
    return layer_enter_tunnel(l, TUNNEL_L2TP, ids);
}

void tunnel_ports_init(struct tunnel_ports *ports, const struct decap_options *options)
{
    const struct {
        const struct decap_ports *list;
        enum tunnel_kind kind;
    } lists[] = {
        { &options->vxlan, TUNNEL_VXLAN }, { &options->geneve, TUNNEL_GENEVE },
        { &options->gtpu, TUNNEL_GTPU },   { &options->tzsp, TUNNEL_TZSP },
        { &options->l2tp, TUNNEL_L2TP },
    };

    *ports = (struct tunnel_ports){ 0 };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (size_t k = 0; k < lists[i].list->count && k < DECAP_PORTS_MAX; k++) {
            uint16_t port = lists[i].list->ports[k];

            ports->filter |= UINT64_C(1) << (port & 63);
            ports->ports[ports->count++] = (struct tunnel_port){ port, (uint8_t)lists[i].kind };
        }
    }
}

static enum packet_bin open_kind(struct layer *l, enum tunnel_kind kind)
{
    switch (kind) {
    case TUNNEL_VXLAN:
        return open_vxlan(l);
    case TUNNEL_GENEVE:
        return open_geneve(l);
    case TUNNEL_GTPU:
        return open_gtpu(l);
    case TUNNEL_TZSP:
        return open_tzsp(l);
    default:
        return open_l2tp(l);
    }
}

enum packet_bin tunnel_open_udp(struct layer *l, const struct tunnel_ports *ports, uint16_t port)
{
    for (unsigned i = 0; i < ports->count; i++) {
        struct layer inner = *l;
        enum packet_bin bin;

        if (ports->ports[i].port != port)
            continue;
        bin = open_kind(&inner, ports->ports[i].kind);
        if (bin != NOT_ONE) {
            *l = inner;
            return bin;
        }
    }
    return NOT_ONE;
}
