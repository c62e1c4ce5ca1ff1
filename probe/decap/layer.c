#include "probe/decap/layer.h"

enum { ETHERNET_HEADER_BYTES = 14, ETHERNET_PADDING_MAX = 46, LLC_LENGTH_MAX = 1500 };

enum packet_bin layer_enter_tunnel(struct layer *l, enum tunnel_kind kind, uint32_t id)
{
    struct path *path = &l->path;
    unsigned at = path->tunnel_count ? 1 : 0;

    if (l->room == 0)
        return BIN_TUNNEL_DEPTH;
    l->room--;
    path->tunnels[at] = (uint8_t)kind;
    path->tunnel_ids[at] = id;
    if (path->tunnel_count < UINT8_MAX)
        path->tunnel_count++;
    return BIN_COUNT;
}

bool layer_holds_ip(const struct layer *l, size_t at)
{
    const uint8_t *p = l->p + at;
    size_t captured = l->captured_bytes, wire = l->wire_bytes - at, total;

    if (captured < at + 6)
        return false;
    if (p[0] >> 4 == 4) {
        total = (size_t)p[2] << 8 | p[3];
        if ((p[0] & 15) < 5 || total < (size_t)(p[0] & 15) * 4)
            return false;
    } else if (p[0] >> 4 == 6) {
        total = 40 + ((size_t)p[4] << 8 | p[5]);
    } else {
        return false;
    }
    return total <= wire && wire - total <= ETHERNET_PADDING_MAX;
}

bool layer_holds_ethernet(const struct layer *l, size_t at)
{
    const uint8_t *payload = l->p + at + ETHERNET_HEADER_BYTES;
    uint16_t type;

    if (l->captured_bytes < at + ETHERNET_HEADER_BYTES + 2)
        return false;
    type = layer_u16(l, at + ETHERNET_HEADER_BYTES - 2);
    switch (type) {
    case ETHERTYPE_IPV4:
        return payload[0] >> 4 == 4 && (payload[0] & 15) >= 5;
    case ETHERTYPE_IPV6:
        return payload[0] >> 4 == 6;
    case 0x0806: /* ARP: for Ethernet */
        return payload[0] == 0 && payload[1] == 1;
    case 0x8100: /* tags, MPLS, PPPoE, LLDP */
    case 0x88a8:
    case 0x8847:
    case 0x8848:
    case 0x8863:
    case 0x8864:
    case 0x88cc:
        return true;
    default: /* 802.3: a length, and 802.2, whose two addresses are nearly always the same */
        return type >= 3 && type <= LLC_LENGTH_MAX && payload[0] == payload[1] &&
               type <= l->wire_bytes - at - ETHERNET_HEADER_BYTES;
    }
}
