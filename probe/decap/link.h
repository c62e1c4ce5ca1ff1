/*
 * link - from the frame to the network layer: link headers and VLAN tags.
 *
 * Source  The LINKTYPE_ registry of the pcap format; IEEE 802.3, 802.1Q (tags, 802.1ad included)
 */
#ifndef PROBE_DECAP_LINK_H
#define PROBE_DECAP_LINK_H

#include "analyzer/counters.h"
#include "analyzer/frame.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

struct link_payload {
    const uint8_t *p;
    size_t captured_bytes;
    size_t wire_bytes;   /* what was there on the wire; padding of a short frame included */
    uint32_t network;    /* 0: untagged; VLAN id; of several tags outermost << 12 | innermost */
    uint16_t ether_type; /* ETHERTYPE_IPV4 or ETHERTYPE_IPV6 */
};

/* BIN_COUNT when *out was filled in: the frame carries IP. Otherwise the frame's bin. */
enum packet_bin link_open(const struct frame *frame, struct link_payload *out);

#endif
