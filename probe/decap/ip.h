/*
 * ip - IPv4 and IPv6 headers: who speaks to whom, and which bytes are the transport's.
 *
 * Source  RFC 791, RFC 8200 (extension headers §4), RFC 4302 (AH), RFC 6946 (atomic fragments)
 */
#ifndef PROBE_DECAP_IP_H
#define PROBE_DECAP_IP_H

#include "probe/decap/layer.h"

enum ip_protocol {
    IP_PROTOCOL_IPIP = 4,
    IP_PROTOCOL_TCP = 6,
    IP_PROTOCOL_UDP = 17,
    IP_PROTOCOL_IPV6 = 41,
    IP_PROTOCOL_GRE = 47,
    IP_PROTOCOL_IPIP_OLD = 94,
    IP_PROTOCOL_MPLS = 137,
};

struct ip_packet {
    const uint8_t *header;
    size_t captured_bytes, wire_bytes; /* from the header on, without padding */
    const uint8_t *src_ip, *dst_ip;    /* 16 bytes when is_v6, otherwise 4 */
    uint8_t protocol;                  /* of the layer that follows, behind extension headers */
    uint8_t dscp;
    bool is_v6;
    bool is_fragment, more_fragments;
    uint32_t fragment_id, fragment_offset_bytes;
};

/* BIN_COUNT when *out was filled in and *l is the transport layer, or a fragment's piece of it; cut
 * to what the header says. Otherwise the frame's bin. */
enum packet_bin ip_open(struct layer *l, struct ip_packet *out);

/* Takes extension headers off that stand before the transport, as in a packet put together from
 * fragments; AH in IPv4 too. BIN_COUNT, or what is wrong with them. */
enum packet_bin ip_skip_extensions(struct layer *l, struct ip_packet *packet);

/* Of a protocol that is not opened. */
enum packet_bin ip_bin_of_protocol(uint8_t protocol);

#endif
