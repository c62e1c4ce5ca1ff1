/*
 * rtcp_packet - what a datagram of RTCP says, read without trust.
 *
 * First rtcp_parse_datagram decides whether this is RTCP at all: lengths must add up to the datagram
 * exactly, so SRTCP (its index and tag stand behind the last packet) and damage are told by name and
 * never decoded. Then rtcp_next walks packet by packet; each carries an iterator of its own for
 * report blocks, chunks and XR blocks. Every iterator moves forward or ends, and is bounded by the
 * bytes held, not by what a count or a length claims.
 *
 * Ownership  Borrows the datagram. No allocation.
 * Thread     Pure functions; safe anywhere.
 * Errors     enum rtcp_parse for a datagram; an iterator that meets a lie ends.
 * Source     RFC 3550 §6 and A.2, RFC 5506 (reduced size), RFC 3611 (XR)
 */
#ifndef ANALYZER_RTP_RTCP_PACKET_H
#define ANALYZER_RTP_RTCP_PACKET_H

#include "analyzer/base/bytes.h"
#include "analyzer/base/slice.h"

enum rtcp_parse {
    RTCP_PARSE_OK,
    RTCP_PARSE_SHORT,    /* no room for one packet header and its SSRC */
    RTCP_PARSE_VERSION,  /* the first packet's version is not 2 */
    RTCP_PARSE_TYPE,     /* the first packet's type is not one of RTCP's (192 to 223) */
    RTCP_PARSE_FIRST,    /* neither SR nor RR stands first, and reduced size was not allowed */
    RTCP_PARSE_PADDING,  /* padding before the last packet, or more of it than there is */
    RTCP_PARSE_LENGTH,   /* a packet ends past the datagram: cut, or damaged */
    RTCP_PARSE_TRAILING, /* what stands behind a packet is no packet: SRTCP, or damaged */
    RTCP_PARSE_BODY,     /* a packet too short for its type or for the blocks it announces */
    RTCP_PARSE_REASONS
};

/* RTCP packet types. */
enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_APP = 204,
    RTCP_RTPFB = 205,
    RTCP_PSFB = 206,
    RTCP_XR = 207,
};

/* One packet of a compound; the body is without header and padding. */
struct rtcp_packet {
    uint8_t type;  /* enum rtcp_type, or another of 192..223 */
    uint8_t count; /* RC, SC, FMT or subtype: 0..31 */
    struct bytes body;
};

struct rtcp_iter {
    struct bytes rest;
    uint8_t left; /* blocks or chunks still announced, where a count announces them */
};

struct rtcp_sender_info {
    uint32_t ssrc;
    uint64_t ntp; /* 32.32 seconds since 1900 */
    uint32_t rtp_timestamp;
    uint32_t packets, octets;
};

struct rtcp_report_block {
    uint32_t ssrc;         /* whose stream is reported on */
    uint8_t fraction_lost; /* of 256, since the last report */
    int32_t lost;          /* cumulative, signed 24 bits: duplicates make it negative */
    uint32_t highest_seq;  /* extended: cycles · 65536 + seq */
    uint32_t jitter;       /* RTP clock units */
    uint32_t lsr;          /* middle 32 bits of the NTP time of the last SR; 0: none came yet */
    uint32_t dlsr;         /* 1/65536 s from that SR to this report */
};

/* XR block 7 (RFC 3611 §4.7). A field that its sender left out is −1 (or INT16_MIN for a level). */
struct rtcp_voip_metrics {
    uint32_t ssrc;
    double loss_ratio, discard_ratio;              /* 0..1 */
    double burst_density_ratio, gap_density_ratio; /* 0..1 */
    int32_t burst_duration_ms, gap_duration_ms;
    int32_t round_trip_ms, end_system_delay_ms; /* −1 for 0: not measured */
    int16_t signal_dbm, noise_dbm;
    int16_t rerl_db;
    int16_t gmin;
    int16_t r_factor, external_r_factor; /* 0..100 */
    int16_t mos_lq_x10, mos_cq_x10;      /* 10..50 */
    uint8_t rx_config;
    int32_t jb_nominal_ms, jb_maximum_ms, jb_abs_max_ms;
};

