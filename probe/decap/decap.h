/*
 * decap - one frame in, the datagrams that it completes out, or the named reason why there is none.
 *
 * Link layer, VLAN tags, tunnels in any order, IP, fragments, UDP, TCP, WebSocket. Every length is
 * held against the bytes that are there; a checksum is not verified, because a capture on the
 * sending host has none. What could not be opened has a bin of its own, so that the ledger shows
 * what the analyzer never saw.
 *
 * Ownership  decap_new/free. Units, and all that they point to, are lent for the time of the call
 *            of decap_fn.
 * Thread     One thread an instance.
 * Time       Of the packets. What waits (fragments, holes in a stream) expires in packet time.
 */
#ifndef PROBE_DECAP_DECAP_H
#define PROBE_DECAP_DECAP_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/frame.h"
#include "analyzer/record.h"
#include "probe/decap/held.h"

struct decap;

enum { DECAP_PORTS_MAX = 8 };

struct decap_ports {
    uint16_t ports[DECAP_PORTS_MAX];
    uint8_t count;
};

struct decap_options {
    struct decap_ports vxlan, geneve, gtpu, tzsp, l2tp; /* UDP, as destination */
    unsigned depth_max;                                 /* tunnels within one another */
    int64_t duplicate_window_ns;                        /* 0: every copy is analysed */
    bool separate_vlans; /* equal addresses in two VLANs (or VNIs) are two hosts */
    size_t fragment_bytes_max, fragmented_max;  /* held at a time: bytes, and packets in pieces */
    size_t tcp_bytes_max, tcp_stream_bytes_max; /* waiting at a time: in all, in one direction */
    size_t tcp_streams_max;                     /* directions of connections known at a time */
    uint64_t hash_key[2]; /* random in a live run; does not change the datagrams */
    /* A certificate seen (analyzer/record.h): at first, and at the end with its count. May be NULL. */
    void (*certificate)(void *ctx, const struct certificate_record *certificate);
    void *certificate_ctx;
    bool certificate_once; /* each at the end alone, with its count: nobody waits for it */
};

/* Ports as registered (VXLAN also 8472), 8 tunnels, 50 ms, VLANs apart, 16 MiB in 4,096 packets,
 * 64 MiB and 256 KiB in 65,536 streams. */
void decap_options_default(struct decap_options *options);

/* A datagram, or one SIP message of a stream, and the frames that carried it. */
struct decap_unit {
    struct datagram datagram;
    const struct held_frame *const *parts; /* earlier frames, in the order captured */
    size_t part_count;
    bool in_frame; /* the frame of this call carried (the rest of) it */
};

typedef void (*decap_fn)(void *ctx, const struct decap_unit *unit);

/* 0 or −ENOMEM. Options are copied. */
int decap_new(struct decap **dp, const struct decap_options *options);
void decap_free(struct decap *d);

/*
 * Hands over what the frame completes: a UDP datagram at most, or any number of messages of a TCP
 * stream. Returns the frame's place in the ledger; BIN_COUNT: whoever takes the units says it, the
 * first one that has in_frame (there is one).
 */
enum packet_bin decap_frame(struct decap *d, const struct frame *frame, decap_fn fn, void *ctx);

/* Lets time pass, about once a second: what waited too long expires, and what a hole in a stream
 * held up is handed over (never in_frame). Going back is harmless. */
void decap_tick(struct decap *d, int64_t now_ns, decap_fn fn, void *ctx);

/* The end of the packets: what waits is handed over or counted. */
void decap_finish(struct decap *d, decap_fn fn, void *ctx);

/* The innermost IP packet of the frame last taken, as captured; absent when there was none, or when
 * it was put together. Lent as the frame is. */
struct slice decap_ip_packet(const struct decap *d);

struct decap_stats {
    uint64_t duplicate_frames;  /* dropped */
    uint64_t fragments_expired; /* frames whose packet was never whole */
    uint64_t tcp_gaps;          /* holes that were given up */
    uint64_t tcp_streams;       /* open */
};

void decap_read_stats(const struct decap *d, struct decap_stats *out);

/* Its refusals; its bins stay 0. */
const struct counters *decap_counters(const struct decap *d);

/* Where the payload lies within the frame; false when it does not (one put together from several
 * frames, unmasked, or copied while its stream waited). */
static inline bool decap_payload_offset(const struct frame *frame, const struct datagram *datagram,
                                        uint32_t *offset)
{
    uintptr_t data = (uintptr_t)frame->data, payload = (uintptr_t)datagram->payload.p;

    if (payload < data || payload - data > frame->captured_bytes ||
        datagram->payload.len > frame->captured_bytes - (payload - data))
        return false;
    *offset = (uint32_t)(payload - data);
    return true;
}

#endif
