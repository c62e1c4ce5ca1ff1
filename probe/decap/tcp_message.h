/*
 * tcp_message - bytes of a stream that wait for the rest of their message, and what carried them.
 *
 * Ownership  Zero-initialised is empty; tcp_message_clear gives everything back. It keeps segments
 *            that their owner handed over, and one at hand until tcp_message_settle.
 */
#ifndef PROBE_DECAP_TCP_MESSAGE_H
#define PROBE_DECAP_TCP_MESSAGE_H

#include "probe/decap/tcp_segment.h"

struct tcp_message {
    uint8_t *bytes;
    uint32_t len, room;
    struct tcp_segment *segments, *last; /* in the order of their bytes */
    struct tcp_segment *before;          /* the one before that at hand; NULL: there is none */
};

/* A piece of `segment`; it is kept from now on, if it was not before. NULL: the frames do not matter.
 * wanted: bytes that the whole message will have, as far as known. False: over a limit; nothing
 * was added. */
bool tcp_message_add(struct tcp_message *m, const struct tcp_account *a, size_t *paid,
                     struct tcp_segment *segment, struct slice piece, size_t wanted);

/* Drops n bytes off the front, and the segments that end there. spare: not released, only let go. */
void tcp_message_drop(struct tcp_message *m, const struct tcp_account *a, size_t *paid, size_t n,
                      const struct tcp_segment *spare);

static inline void tcp_message_clear(struct tcp_message *m, const struct tcp_account *a,
                                     size_t *paid, const struct tcp_segment *spare)
{
    tcp_message_drop(m, a, paid, m->len, spare);
}

static inline bool tcp_message_keeps(const struct tcp_message *m, const struct tcp_segment *s)
{
    return m->last == s;
}

/* The packet at hand is about to go: if its segment is kept, a copy takes its place. False: there
 * was no room for one; the bytes stay. */
bool tcp_message_settle(struct tcp_message *m, const struct tcp_account *a, size_t *paid,
                        const struct frame *frame, const struct tcp_packet *packet);

static inline struct slice tcp_message_slice(const struct tcp_message *m)
{
    return slice_of(m->bytes, m->len);
}

#endif
