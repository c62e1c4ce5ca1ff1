#include "probe/decap/ip.h"

enum {
    IPV4_HEADER_BYTES = 20,
    IPV6_HEADER_BYTES = 40,
    EXTENSION_BYTES = 8, /* the shortest, and the unit of their lengths */
    /* RFC 8200 §4.1 lists seven kinds, one of them twice; a longer chain is somebody's game. */
    EXTENSIONS_MAX = 8,
};

enum extension {
    EXTENSION_HOP_BY_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_AH = 51,
    EXTENSION_DESTINATION = 60,
    EXTENSION_MOBILITY = 135,
    EXTENSION_HIP = 139,
    EXTENSION_SHIM6 = 140,
};

/* What is told by name but not opened. */
static const struct {
    uint8_t protocol;
    uint8_t bin; /* enum packet_bin */
} protocols[] = {
    { 1, BIN_ICMP },     /* ICMP */
    { 50, BIN_TUNNEL },  /* ESP */
    { 58, BIN_ICMP },    /* ICMPv6 */
    { 97, BIN_TUNNEL },  /* EtherIP */
    { 115, BIN_TUNNEL }, /* L2TPv3 */
    { 132, BIN_SCTP },   /* SCTP */
};

enum packet_bin ip_bin_of_protocol(uint8_t protocol)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (protocols[i].protocol == protocol)
            return (enum packet_bin)protocols[i].bin;
    }
    return BIN_IP_OTHER;
}

/* Cuts the layer to the packet's own length and takes the header off. What the frame holds beyond
 * is Ethernet's padding; what it lacks was cut. A length of 0 is what a host sees that leaves the
 * cutting into packets to its network card: then the frame's length counts. */
static bool set_extent(struct layer *l, size_t header_bytes, size_t packet_bytes,
                       struct ip_packet *out)
{
    if (packet_bytes == 0)
        packet_bytes = l->wire_bytes;
    if (packet_bytes < header_bytes || !layer_limit(l, packet_bytes))
        return false;
    out->header = l->p;
    out->captured_bytes = l->captured_bytes;
    out->wire_bytes = l->wire_bytes;
    return layer_skip(l, header_bytes);
}

static bool is_extension(const struct ip_packet *packet)
{
    if (!packet->is_v6)
        return packet->protocol == EXTENSION_AH;
    switch (packet->protocol) {
    case EXTENSION_HOP_BY_HOP:
    case EXTENSION_ROUTING:
    case EXTENSION_FRAGMENT:
    case EXTENSION_AH:
    case EXTENSION_DESTINATION:
    case EXTENSION_MOBILITY:
    case EXTENSION_HIP:
    case EXTENSION_SHIM6:
        return true;
    default:
        return false;
    }
}

/* Every step takes at least 8 bytes, and there are EXTENSIONS_MAX of them at most. Behind a fragment
 * header is a piece of a packet, which ends the walk; offset 0 and nothing to follow: a whole one. */
enum packet_bin ip_skip_extensions(struct layer *l, struct ip_packet *packet)
{
    for (unsigned n = 0; is_extension(packet) && !packet->is_fragment; n++) {
        size_t bytes = EXTENSION_BYTES;

        if (l->captured_bytes < EXTENSION_BYTES || n == EXTENSIONS_MAX)
            return BIN_IPV6_EXTENSIONS;
        if (packet->protocol == EXTENSION_FRAGMENT) {
            packet->fragment_offset_bytes = layer_u16(l, 2) & 0xfff8u;
            packet->more_fragments = l->p[3] & 1;
            packet->fragment_id = layer_u32(l, 4);
            packet->is_fragment = packet->more_fragments || packet->fragment_offset_bytes;
        } else {
            bytes += (size_t)l->p[1] * (packet->protocol == EXTENSION_AH ? 4 : EXTENSION_BYTES);
        }
        packet->protocol = l->p[0];
        if (!layer_skip(l, bytes))
            return BIN_IPV6_EXTENSIONS;
    }
    return BIN_COUNT;
}

static enum packet_bin open_v4(struct layer *l, struct ip_packet *out)
{
    const uint8_t *p = l->p;
    size_t header_bytes = (size_t)(p[0] & 15) * 4;

    if (l->captured_bytes < IPV4_HEADER_BYTES)
        return BIN_IP_SHORT;
    if (header_bytes < IPV4_HEADER_BYTES)
        return BIN_IP_HEADER;
    if (l->captured_bytes < header_bytes)
        return l->wire_bytes < header_bytes ? BIN_IP_HEADER : BIN_IP_SHORT;
    out->is_v6 = false;
    out->src_ip = p + 12;
    out->dst_ip = p + 16;
    out->dscp = p[1] >> 2;
    out->protocol = p[9];
    out->more_fragments = p[6] & 0x20;
    out->fragment_offset_bytes = (uint32_t)((p[6] & 0x1f) << 8 | p[7]) * 8;
    out->is_fragment = out->more_fragments || out->fragment_offset_bytes;
    out->fragment_id = layer_u16(l, 4);
    if (!set_extent(l, header_bytes, layer_u16(l, 2), out))
        return BIN_IP_LENGTH;
    if (ip_skip_extensions(l, out) != BIN_COUNT)
        return l->captured_bytes < l->wire_bytes ? BIN_IP_SHORT : BIN_IP_HEADER;
    return BIN_COUNT;
}

static enum packet_bin open_v6(struct layer *l, struct ip_packet *out)
{
    const uint8_t *p = l->p;
    size_t payload_bytes;

    if (l->captured_bytes < IPV6_HEADER_BYTES)
        return BIN_IP_SHORT;
    payload_bytes = layer_u16(l, 4);
    out->is_v6 = true;
    out->src_ip = p + 8;
    out->dst_ip = p + 24;
    out->dscp = (uint8_t)((p[0] << 4 | p[1] >> 4) & 0xff) >> 2;
    out->protocol = p[6];
    out->is_fragment = out->more_fragments = false;
    if (!set_extent(l, IPV6_HEADER_BYTES, payload_bytes ? payload_bytes + IPV6_HEADER_BYTES : 0,
                    out))
        return BIN_IP_LENGTH;
    return ip_skip_extensions(l, out);
}

enum packet_bin ip_open(struct layer *l, struct ip_packet *out)
{
    unsigned version;

    if (l->captured_bytes == 0)
        return BIN_IP_SHORT;
    version = l->p[0] >> 4;
    l->kind = LAYER_TRANSPORT;
    if (l->ether_type == ETHERTYPE_IPV4 && version == 4)
        return open_v4(l, out);
    if (l->ether_type == ETHERTYPE_IPV6 && version == 6)
        return open_v6(l, out);
    return BIN_IP_VERSION;
}
