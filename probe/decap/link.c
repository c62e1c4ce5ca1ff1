#include "probe/decap/link.h"

#include "analyzer/base/bytes.h"

/* Two tags are QinQ; more than four were never meant. */
enum { VLAN_TAGS_MAX = 4 };

enum { LINUX_COOKED_V1_BYTES = 16, LINUX_COOKED_V2_BYTES = 20 };

/* A link type finds the EtherType of what follows its header; false: the header is cut. */
typedef bool (*link_fn)(struct bytes *b, uint16_t *ether_type);

static bool open_ethernet(struct bytes *b, uint16_t *ether_type)
{
    bytes_take(b, 12);
    *ether_type = bytes_u16(b);
    return bytes_ok(b);
}

static bool open_linux_cooked_v1(struct bytes *b, uint16_t *ether_type)
{
    bytes_take(b, LINUX_COOKED_V1_BYTES - 2);
    *ether_type = bytes_u16(b);
    return bytes_ok(b);
}

static bool open_linux_cooked_v2(struct bytes *b, uint16_t *ether_type)
{
    *ether_type = bytes_u16(b);
    bytes_take(b, LINUX_COOKED_V2_BYTES - 2);
    return bytes_ok(b);
}

static bool open_ipv4(struct bytes *b, uint16_t *ether_type)
{
    (void)b;
    *ether_type = ETHERTYPE_IPV4;
    return true;
}

static bool open_ipv6(struct bytes *b, uint16_t *ether_type)
{
    (void)b;
    *ether_type = ETHERTYPE_IPV6;
    return true;
}

/* Either version: the first four bits tell. A strange one is left for ip.c to refuse. */
static bool open_ip(struct bytes *b, uint16_t *ether_type)
{
    if (b->len == 0)
        return false;
    *ether_type = b->p[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    return true;
}

/* An address family of the system that captured, in its byte order (0) or in network order (108).
 * IPv4 is 2 everywhere; IPv6 is 10 on Linux, 24 28 30 on the BSDs and Darwin, 23 on Windows. */
static bool open_loopback(struct bytes *b, uint16_t *ether_type)
{
    uint32_t family = bytes_u32(b);

    if ((family & 0xffff) == 0)
        family = family >> 24 | (family >> 8 & 0xff00);
    switch (family) {
    case 2:
        *ether_type = ETHERTYPE_IPV4;
        break;
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
        *ether_type = ETHERTYPE_IPV6;
        break;
    default:
        *ether_type = 0;
    }
    return bytes_ok(b);
}

/* To learn a link type is to add a row. The most common first. */
static const struct {
    uint32_t link_type;
    link_fn open;
} link_types[] = {
    { 1, open_ethernet },          /* LINKTYPE_ETHERNET */
    { 113, open_linux_cooked_v1 }, /* LINKTYPE_LINUX_SLL: "any", tunnels, ppp on Linux */
    { 276, open_linux_cooked_v2 }, /* LINKTYPE_LINUX_SLL2 */
    { 101, open_ip },              /* LINKTYPE_RAW */
    { 228, open_ipv4 },            /* LINKTYPE_IPV4 */
    { 229, open_ipv6 },            /* LINKTYPE_IPV6 */
    { 0, open_loopback },          /* LINKTYPE_NULL */
    { 108, open_loopback },        /* LINKTYPE_LOOP */
};

static const struct {
    uint16_t ether_type;
    enum packet_bin bin;
} ether_types[] = {
    { 0x0806, BIN_ARP },    { 0x8035, BIN_ARP },    /* ARP, RARP */
    { 0x8847, BIN_TUNNEL }, { 0x8848, BIN_TUNNEL }, /* MPLS */
    { 0x8864, BIN_TUNNEL },                         /* PPPoE session */
};

static bool is_vlan_tag(uint16_t ether_type)
{
    return ether_type == 0x8100 || ether_type == 0x88a8 || ether_type == 0x9100 ||
           ether_type == 0x9200; /* the last two: QinQ before 802.1ad */
}

/* Takes the tags off. BIN_COUNT, or what is wrong with them. */
static enum packet_bin skip_vlan_tags(struct bytes *b, uint16_t *ether_type, uint32_t *network)
{
    uint32_t outer = 0, inner = 0;
    unsigned tags = 0;

    while (is_vlan_tag(*ether_type)) {
        if (++tags > VLAN_TAGS_MAX)
            return BIN_VLAN_DEPTH;
        inner = bytes_u16(b) & 0x0fff; /* without priority and drop bits */
        *ether_type = bytes_u16(b);
        if (!bytes_ok(b))
            return BIN_LINK_SHORT;
        if (tags == 1)
            outer = inner;
    }
    *network = tags > 1 ? outer << 12 | inner : inner;
    return BIN_COUNT;
}

static enum packet_bin bin_of_ether_type(uint16_t ether_type)
{
    for (size_t i = 0; i < sizeof ether_types / sizeof ether_types[0]; i++) {
        if (ether_types[i].ether_type == ether_type)
            return ether_types[i].bin;
    }
    return BIN_LINK_OTHER;
}

static link_fn link_find(uint32_t link_type)
{
    for (size_t i = 0; i < sizeof link_types / sizeof link_types[0]; i++) {
        if (link_types[i].link_type == link_type)
            return link_types[i].open;
    }
    return NULL;
}

enum packet_bin link_open(const struct frame *frame, struct link_payload *out)
{
    struct bytes b = bytes_of(frame->data, frame->captured_bytes);
    link_fn open = link_find(frame->link_type);
    uint16_t ether_type;
    enum packet_bin bin;

    if (!open)
        return BIN_LINK_UNKNOWN;
    if (!open(&b, &ether_type))
        return BIN_LINK_SHORT;
    bin = skip_vlan_tags(&b, &ether_type, &out->network);
    if (bin != BIN_COUNT)
        return bin;
    if (ether_type != ETHERTYPE_IPV4 && ether_type != ETHERTYPE_IPV6)
        return bin_of_ether_type(ether_type);
    out->p = b.p;
    out->captured_bytes = b.len;
    out->wire_bytes = b.len;
    if (frame->wire_bytes > frame->captured_bytes)
        out->wire_bytes += frame->wire_bytes - frame->captured_bytes;
    out->ether_type = ether_type;
    return BIN_COUNT;
}
