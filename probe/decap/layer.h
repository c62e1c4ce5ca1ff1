/*
 * layer - where the next layer of a frame begins, and the way that led there.
 *
 * The layers are opened one after the other by a loop in decap.c: link.c, mpls.c, ppp.c, tunnel.c
 * and ip.c each take a layer and either narrow it to the next one or name the frame's bin. Each
 * step takes bytes off or is one of a kind that cannot come twice in a row, and what can be nested
 * is counted, so that the loop ends.
 *
 * Ownership  Points into the frame, or into a packet put together from fragments.
 */
#ifndef PROBE_DECAP_LAYER_H
#define PROBE_DECAP_LAYER_H

#include "analyzer/counters.h"
#include "analyzer/path.h"

enum layer_kind {
    LAYER_LINK,      /* link_type says of which kind */
    LAYER_ETHERTYPE, /* what an EtherType announces: tags, MPLS, PPPoE, IP */
    LAYER_LLC,       /* IEEE 802.2: what an 802.3 frame holds */
    LAYER_PPP,
    LAYER_IP,        /* ether_type says which version */
    LAYER_TRANSPORT, /* struct ip_packet says whose */
};

enum { LINK_ETHERNET = 1, ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

struct layer {
    const uint8_t *p;
    size_t captured_bytes;
    size_t wire_bytes; /* at least captured_bytes; padding of a short frame included */
    uint8_t kind;      /* enum layer_kind */
    uint16_t ether_type;
    uint32_t link_type; /* LINKTYPE_ of the pcap format */
    uint32_t overlay;   /* of the virtual networks around it (VNIs), one number; 0: none */
    unsigned room;      /* how many more tunnels may be opened */
    struct path path;   /* what was met so far */
};

static inline uint16_t layer_u16(const struct layer *l, size_t at)
{
    return (uint16_t)(l->p[at] << 8 | l->p[at + 1]);
}

static inline uint32_t layer_u32(const struct layer *l, size_t at)
{
    return (uint32_t)layer_u16(l, at) << 16 | layer_u16(l, at + 2);
}

/* Takes a header off. False, and nothing done: not all of it was captured. */
static inline bool layer_skip(struct layer *l, size_t bytes)
{
    if (bytes > l->captured_bytes)
        return false;
    l->p += bytes;
    l->captured_bytes -= bytes;
    l->wire_bytes -= bytes;
    return true;
}

/* Leaves out what stands behind: padding, a checksum. False, and nothing done: there is less. */
static inline bool layer_limit(struct layer *l, size_t wire_bytes)
{
    if (wire_bytes > l->wire_bytes)
        return false;
    l->wire_bytes = wire_bytes;
    if (l->captured_bytes > wire_bytes)
        l->captured_bytes = wire_bytes;
    return true;
}

static inline void layer_becomes(struct layer *l, enum layer_kind kind, uint16_t ether_type)
{
    l->kind = (uint8_t)kind;
    l->ether_type = ether_type;
}

/* IP of the version that its first four bits say; a strange one is left for ip.c to refuse. */
static inline void layer_becomes_ip(struct layer *l)
{
    bool is_v6 = l->captured_bytes && l->p[0] >> 4 == 6;

    layer_becomes(l, LAYER_IP, is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
}

/* An Ethernet frame within a tunnel: the tags around the tunnel are those of who carried it. */
static inline void layer_becomes_ethernet(struct layer *l)
{
    layer_becomes(l, LAYER_LINK, 0);
    l->link_type = LINK_ETHERNET;
    l->path.vlan_count = 0;
    l->path.vlans[0] = l->path.vlans[1] = 0;
}

/* BIN_COUNT, or BIN_TUNNEL_DEPTH when it is one too many. */
enum packet_bin layer_enter_tunnel(struct layer *l, enum tunnel_kind kind, uint32_t id);

/* Whether an Ethernet frame begins there that carries something known. False, too, when too little
 * was captured to tell. */
bool layer_holds_ethernet(const struct layer *l, size_t at);

/* The same of an IP packet, by its version and length; up to a short frame's padding may follow. */
bool layer_holds_ip(const struct layer *l, size_t at);

/* What tells two networks apart: the VLANs, outermost << 12 | innermost; 0: untagged. Within
 * virtual networks one number of all ids. */
static inline uint32_t layer_network(const struct layer *l)
{
    uint32_t vlans = l->path.vlan_count > 1 ? (uint32_t)l->path.vlans[0] << 12 | l->path.vlans[1]
                                            : l->path.vlans[0];

    return l->overlay ? (l->overlay ^ vlans) * UINT32_C(0x9e3779b1) : vlans;
}

#endif
