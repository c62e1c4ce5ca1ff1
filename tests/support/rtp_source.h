/*
 * rtp_source - the RTP packets of one side of a call, and what the network does to them.
 *
 * Ownership  Embedded in its media_leg; holds a reference on its call while packets are under way.
 * Time       As the capture point sees it.
 * Source     RFC 3550, RFC 4733 (telephone-event), RFC 3389 (comfort noise)
 */
#ifndef TESTS_SUPPORT_RTP_SOURCE_H
#define TESTS_SUPPORT_RTP_SOURCE_H

#include "tests/support/call.h"
#include "tests/support/observer.h"
#include "tests/support/sound.h"

enum media_kind { MEDIA_AUDIO, MEDIA_VIDEO, MEDIA_FOREIGN };

/* One packet on its way. */
struct rtp_unit {
    int64_t seq, timestamp; /* not wrapped */
    int64_t tick;
    int64_t wire_offset;  /* of the sequence number, since the sender began anew */
    int64_t extra_ns;     /* after its tick */
    const uint8_t *bytes; /* NULL: what `own` holds */
    uint32_t sum;
    uint16_t len;
    uint8_t payload_type;
    bool marker, event, noise;
    uint8_t own[SOUND_PACKET_MAX];
};

struct rtp_source {
    struct actor actor;
    struct call *call;
    struct flow flow;
    struct rng rng;
    struct observer observer;
    enum media_kind kind;
    enum codec_id codec, codec_after; /* the latter without a word to anybody */
    const struct audio_loop *loop, *loop_after;
    int64_t switch_tick, restart_tick; /* 0: never */
    int64_t wire_offset, picture_packet;
    struct sound *sound; /* NULL: the loop is what it says */
    struct sound_seen heard;
    uint32_t ssrc;
    int side;

    int64_t start_ns, ptime_ns;
    int64_t tick, tick_end;       /* packets' worth of time since the start */
    int64_t pause_from, pause_to; /* in ticks: on hold */
    int64_t next_seq, first_timestamp, ticks_per_packet;
    const struct call_digit *digits;
    int digit_count;
    bool dtx;
    int64_t talk_until, silent_until; /* in ticks */

    bool losing; /* the bad state of the Gilbert model */
    int64_t last_arrival_ns;
    int64_t floor_ns; /* nothing may overtake the first packet */
    int64_t sent_packets, sent_bytes;
    /* What gets through behind the capture point. */
    int64_t received, received_first, received_highest;
    struct rtp_unit pending;
};

/* The last XR block 7, as its fields have it. */
struct rtcp_told_xr {
    bool told;
    int loss_rate, discard_rate, round_trip_ms, end_system_ms, r_factor, mos_lq, mos_cq;
    int jitter_buffer_ms, jitter_buffer_max_ms;
};

/* What a report block from the other side said of a stream. */
struct rtcp_told {
    int64_t reports, lost_cumulative;
    double fraction_lost_max, jitter_ms_max;
    bool round_trip; /* one of them echoed a sender report */
    /* On either side of the probe, when the first and when the last of them was made. */
    int64_t first_lost_before, first_lost_after, lost_before, lost_after;
    struct rtcp_told_xr xr;
};

struct rtcp_source {
    struct actor actor;
    struct call *call;
    struct flow flow;
    struct media_leg *own, *peer; /* peer NULL: it sends nothing */
    int side;
    int64_t end_ns, clock_offset_ns;
    uint64_t cname;
    int64_t sender_reports, bye_ns; /* seen at the capture point; 0: none */
    int64_t first_sent, last_sent;  /* packets, by the first and last sender report */
    uint32_t peer_reference_ntp;    /* of the last RRTR heard; 0: none */
    int64_t peer_reference_seen_ns;
    uint32_t peer_report_ntp;    /* middle bits of the last sender report heard; 0: none */
    int64_t peer_report_seen_ns; /* when that passed the capture point */
    int64_t expected_before, received_before, sent_before, turns;
};

/* What one side sends between two points of time. */
struct media_leg {
    struct rtp_source rtp;
    struct rtcp_source rtcp;
    struct rtcp_told told;
};

/* All that a leg's plan says. */
struct media_plan {
    enum media_kind kind;
    int phase, side;
    int64_t start_ns, end_ns;
    int64_t pause_from_ns, pause_to_ns; /* both 0: none */
    int64_t switch_ns, restart_ns;      /* 0: never */
};

/* What is in it and belongs to nobody else. */
void rtp_source_fini(struct rtp_source *s);

/* Makes the leg, which its call frees, and sets its actors to work. */
struct media_leg *rtp_source_start(struct call *c, const struct media_plan *plan);

/* The spare flights that the world keeps. */
void rtp_source_free_flights(struct world *w);

#endif
