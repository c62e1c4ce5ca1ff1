#include "probe/decap/classify_packet.h"

#include "analyzer/base/bytes.h"

enum {
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    UDP_BYTES = 8,
    TCP_BYTES = 20,
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_DESTINATION = 60,
    EXTENSIONS_MAX = 8,
};

/* Fills in the addresses; *rest becomes what follows the header. */
static bool read_v4(struct bytes *rest, struct classify_packet *out, uint8_t *protocol)
{
    struct bytes b = *rest;
    size_t header_bytes = (size_t)(bytes_u8(&b) & 15) * 4, total;
    const uint8_t *p;

    bytes_take(&b, 1);
    total = bytes_u16(&b);
    bytes_take(&b, 2);
    if (bytes_u16(&b) & 0x1fff) /* a fragment but the first */
        return false;
    bytes_take(&b, 1);
    *protocol = bytes_u8(&b);
    bytes_take(&b, 2);
    p = bytes_take(&b, 8);
    if (!p || header_bytes < IPV4_BYTES)
        return false;
    out->src = addr_v4(p, 0);
    out->dst = addr_v4(p + 4, 0);
    if (total && total < rest->len) /* the rest is Ethernet's padding */
        rest->len = total;
    return bytes_take(rest, header_bytes) != NULL;
}

static bool read_v6(struct bytes *rest, struct classify_packet *out, uint8_t *protocol)
{
    struct bytes b = *rest;
    const uint8_t *p;
    size_t total;

    bytes_take(&b, 4);
    total = IPV6_BYTES + (size_t)bytes_u16(&b);
    *protocol = bytes_u8(&b);
    bytes_take(&b, 1);
    p = bytes_take(&b, 32);
    if (!p)
        return false;
    out->src = addr_v6(p, 0);
    out->dst = addr_v6(p + 16, 0);
    if (total > IPV6_BYTES && total < rest->len)
        rest->len = total;
    bytes_take(rest, IPV6_BYTES);
    for (unsigned n = 0; n < EXTENSIONS_MAX; n++) {
        bool fragment = *protocol == PROTOCOL_FRAGMENT;
        uint8_t length;

        if (!fragment && *protocol != PROTOCOL_HOP_BY_HOP && *protocol != PROTOCOL_ROUTING &&
            *protocol != PROTOCOL_DESTINATION)
            return bytes_ok(rest);
        *protocol = bytes_u8(rest);
        length = bytes_u8(rest);
        if (fragment && bytes_u16(rest) & 0xfff8)
            return false;
        bytes_take(rest, fragment ? 4 : 6 + (size_t)length * 8);
    }
    return false;
}

bool classify_packet_read(struct slice ip_packet, struct classify_packet *out)
{
    struct bytes rest = bytes_of(ip_packet.p, ip_packet.len), b;
    size_t header_bytes = UDP_BYTES;
    const uint8_t *p;
    uint8_t protocol = 0;

    if (!ip_packet.len)
        return false;
    out->v6 = rest.p[0] >> 4 == 6;
    if (!out->v6 && rest.p[0] >> 4 != 4)
        return false;
    if (out->v6 ? !read_v6(&rest, out, &protocol) : !read_v4(&rest, out, &protocol))
        return false;
    out->tcp = protocol == PROTOCOL_TCP;
    if (!out->tcp && protocol != PROTOCOL_UDP)
        return false;
    b = rest;
    out->src.port = bytes_u16(&b);
    out->dst.port = bytes_u16(&b);
    if (out->tcp) {
        bytes_take(&b, 8);
        header_bytes = (size_t)(bytes_u8(&b) >> 4) * 4;
        if (header_bytes < TCP_BYTES)
            return false;
    }
    p = bytes_take(&rest, header_bytes);
    out->transport_header = slice_of(p, header_bytes);
    out->payload = slice_of(rest.p, rest.len);
    return p != NULL;
}

static void put_u16(uint8_t *p, size_t n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
}

size_t classify_packet_write_plain(const struct classify_packet *packet,
                                   uint8_t out[CLASSIFY_PACKET_PLAIN_BYTES])
{
    size_t ip_bytes = packet->v6 ? IPV6_BYTES : IPV4_BYTES;
    size_t transport_bytes = packet->tcp ? TCP_BYTES : UDP_BYTES, payload = packet->payload.len;
    uint8_t *transport = out + ip_bytes;

    if (payload > CLASSIFY_PACKET_PAYLOAD_MAX)
        payload = CLASSIFY_PACKET_PAYLOAD_MAX;
    memset(out, 0, ip_bytes);
    if (packet->v6) {
        out[0] = 0x60;
        put_u16(out + 4, transport_bytes + payload);
        out[6] = packet->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
        out[7] = 64;
        memcpy(out + 8, packet->src.ip, 16);
        memcpy(out + 24, packet->dst.ip, 16);
    } else {
        out[0] = 0x45;
        put_u16(out + 2, ip_bytes + transport_bytes + payload);
        out[8] = 64;
        out[9] = packet->tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
        memcpy(out + 12, packet->src.ip + 12, 4);
        memcpy(out + 16, packet->dst.ip + 12, 4);
    }
    memcpy(transport, packet->transport_header.p, transport_bytes);
    if (packet->tcp)
        transport[12] = (uint8_t)(TCP_BYTES / 4 << 4 | (transport[12] & 15));
    else
        put_u16(transport + 4, transport_bytes + payload);
    if (payload)
        memcpy(transport + transport_bytes, packet->payload.p, payload);
    memset(transport + transport_bytes + payload, 0, CLASSIFY_PACKET_SLACK_BYTES);
    return ip_bytes + transport_bytes + payload;
}
