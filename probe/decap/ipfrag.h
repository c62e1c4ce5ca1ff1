/*
 * ipfrag - IP packets in pieces, put together.
 *
 * In any order. A piece that overlaps another one without being its exact repeat condemns the whole
 * packet (RFC 5722, RFC 8200 §4.5, and the teardrop family), and so does a second end or a piece
 * behind the end: what was held of it is dropped, and its later pieces are refused until it expires.
 * An exact repeat is let pass. Bounded in packets and in bytes: beyond, the packet that has waited
 * longest is let go. A packet that is not whole 30 s after its first piece is given up, in packet
 * time.
 *
 * Ownership  ipfrag_new/free. What is joined is lent until the next call; only a piece that lies in
 *            it may be added meanwhile, and leaves it as it is.
 * Thread     One thread an instance.
 * Source     RFC 791 §3.2, RFC 815, RFC 8200 §4.5, RFC 5722, RFC 6946
 */
#ifndef PROBE_DECAP_IPFRAG_H
#define PROBE_DECAP_IPFRAG_H

#include "probe/decap/decap.h"

struct ipfrag;

struct ipfrag_piece {
    const uint8_t *src_ip, *dst_ip; /* 16 bytes when is_v6, otherwise 4 */
    uint32_t id;
    uint32_t network;
    uint32_t offset_bytes; /* in the packet's payload */
    const uint8_t *p;
    size_t captured_bytes, wire_bytes;
    uint8_t protocol;
    bool is_v6;
    bool more; /* others follow */
    /* Where the piece lies in a packet that was put together itself (a tunnel in fragments): its
     * parts. Otherwise none. */
    const struct held_frame *const *parts;
    size_t part_count;
};

/* The payload of the whole packet. Cut by the snap length: captured_bytes ends at the first byte
 * that is missing. */
struct ipfrag_joined {
    const uint8_t *p;
    size_t captured_bytes, wire_bytes;
    uint8_t protocol; /* of the first piece */
    const struct held_frame *const
        *parts; /* in the order captured, those of a piece in pieces last; without this frame */
    size_t part_count;
};

struct ipfrag_stats {
    uint64_t frames_expired; /* held, and given up: expired, evicted, condemned, the end */
};

/* 0 or −ENOMEM. Counts its refusals in *counters, which outlives it. */
int ipfrag_new(struct ipfrag **fp, const struct decap_options *options, struct counters *counters);
void ipfrag_free(struct ipfrag *f);

/* BIN_COUNT: the packet is whole, *out is filled in. Otherwise the frame's bin. */
enum packet_bin ipfrag_add(struct ipfrag *f, const struct frame *frame,
                           const struct ipfrag_piece *piece, struct ipfrag_joined *out);

void ipfrag_tick(struct ipfrag *f, int64_t now_ns);
/* The end: what is not whole is counted as expired. */
void ipfrag_finish(struct ipfrag *f);
const struct ipfrag_stats *ipfrag_stats(const struct ipfrag *f);

#endif