enum rtcp_xr_type {
    RTCP_XR_RRTR = 4, /* receiver reference time: an LSR for those who send nothing */
    RTCP_XR_DLRR = 5, /* and the answer to it */
    RTCP_XR_VOIP = 7,
};

struct rtcp_xr_block {
    uint8_t type; /* enum rtcp_xr_type, or another */
    uint8_t specific;
    struct bytes body; /* without the block header */
};

struct rtcp_dlrr {
    uint32_t ssrc;
    uint32_t lrr;  /* middle 32 bits of an RRTR's NTP time; 0: none came */
    uint32_t dlrr; /* 1/65536 s */
};

/* Could this be RTCP and not RTP (RFC 5761 §4)? A look at two bytes, for the way in. */
bool rtcp_looks_like(struct slice datagram);

/*
 * Is it RTCP, to the last byte? reduced_size allows any packet first (RFC 5506); without it SR or RR
 * must be (RFC 3550 A.2). On RTCP_PARSE_OK *packets is ready for rtcp_next; else it is untouched.
 */
enum rtcp_parse rtcp_parse_datagram(struct slice datagram, bool reduced_size,
                                    struct rtcp_iter *packets);

/* "length": for counters and logs. */
const char *rtcp_parse_text(enum rtcp_parse reason);

/* The next packet of a datagram that rtcp_parse_datagram took; false at its end. */
bool rtcp_next(struct rtcp_iter *packets, struct rtcp_packet *out);

/* SR: what its sender says about itself. False when the packet is no SR or too short. */
bool rtcp_sender_info(const struct rtcp_packet *p, struct rtcp_sender_info *out);

/* SR, RR and XR begin with the SSRC of who sends the packet; false when the packet has none. */
bool rtcp_sender_ssrc(const struct rtcp_packet *p, uint32_t *ssrc);

/* The report blocks of an SR or RR; empty for other packets. */
struct rtcp_iter rtcp_report_blocks(const struct rtcp_packet *p);
bool rtcp_report_block_next(struct rtcp_iter *blocks, struct rtcp_report_block *out);

/* SDES chunks that have a CNAME; those without are passed over. The name is a stranger's bytes. */
struct rtcp_iter rtcp_sdes_chunks(const struct rtcp_packet *p);
bool rtcp_cname_next(struct rtcp_iter *chunks, uint32_t *ssrc, struct slice *cname);

/* The SSRCs that say goodbye, and why: *reason is absent unless given. */
struct rtcp_iter rtcp_bye_ssrcs(const struct rtcp_packet *p, struct slice *reason);
bool rtcp_bye_next(struct rtcp_iter *ssrcs, uint32_t *ssrc);

/* The blocks of an XR packet. */
struct rtcp_iter rtcp_xr_blocks(const struct rtcp_packet *p);
bool rtcp_xr_next(struct rtcp_iter *blocks, struct rtcp_xr_block *out);

/* One kind of XR block each; false when the block is another, or its length is not what it must be. */
bool rtcp_xr_voip(const struct rtcp_xr_block *b, struct rtcp_voip_metrics *out);
bool rtcp_xr_rrtr(const struct rtcp_xr_block *b, uint64_t *ntp);
struct rtcp_iter rtcp_xr_dlrr(const struct rtcp_xr_block *b);
bool rtcp_dlrr_next(struct rtcp_iter *reports, struct rtcp_dlrr *out);

/* The LSR that an answer to this NTP time will carry. */
static inline uint32_t rtcp_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

/*
 * From where we listen to B and back: A's SR passed at sr_ns, B's report block with its LSR passed
 * at report_ns, having rested dlsr/65536 s at B. The other half is the same sum with A's report; both
 * together are end to end (METRICS §5). Senders round DLSR, some to a millisecond: a result down to
 * −1 ms is 0. Below that, or over a minute, it is no measurement but clocks or damage: false.
 */
bool rtcp_rtt_ns(int64_t sr_ns, int64_t report_ns, uint32_t dlsr, int64_t *rtt_ns);

#endif
