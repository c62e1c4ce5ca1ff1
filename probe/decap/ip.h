/*
 * ip - IPv4 and IPv6 headers: who speaks to whom, and which bytes are the transport's.
 *
 * Source  RFC 791, RFC 8200 (extension headers §4), RFC 4302 (AH), RFC 6946 (atomic fragments)
 */
#ifndef PROBE_DECAP_IP_H
#define PROBE_DECAP_IP_H

#include "probe/decap/link.h"

enum { IP_PROTOCOL_UDP = 17 };

struct ip_payload {
    const uint8_t *p;
    size_t captured_bytes;
    size_t wire_bytes;              /* as the IP header says, held against the frame's length */
    const uint8_t *src_ip, *dst_ip; /* 16 bytes when is_v6, otherwise 4 */
    bool is_v6;
    uint8_t dscp;
};

/* BIN_COUNT when *out was filled in: UDP, whole or cut by the snap length, not a fragment.
 * Otherwise the frame's bin. */
enum packet_bin ip_open(const struct link_payload *in, struct ip_payload *out);

#endif
