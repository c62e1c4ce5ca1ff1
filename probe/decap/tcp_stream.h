/*
 * tcp_stream - one direction of a TCP connection: its segments put in order.
 *
 *   next -->|   hole   |--queue--|  hole  |--queue--|
 *
 * What comes in order goes to the reader at once. What lies ahead waits for the hole before it,
 * which is given up after TCP_STREAM_HOLE_NS, or when no more room is left to wait. Of bytes that
 * come twice the first ones count.
 *
 * Ownership  tcp_stream_begin/drop in place.
 * Source     RFC 9293 §3.4 (sequence numbers), §3.8.6 (keep-alives); RFC 6298 for the times
 */
#ifndef PROBE_DECAP_TCP_STREAM_H
#define PROBE_DECAP_TCP_STREAM_H

#include "analyzer/base/expiry.h"
#include "probe/decap/tcp_content.h"

/* A segment lost on its way is sent again after a second at the latest (RFC 6298 §2.4, and mostly
 * after 200 ms); twice that, and it was the mirror that lost it. */
#define TCP_STREAM_HOLE_NS INT64_C(2000000000)
/* A message that stopped in the middle: its transaction has timed out by then (64 * T1). */
#define TCP_STREAM_STALL_NS INT64_C(32000000000)

struct tcp_stream {
    struct tcp_stream *newer, *older; /* of its list, see tcp.c */
    struct expiry_link wait;          /* armed while something waits */
    uint64_t hash;
    struct addr src, dst;
    uint32_t network;
    uint32_t next; /* sequence number of the next byte */
    uint32_t fin;  /* that of the end, when has_fin */
    bool begun;    /* `next` is known */
    bool has_fin;
    bool ended;
    bool ours;       /* in which list, see tcp.c */
    int64_t last_ns; /* last segment with a payload, or SYN */
    size_t paid;     /* bytes of the budget */
    uint64_t *gaps;  /* counts holes given up */
    struct tcp_segment *queue, *queue_last;
    struct tcp_content content;
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4 };

/* syn: `seq` is that of a SYN; otherwise of the first byte seen. What was there before is dropped. */
void tcp_stream_begin(struct tcp_stream *s, struct tcp_delivery *d, uint32_t seq, bool syn);

/* A segment with a payload; it is changed. */
void tcp_stream_add(struct tcp_stream *s, struct tcp_delivery *d, struct tcp_segment *segment);

/* The end is at `seq`: reached now, or when what is before it has come. */
void tcp_stream_fin(struct tcp_stream *s, struct tcp_delivery *d, uint32_t seq);

/* What has waited too long at now_ns is given up. */
void tcp_stream_expire(struct tcp_stream *s, struct tcp_delivery *d, int64_t now_ns);

/* When something waits: the time at which it will have waited too long; otherwise INT64_MAX. */
int64_t tcp_stream_deadline(const struct tcp_stream *s);

/* Nothing more will come: what waits is handed over. */
void tcp_stream_end(struct tcp_stream *s, struct tcp_delivery *d);

/* Gives everything back; nothing is handed over. */
void tcp_stream_drop(struct tcp_stream *s, struct tcp_delivery *d);

#endif
