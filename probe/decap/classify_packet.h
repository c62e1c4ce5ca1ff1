/*
 * classify_packet - an IP packet's five-tuple and payload, and a plain copy of it for nDPI.
 *
 * nDPI trusts the lengths that a packet states, and its dissectors now and then look a few bytes
 * past the end. So it never sees a captured packet: it gets one that was written here, with headers
 * without options, lengths that hold, and zeros after it.
 *
 * Source  RFC 791 §3.1, RFC 8200 §3, §4.1, RFC 768, RFC 9293 §3.1
 */
#ifndef PROBE_DECAP_CLASSIFY_PACKET_H
#define PROBE_DECAP_CLASSIFY_PACKET_H

#include "analyzer/base/addr.h"

enum {
    CLASSIFY_PACKET_PAYLOAD_MAX = 2048, /* what is longer is cut */
    CLASSIFY_PACKET_SLACK_BYTES = 64,   /* zeros after the copy */
    CLASSIFY_PACKET_PLAIN_BYTES =
        40 + 20 + CLASSIFY_PACKET_PAYLOAD_MAX + CLASSIFY_PACKET_SLACK_BYTES,
};

struct classify_packet {
    struct addr src, dst;
    bool v6, tcp; /* else IPv4, UDP */
    struct slice transport_header, payload;
};

/* False on what is neither UDP nor TCP, on a later fragment, and on a header that is cut or lies. */
bool classify_packet_read(struct slice ip_packet, struct classify_packet *out);

/* Returns the length without the slack. */
size_t classify_packet_write_plain(const struct classify_packet *packet,
                                   uint8_t out[CLASSIFY_PACKET_PLAIN_BYTES]);

#endif
