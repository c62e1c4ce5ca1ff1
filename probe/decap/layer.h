/*
 * layer - where the next layer of a frame begins, and the way that led there.
 *
 * The layers are opened one after the other by a loop in decap.c: link.c, tunnel.c and ip.c each
 * take a layer and either narrow it to the next one or name the frame's bin.
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
    LAYER_IP,        /* either version: the first four bits tell */
    LAYER_TRANSPORT, /* struct ip_packet says whose */
};

struct layer {
    const uint8_t *p;
    size_t captured_bytes;
    size_t wire_bytes; /* at least captured_bytes; padding of a short frame included */
    uint8_t kind;      /* enum layer_kind */
    uint16_t ether_type;
    uint32_t link_type; /* LINKTYPE_ of the pcap format */
    unsigned depth;     /* layers opened so far */
    struct path path;   /* what was met so far */
};

#endif
