#include "probe/decap/link.h"

#include "probe/decap/mpls.h"
#include "probe/decap/ppp.h"

/* Two tags are QinQ; more than four were never meant. */
enum { VLAN_TAGS_MAX = 4 };

enum {
    ETHERNET_BYTES = 14,
    LINUX_COOKED_V1_BYTES = 16,
    LINUX_COOKED_V2_BYTES = 20,
    LOOPBACK_BYTES = 4,
    CISCO_HDLC_BYTES = 4,
    VLAN_TAG_BYTES = 4, /* the id, and the type of what follows */
    VN_TAG_BYTES = 6,
    E_TAG_BYTES = 8,
    LLC_BYTES = 3,
    SNAP_BYTES = 5,
};

enum { LENGTH_MAX = 1500, LINUX_8022 = 4 }; /* in the place of an EtherType: 802.2 follows */

static bool becomes_ethertype(struct layer *l, uint16_t type)
{
    if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6)
        layer_becomes(l, LAYER_IP, type);
    else
        layer_becomes(l, LAYER_ETHERTYPE, type);
    return true;
}

static bool open_ethernet(struct layer *l)
{
    uint16_t type;

    if (l->captured_bytes < ETHERNET_BYTES)
        return false;
    type = layer_u16(l, ETHERNET_BYTES - 2);
    layer_skip(l, ETHERNET_BYTES);
    if (type > LENGTH_MAX)
        return becomes_ethertype(l, type);
    layer_limit(l, type); /* a length that lies is not believed */
    layer_becomes(l, LAYER_LLC, 0);
    return true;
}

static bool open_linux_cooked(struct layer *l, size_t type_at, size_t bytes)
{
    uint16_t type;

    if (l->captured_bytes < bytes)
        return false;
    type = layer_u16(l, type_at);
    layer_skip(l, bytes);
    if (type == LINUX_8022)
        layer_becomes(l, LAYER_LLC, 0);
    else
        becomes_ethertype(l, type);
    return true;
}

static bool open_linux_cooked_v1(struct layer *l)
{
    return open_linux_cooked(l, LINUX_COOKED_V1_BYTES - 2, LINUX_COOKED_V1_BYTES);
}

static bool open_linux_cooked_v2(struct layer *l)
{
    return open_linux_cooked(l, 0, LINUX_COOKED_V2_BYTES);
}

static bool open_ipv4(struct layer *l)
{
    return becomes_ethertype(l, ETHERTYPE_IPV4);
}

static bool open_ipv6(struct layer *l)
{
    return becomes_ethertype(l, ETHERTYPE_IPV6);
}

static bool open_ip(struct layer *l)
{
    layer_becomes_ip(l);
    return l->captured_bytes > 0;
}

/* An address family of the system that captured, in its byte order (0) or in network order (108).
 * IPv4 is 2 everywhere; IPv6 is 10 on Linux, 24 28 30 on the BSDs and Darwin, 23 on Windows. */
static bool open_loopback(struct layer *l)
{
    uint32_t family;

    if (l->captured_bytes < LOOPBACK_BYTES)
        return false;
    family = layer_u32(l, 0);
    layer_skip(l, LOOPBACK_BYTES);
    if ((family & 0xffff) == 0)
        family = family >> 24 | (family >> 8 & 0xff00);
    switch (family) {
    case 2:
        return becomes_ethertype(l, ETHERTYPE_IPV4);
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
        return becomes_ethertype(l, ETHERTYPE_IPV6);
    default:
        return becomes_ethertype(l, 0);
    }
}

static bool open_ppp(struct layer *l)
{
    layer_becomes(l, LAYER_PPP, 0);
    return l->captured_bytes > 0;
}

static bool open_pppoe(struct layer *l)
{
    layer_becomes(l, LAYER_ETHERTYPE, ETHERTYPE_PPPOE_SESSION);
    return l->captured_bytes > 0;
}

/* PPP, or Cisco's HDLC, which begins with 0x0f (unicast) or 0x8f (multicast) and has EtherTypes. */
static bool open_hdlc(struct layer *l)
{
    uint16_t type;

    if (l->captured_bytes && l->p[0] != 0x0f && l->p[0] != 0x8f)
        return open_ppp(l);
    if (l->captured_bytes < CISCO_HDLC_BYTES)
        return false;
    type = layer_u16(l, 2);
    layer_skip(l, CISCO_HDLC_BYTES);
    return becomes_ethertype(l, type);
}

/* To learn a link type is to add a row. The most common first. A row's function makes of the layer
 * the next one; false: the header is cut. */
