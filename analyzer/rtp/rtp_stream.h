/*
 * rtp_stream - what the sequence numbers and times of one SSRC in one direction tell.
 *
 * Sequence numbers are followed in blocks of 64 over a window of the last 129 to 192: long enough to
 * tell a duplicate from a late first copy as far back as MAX_MISORDER. A block that leaves the
 * window is final; it is handed to the owner, who counts losses and bursts from it.
 *
 * Invariants
 *   1. first <= highest; every number in first..highest was seen or is lost.
 *   2. Blocks before oldest_block have been handed out, each once, in order.
 *   3. A restart (RFC 3550 A.1) closes the segment: its blocks are handed out, numbers go on above.
 *
 * Ownership  Embedded by value; holds no pointers.
 * Thread     Analysis thread only.
 * Time       Never reads a clock: every time is the packet's own.
 * Source     RFC 3550 A.1, A.8; docs/METRICS.md §2
 */
#ifndef ANALYZER_RTP_RTP_STREAM_H
#define ANALYZER_RTP_RTP_STREAM_H

#include "analyzer/base/quantile.h"
#include "analyzer/rtp/rtp_packet.h"

enum { RTP_WINDOW_BLOCKS = 4, RTP_MAX_DROPOUT = 3000, RTP_MAX_MISORDER = 100 };

enum rtp_arrival {
    RTP_ARRIVAL_IN_ORDER,
    RTP_ARRIVAL_LATE,      /* first copy, below the highest seen */
    RTP_ARRIVAL_DUPLICATE, /* seen before */
    RTP_ARRIVAL_WILD,      /* outside the limits, alone so far */
    RTP_ARRIVAL_RESTART,   /* the second in a row outside the limits: a new segment */
};

/* 64 sequence numbers that are final. */
struct rtp_block {
    int64_t number; /* extended sequence number / 64 */
    uint64_t valid; /* bit i: number·64 + i lies in the segment */
    uint64_t seen;  /* … and arrived */
    bool last;      /* of its segment */
};

typedef void (*rtp_block_fn)(void *ctx, const struct rtp_block *block);

struct rtp_stream {
    int64_t first, highest; /* extended, of the current segment */
    int64_t oldest_block;
    uint64_t seen[RTP_WINDOW_BLOCKS];
    int64_t expected_before; /* of finished segments */
    int64_t packets, duplicates, out_of_order, restarts;
    uint16_t wild_next; /* the number that would prove a restart */
    bool has_wild;
    bool started;

    /* Times. Milliseconds since the base, so that a double holds them exactly enough. */
    bool has_reference; /* transit_ms is comparable with the next packet's */
    uint8_t agreeing;   /* packets in a row that confirmed ticks_per_packet, saturating */
    uint32_t last_timestamp;
    uint32_t ticks_per_packet; /* ptime in the RTP clock; 0: not known yet */
    int64_t last_ext;          /* of the packet before, in arrival order */
    int64_t base_time_ns;
    int64_t timestamp_ext; /* extended timestamp of the packet before */
    int64_t base_timestamp;
    double ms_per_tick;
    double transit_ms; /* arrival − media time of the packet before */
    double jitter_ms;
    double jitter_sum_ms;
    double jitter_max_ms;
    int64_t jitter_count;
    uint32_t own_ticks; /* media time of the packet before, as its payload tells: the owner sets it;
                           0: as long as most */
    uint32_t talkspurts;
    int64_t steps, doubtful;        /* from one measured packet to the next; of those, nonsense */
    int64_t media_ticks, dtx_ticks; /* media time that passed; of it, not sent on purpose */
    int64_t first_time_ns, last_time_ns, delta_max_ns;
};

/* What one packet was. */
struct rtp_observation {
    enum rtp_arrival arrival;
    int64_t ext;       /* its extended sequence number */
    double transit_ms; /* comparable within one stream until `rebased` */
    bool rebased;   /* first packet, discontinuity or another clock: older transits mean nothing */
    bool talkspurt; /* marker, and a timestamp gap over two packets (DTX) */
    double jump_ms; /* … by how much */
    bool jumped;    /* a timestamp that neither the sequence nor the arrival explains */
};

void rtp_stream_init(struct rtp_stream *s, uint32_t clock_rate_hz);

/* Another codec with another clock: times start anew, counts go on. */
void rtp_stream_set_clock(struct rtp_stream *s, uint32_t clock_rate_hz);

/* jitter_series: gets each J, in ms. timed: false for telephone-event packets, whose timestamp stands still. */
void rtp_stream_observe(struct rtp_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                        bool timed, struct quantile *jitter_series, rtp_block_fn retire, void *ctx,
                        struct rtp_observation *out);

/* The end: hands out what is still in the window. Further packets begin a new segment. */
void rtp_stream_flush(struct rtp_stream *s, rtp_block_fn retire, void *ctx);

/* The window without handing it out: blocks still open, for a report in mid-stream. */
void rtp_stream_peek(const struct rtp_stream *s, rtp_block_fn each, void *ctx);

int64_t rtp_stream_expected(const struct rtp_stream *s);

/* False: a quarter of the timestamps and more stand still, run backward or jump. Whatever was
 * computed from them is no measurement. (Packets of one picture share theirs: ask it of sound.) */
bool rtp_stream_times_hold(const struct rtp_stream *s);

/* NaN until two packets in a row agreed on it. */
double rtp_stream_ptime_ms(const struct rtp_stream *s);

/* Media time not sent on purpose (DTX) by all media time; NaN before any passed. */
double rtp_stream_dtx_ratio(const struct rtp_stream *s);

#endif
