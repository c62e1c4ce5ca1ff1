#include "probe/decap/ip.h"

#include "analyzer/base/bytes.h"

enum {
    IPV4_HEADER_BYTES = 20,
    IPV6_HEADER_BYTES = 40,
    /* RFC 8200 §4.1 lists seven kinds, one of them twice; a longer chain is somebody's game. */
    EXTENSIONS_MAX = 8,
};

enum ip_protocol {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
    PROTOCOL_HIP = 139,
    PROTOCOL_SHIM6 = 140,
};

/* What is told by name but not opened. */
static const struct {
    uint8_t protocol;
    uint8_t bin; /* enum packet_bin */
} protocols[] = {
    { 1, BIN_ICMP },     /* ICMP */
    { 4, BIN_TUNNEL },   /* IPv4 in IP */
    { 6, BIN_TCP },      /* TCP */
    { 41, BIN_TUNNEL },  /* IPv6 in IP */
    { 47, BIN_TUNNEL },  /* GRE */
    { 50, BIN_TUNNEL },  /* ESP */
    { 51, BIN_TUNNEL },  /* AH before an IPv4 payload */
    { 58, BIN_ICMP },    /* ICMPv6 */
    { 94, BIN_TUNNEL },  /* IPIP */
    { 97, BIN_TUNNEL },  /* EtherIP */
    { 115, BIN_TUNNEL }, /* L2TPv3 */
    { 132, BIN_SCTP },   /* SCTP */
    { 137, BIN_TUNNEL }, /* MPLS in IP */
};

static enum packet_bin bin_of_protocol(uint8_t protocol)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (protocols[i].protocol == protocol)
            return (enum packet_bin)protocols[i].bin;
    }
    return BIN_IP_OTHER;
}

/* Fills in the payload from header_bytes to the packet's own length. What the frame holds beyond
 * that is Ethernet's padding; what it lacks was cut. A length of 0 is what a host sees that leaves
 * the cutting into packets to its network card: then the frame's length counts. */
static bool set_extent(const struct link_payload *in, size_t header_bytes, size_t packet_bytes,
                       struct ip_payload *out)
{
    size_t captured = in->captured_bytes;

    if (packet_bytes == 0)
        packet_bytes = in->wire_bytes;
    if (packet_bytes < header_bytes || packet_bytes > in->wire_bytes)
        return false;
    if (captured > packet_bytes)
        captured = packet_bytes;
    out->p = in->p + header_bytes;
    out->captured_bytes = captured - header_bytes;
    out->wire_bytes = packet_bytes - header_bytes;
    return true;
}

static bool is_extension(uint8_t protocol)
{
    switch (protocol) {
    case PROTOCOL_HOP_BY_HOP:
    case PROTOCOL_ROUTING:
    case PROTOCOL_FRAGMENT:
    case PROTOCOL_AH:
    case PROTOCOL_DESTINATION:
    case PROTOCOL_MOBILITY:
    case PROTOCOL_HIP:
    case PROTOCOL_SHIM6:
        return true;
    default:
        return false;
    }
}

/* Walks over what stands between the IPv6 header and the transport. Every step takes at least 8
 * bytes, and there are EXTENSIONS_MAX of them at most. */
static enum packet_bin skip_extensions(struct ip_payload *out, uint8_t *protocol)
{
    for (unsigned n = 0; is_extension(*protocol); n++) {
        struct bytes b = bytes_of(out->p, out->captured_bytes);
        uint8_t next = bytes_u8(&b);
        uint8_t length = bytes_u8(&b);
        size_t bytes = 8 + (size_t)length * 8;

        if (*protocol == PROTOCOL_AH)
            bytes = 8 + (size_t)length * 4;
        if (*protocol == PROTOCOL_FRAGMENT) {
            uint16_t offset_and_more = bytes_u16(&b);

            bytes = 8;
            if (!bytes_ok(&b))
                return BIN_IPV6_EXTENSIONS;
            if (offset_and_more & 0xfff9) /* offset 0 and nothing to follow: a whole packet */
                return BIN_FRAGMENT;
        }
        if (!bytes_ok(&b) || bytes > out->captured_bytes || n == EXTENSIONS_MAX)
            return BIN_IPV6_EXTENSIONS;
        out->p += bytes;
        out->captured_bytes -= bytes;
        out->wire_bytes -= bytes; /* never below what was captured */
        *protocol = next;
    }
    return BIN_COUNT;
}

static enum packet_bin open_v4(const struct link_payload *in, struct ip_payload *out)
{
    const uint8_t *p = in->p;
    size_t header_bytes = (size_t)(p[0] & 15) * 4;

    if (in->captured_bytes < IPV4_HEADER_BYTES)
        return BIN_IP_SHORT;
    if (header_bytes < IPV4_HEADER_BYTES)
        return BIN_IP_HEADER;
    if (in->captured_bytes < header_bytes)
        return in->wire_bytes < header_bytes ? BIN_IP_HEADER : BIN_IP_SHORT;
    if (!set_extent(in, header_bytes, (size_t)p[2] << 8 | p[3], out))
        return BIN_IP_LENGTH;
    if ((p[6] & 0x3f) | p[7]) /* more fragments, or an offset */
        return BIN_FRAGMENT;
    if (p[9] != IP_PROTOCOL_UDP)
        return bin_of_protocol(p[9]);
    out->src_ip = p + 12;
    out->dst_ip = p + 16;
    out->is_v6 = false;
    out->dscp = p[1] >> 2;
    return BIN_COUNT;
}

static enum packet_bin open_v6(const struct link_payload *in, struct ip_payload *out)
{
    const uint8_t *p = in->p;
    size_t payload_bytes;
    uint8_t protocol;
    enum packet_bin bin;

    if (in->captured_bytes < IPV6_HEADER_BYTES)
        return BIN_IP_SHORT;
    payload_bytes = (size_t)p[4] << 8 | p[5];
    if (!set_extent(in, IPV6_HEADER_BYTES, payload_bytes ? payload_bytes + IPV6_HEADER_BYTES : 0,
                    out))
        return BIN_IP_LENGTH;
    protocol = p[6];
    bin = skip_extensions(out, &protocol);
    if (bin != BIN_COUNT)
        return bin;
    if (protocol != IP_PROTOCOL_UDP)
        return bin_of_protocol(protocol);
    out->src_ip = p + 8;
    out->dst_ip = p + 24;
    out->is_v6 = true;
    out->dscp = (uint8_t)((p[0] << 4 | p[1] >> 4) & 0xff) >> 2;
    return BIN_COUNT;
}

enum packet_bin ip_open(const struct link_payload *in, struct ip_payload *out)
{
    unsigned version;

    if (in->captured_bytes == 0)
        return BIN_IP_SHORT;
    version = in->p[0] >> 4;
    if (in->ether_type == ETHERTYPE_IPV4 && version == 4)
        return open_v4(in, out);
    if (in->ether_type == ETHERTYPE_IPV6 && version == 6)
        return open_v6(in, out);
    return BIN_IP_VERSION;
}
