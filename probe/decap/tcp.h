/*
 * tcp - TCP connections, each direction on its own: from segments to SIP messages and handshakes.
 *
 * The first bytes of a direction say what it carries: SIP (any port), HTTP that is upgraded to SIP
 * over WebSocket, TLS; of anything else nothing is kept but that. A stream may be joined in the
 * middle, its segments come twice, overlap, or out of order; a hole that does not fill (packet
 * time, or bytes waiting behind it) is given up, counted, and the stream goes on at the next start
 * line. A segment that holds whole messages and nothing is waiting for is never copied.
 *
 * Ownership  tcp_new/free. Units are lent for the time of the call of decap_fn.
 * Thread     One thread an instance.
 * Source     RFC 9293; RFC 3261 §18.3 (framing), §7.5; RFC 7118 and RFC 6455 (WebSocket)
 */
#ifndef PROBE_DECAP_TCP_H
#define PROBE_DECAP_TCP_H

#include "probe/decap/decap.h"

struct tcp;
struct certificates;

struct tcp_packet {
    const uint8_t *src_ip, *dst_ip; /* 16 bytes when is_v6, otherwise 4 */
    const uint8_t *p;               /* the TCP header */
    size_t captured_bytes, wire_bytes;
    const struct path *path;
    uint32_t network;
    bool is_v6;
    uint8_t dscp;
    /* Frames that carried the packet besides the current one, when it came in fragments. */
    const struct held_frame *const *parts;
    size_t part_count;
};

struct tcp_stats {
    uint64_t gaps;        /* holes that were given up */
    uint64_t streams;     /* open */
    size_t waiting_bytes; /* copies of segments and parts of messages, at this moment */
};

/* 0 or −ENOMEM. certificates: takes TLS handshakes; may be NULL. Both outlive it. */
int tcp_new(struct tcp **tp, const struct decap_options *options, struct certificates *certificates,
            struct counters *counters);
void tcp_free(struct tcp *t);

/* As decap_frame: BIN_COUNT when at least one unit with in_frame was handed over. */
enum packet_bin tcp_add(struct tcp *t, const struct frame *frame, const struct tcp_packet *packet,
                        decap_fn fn, void *ctx);
void tcp_tick(struct tcp *t, int64_t now_ns, decap_fn fn, void *ctx);
void tcp_finish(struct tcp *t, decap_fn fn, void *ctx);
const struct tcp_stats *tcp_stats(struct tcp *t);

#endif
