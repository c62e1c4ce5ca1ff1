/*
 * datagram - what goes into the analyzer: one transport payload with its time and its addresses.
 *
 * Ownership  Everything is lent for the time of the call.
 * Time       Nanoseconds since 1970 UTC, as captured.
 */
#ifndef ANALYZER_DATAGRAM_H
#define ANALYZER_DATAGRAM_H

#include "analyzer/base/addr.h"
#include "analyzer/path.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_WS };

struct datagram {
    int64_t time_ns;
    struct addr src, dst;
    struct slice payload; /* what was captured of it */
    uint32_t wire_bytes; /* its length on the wire; more than payload.len: cut by the snap length */
    uint32_t network;    /* Equal addresses in two of them are two hosts; 0: untagged, no tunnel */
    uint8_t transport;   /* enum transport */
    uint8_t dscp;        /* RFC 2474, 0..63 */
    uint32_t
        tcp_gaps; /* holes so far in the TCP stream that it came in; one more: bytes were lost */
    struct path path;     /* how it came to the probe */
    uint64_t stream_hash; /* analyzer_look_ahead fills it in; 0: not computed */
};

#endif
