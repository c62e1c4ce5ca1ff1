/*
 * rewrap_tcp - one TCP connection: bytes of either side in, segments with right headers out.
 *
 * Ownership  A plain value but for what waits to be sent; rewrap_tcp_fini frees that. Borrows the
 *            list that it adds to, and the options.
 * Time       Segments of one batch lie a microsecond apart, and the last comes at the time given.
 * Source     RFC 9293, RFC 7323 (time stamps)
 */
#ifndef TESTS_SUPPORT_REWRAP_TCP_H
#define TESTS_SUPPORT_REWRAP_TCP_H

#include "analyzer/base/strbuf.h"
#include "tests/support/rewrap_ip.h"
#include "tests/support/rewrap_step.h"

struct rewrap_tcp_options {
    size_t segment_min, segment_max;
    uint64_t reorder, repeat, overlap; /* chances, of each segment */
    int64_t lose_every;                /* one of each so many segments is not captured; 0: none */
    bool mid_stream;                   /* its beginning was not captured */
};

enum { REWRAP_TCP_HEADERS_MAX = 128 };

struct rewrap_tcp_side {
    struct addr src, dst;
    uint8_t headers[REWRAP_TCP_HEADERS_MAX]; /* link and IP, as its first datagram had them */
    uint32_t seq, acked;
    uint16_t ip_id;
    int64_t last_ns;
    struct strbuf waiting;
    int64_t waiting_since_ns, waiting_ns; /* of its first and of its last message */
    unsigned waiting_messages;
    size_t waiting_origin; /* of the last of them */
};

struct rewrap_tcp {
    const struct rewrap_tcp_options *options;
    struct rewrap *r;
    struct rewrap_frames *out;
    size_t headers_bytes, ip_at;
    size_t origin;                   /* of the bytes sent now: see rewrap_frames.h */
    struct rewrap_tcp_side sides[2]; /* 0: who connects */
};

/* Takes the headers of the first datagram, which side 0 sent. */
void rewrap_tcp_init(struct rewrap_tcp *t, const struct rewrap_frame *frame,
                     const struct rewrap_ip *ip, const struct addr *src, const struct addr *dst);
void rewrap_tcp_fini(struct rewrap_tcp *t);

/* The handshake, over before that time. */
void rewrap_tcp_open(struct rewrap_tcp *t, int64_t time_ns);
/* Segments of those bytes, the last of them at that time, and their acknowledgement. */
void rewrap_tcp_send(struct rewrap_tcp *t, int side, int64_t time_ns, const void *bytes,
                     size_t len);
/* The probe of a connection that is idle: one byte, sent before. */
void rewrap_tcp_probe(struct rewrap_tcp *t, int side, int64_t time_ns);
void rewrap_tcp_close(struct rewrap_tcp *t);

#endif
