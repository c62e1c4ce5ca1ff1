/*
 * tcp_segment - a TCP segment's payload on its way to the reader, and the frames that carried it.
 *
 * The segment at hand lives on the stack and points into the frame. One that has to wait is a copy,
 * with copies of its frames, paid from the budget.
 *
 * Ownership  tcp_segment_hold/release; the one at hand is its caller's.
 */
#ifndef PROBE_DECAP_TCP_SEGMENT_H
#define PROBE_DECAP_TCP_SEGMENT_H

#include "probe/decap/tcp.h"

/* What was paid: in all, and by one direction of a connection. */
struct tcp_account {
    struct held_budget *budget;
    size_t stream_max_bytes;
};

struct tcp_segment {
    struct tcp_segment *next;  /* of whoever holds it */
    struct held_frame *frames; /* in the order captured; NULL: the segment at hand */
    const uint8_t *p;
    uint32_t captured_bytes;
    uint32_t wire_bytes; /* more than captured: cut by the snap length */
    uint32_t seq;
    uint32_t until; /* where its bytes end in the message that is put together */
    uint32_t paid_bytes;
    uint64_t order; /* number of its packet */
    int64_t time_ns;
    struct path path;
    uint8_t dscp;
    bool begins;     /* p is the first byte of the payload as sent */
    bool split;      /* others hold pieces of the same packet */
    uint8_t bytes[]; /* the payload, where it is not in a frame */
};

/* Takes n bytes for a direction that has paid *paid so far. False: over one of the two limits. */
static inline bool tcp_account_pay(const struct tcp_account *a, size_t *paid, size_t n)
{
    if (n > a->stream_max_bytes || *paid > a->stream_max_bytes - n || n > a->budget->max_bytes ||
        a->budget->used_bytes > a->budget->max_bytes - n)
        return false;
    a->budget->used_bytes += n;
    *paid += n;
    return true;
}

static inline void tcp_account_return(const struct tcp_account *a, size_t *paid, size_t n)
{
    a->budget->used_bytes -= n;
    *paid -= n;
}

/* A copy of the segment at hand and of the frames that carried it; NULL: over a limit. */
struct tcp_segment *tcp_segment_hold(const struct tcp_account *a, size_t *paid,
                                     const struct tcp_segment *at_hand, const struct frame *frame,
                                     const struct tcp_packet *packet);

/* Nothing happens to the one at hand. */
void tcp_segment_release(const struct tcp_account *a, size_t *paid, struct tcp_segment *s);

/* Takes n bytes off the front, missing ones too; n is at most wire_bytes. */
void tcp_segment_trim(struct tcp_segment *s, uint32_t n);

#endif