static const struct {
    uint32_t link_type;
    bool (*open)(struct layer *l);
} link_types[] = {
    { LINK_ETHERNET, open_ethernet }, /* LINKTYPE_ETHERNET */
    { 113, open_linux_cooked_v1 },    /* LINKTYPE_LINUX_SLL: "any", tunnels, ppp on Linux */
    { 276, open_linux_cooked_v2 },    /* LINKTYPE_LINUX_SLL2 */
    { 101, open_ip },                 /* LINKTYPE_RAW */
    { 12, open_ip },                  /* the same, as most systems number it */
    { 14, open_ip },                  /* the same, as OpenBSD does */
    { 228, open_ipv4 },               /* LINKTYPE_IPV4 */
    { 229, open_ipv6 },               /* LINKTYPE_IPV6 */
    { 0, open_loopback },             /* LINKTYPE_NULL */
    { 108, open_loopback },           /* LINKTYPE_LOOP */
    { 9, open_hdlc },                 /* LINKTYPE_PPP */
    { 50, open_hdlc },                /* LINKTYPE_PPP_HDLC */
    { 104, open_hdlc },               /* LINKTYPE_C_HDLC */
    { 51, open_pppoe },               /* LINKTYPE_PPP_ETHER */
};

enum packet_bin link_open(struct layer *l)
{
    if (l->link_type == LINK_ETHERNET) /* no call by pointer for nearly all */
        return open_ethernet(l) ? BIN_COUNT : BIN_LINK_SHORT;
    for (size_t i = 1; i < sizeof link_types / sizeof link_types[0]; i++) {
        if (link_types[i].link_type == l->link_type)
            return link_types[i].open(l) ? BIN_COUNT : BIN_LINK_SHORT;
    }
    return BIN_LINK_UNKNOWN;
}

/* One tag a call. */
static enum packet_bin skip_vlan_tag(struct layer *l)
{
    struct path *path = &l->path;

    if (path->vlan_count == VLAN_TAGS_MAX)
        return BIN_VLAN_DEPTH;
    if (l->captured_bytes < VLAN_TAG_BYTES)
        return BIN_LINK_SHORT;
    path->vlans[path->vlan_count ? 1 : 0] = layer_u16(l, 0) & 0x0fff; /* without priority, drop */
    path->vlan_count++;
    becomes_ethertype(l, layer_u16(l, 2));
    layer_skip(l, VLAN_TAG_BYTES);
    return BIN_COUNT;
}

/* Between a Cisco fabric extender and its switch: which port a frame came from or is for. */
static enum packet_bin skip_vn_tag(struct layer *l)
{
    uint32_t tag;

    if (l->captured_bytes < VN_TAG_BYTES)
        return BIN_LINK_SHORT;
    tag = layer_u32(l, 0);
    becomes_ethertype(l, layer_u16(l, 4));
    layer_skip(l, VN_TAG_BYTES);
    return layer_enter_tunnel(l, TUNNEL_VNTAG, tag & 0x0fff);
}

/* The standard's own: the ingress port, like VN-Tag's, is in the second word. */
static enum packet_bin skip_e_tag(struct layer *l)
{
    if (l->captured_bytes < E_TAG_BYTES)
        return BIN_LINK_SHORT;
    if (l->room == 0)
        return BIN_TUNNEL_DEPTH;
    l->room--;
    becomes_ethertype(l, layer_u16(l, E_TAG_BYTES - 2));
    layer_skip(l, E_TAG_BYTES);
    return BIN_COUNT;
}

enum packet_bin link_open_ethertype(struct layer *l)
{
    switch (l->ether_type) {
    case ETHERTYPE_IPV4:
    case ETHERTYPE_IPV6:
        layer_becomes(l, LAYER_IP, l->ether_type);
        return BIN_COUNT;
    case 0x8100: /* 802.1Q */
    case 0x88a8: /* 802.1ad */
    case 0x9100: /* QinQ before 802.1ad */
    case 0x9200:
        return skip_vlan_tag(l);
    case 0x8926:
        return skip_vn_tag(l);
    case 0x893f:
        return skip_e_tag(l);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_UPSTREAM:
        return mpls_open(l);
    case ETHERTYPE_PPPOE_SESSION:
        return ppp_open_session(l);
    case 0x8863: /* PPPoE discovery: how a session is agreed on */
        return BIN_TUNNEL;
    case 0x0806: /* ARP, RARP */
    case 0x8035:
        return BIN_ARP;
    default:
        return BIN_LINK_OTHER;
    }
}

enum packet_bin link_open_llc(struct layer *l)
{
    uint32_t head;
    uint16_t type;

    if (l->captured_bytes < LLC_BYTES)
        return BIN_LINK_SHORT;
    head = (uint32_t)layer_u16(l, 0) << 8 | l->p[2];
    layer_skip(l, LLC_BYTES);
    if (head == 0x060603) { /* IP's own number */
        layer_becomes_ip(l);
        return BIN_COUNT;
    }
    if (head != 0xaaaa03) /* SNAP */
        return BIN_LINK_OTHER;
    if (l->captured_bytes < SNAP_BYTES)
        return BIN_LINK_SHORT;
    head = (uint32_t)layer_u16(l, 0) << 8 | l->p[2];
    type = layer_u16(l, 3);
    layer_skip(l, SNAP_BYTES);
    if (head != 0x000000 && head != 0x0000f8) /* the second: over bridges, 802.1H */
        return BIN_LINK_OTHER;
    if (type <= LENGTH_MAX)
        return BIN_LINK_OTHER;
    becomes_ethertype(l, type);
    return BIN_COUNT;
}
