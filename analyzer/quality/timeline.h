/*
 * timeline - a stream second by second, so that a short burst is never averaged away.
 *
 * Seconds run from the first packet. Each owns the sequence numbers that were passed in it: a packet
 * counts where it arrives, a loss where the gap shows. A silence that the gap after it explains was
 * the network's: its losses are spread evenly over it, so that each second of an outage is lost. A
 * silence without such a gap (hold, DTX) owns nothing and is not judged.
 *
 * A second is judged once the one after it is over: until then a late first copy finds the second
 * that owns its number. The copy of an older one is credited to the oldest that is still open.
 *
 * Seconds make intervals (five of them, packed as they are done: analyzer/interval.h), the worst
 * ten in a row, and the number of bad ones: R (jb200: lost and late, and their runs; the stream's
 * codec) under 60 on the narrowband scale.
 *
 * Invariants
 *   1. Lost of all intervals is lost of the stream, but for copies over a second late.
 *   2. What a second takes does not hang on how long a silence was: passing a year is O(1).
 *   3. The E-model's powers are taken once for each codec, never for a second.
 *
 * Ownership  Embedded by value; timeline_fini frees the packed intervals.
 * Thread     Analysis thread only.
 * Time       Of the packets, ns. Going back is harmless: an older packet counts in the current second.
 * Bounded    INTERVALS_MAX intervals (24 hours); what comes after is counted as refused. Seconds are
 *            judged on.
 * Source     docs/METRICS.md §1, §4
 */
#ifndef ANALYZER_QUALITY_TIMELINE_H
#define ANALYZER_QUALITY_TIMELINE_H

#include "analyzer/counters.h"
#include "analyzer/interval.h"
#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/level.h"

enum {
    TIMELINE_WINDOW_S = 10,
    TIMELINE_LEAST_NUMBERS =
        8,                     /* of a second, else it says too little: 120 ms packets are judged */
    TIMELINE_MOS_STEPS = 3501, /* 1.000 to 4.500 */
};

/* Numbers that a stretch of time owns. */
struct timeline_losses {
    uint32_t numbers, lost;
    uint32_t late; /* behind 200 ms */
    uint32_t runs; /* of those lost or late: that begin here */
    bool goes_on;  /* the first number is lost or late, and so was the one before it */
};

struct timeline_second {
    int64_t first_ext; /* smaller ones belong to the second before */
    struct timeline_losses losses;
};

/* Five seconds: what of them is known at once, and what when they are judged. */
struct timeline_interval {
    uint32_t packets;
    float jitter_ms_max;
    struct level_sum level;
    struct timeline_losses losses;
};

/* One second of the window. */
struct timeline_past {
    uint16_t numbers, unheard, runs;
    bool goes_on;
};

struct timeline {
    /* What every packet touches. */
    int64_t second_end_ns, last_ns;
    struct timeline_interval open; /* that `now` belongs to */
    struct timeline_second now;
    bool in_run; /* the number before the next was lost or late, in this second */
    /* Of the interval that waits for its last second, else of the open one: as in struct interval. */
    uint8_t unheard[INTERVAL_S];

    /* What a second touches. */
    struct timeline_second before;
    uint8_t second_of_interval; /* of `now`, 0..4 */
    bool has_before;
    bool timed;        /* the clock is known, so jitter is */
    bool codec_is_bad; /* even when nothing is lost */
    uint8_t oldest;    /* in the window */
    uint8_t window_s;  /* judged so far, up to ten */

    const struct codec_ie *ie;       /* NULL: no MOS */
    const struct codec_ie *known_ie; /* whose figures these are */
    double line_r, lossless_mos;

    struct timeline_interval closing; /* the one before, while its last second is not judged */
    bool has_closing;
    struct timeline_past past[TIMELINE_WINDOW_S];
    struct timeline_losses window; /* sum of past, but goes_on; late ones count as lost */
    int64_t start_ns, worst_time_ns;
    double worst_mos; /* 0: no window yet */
    int64_t judged_seconds, bad_seconds;
    struct level_sum level; /* of intervals that are packed */
    uint8_t *packed;        /* intervals that are done */
    uint32_t packed_bytes, packed_room;
    uint32_t intervals; /* that are done, pauses included */
    uint32_t pause;     /* of these the last ones, in which nothing came: not packed yet */
};

/* One packet that is no duplicate, with what is not usual about it. */
struct timeline_packet {
    int64_t time_ns;
    int64_t ext; /* extended sequence number */
    int64_t
        next_ext;  /* the least that was not passed before it; of a restart its segment's first */
    uint32_t gap;  /* lost because of it: passed over; or between it and the first, if it widens */
    double gap_ms; /* their media time; 0: not known */
    double jitter_ms;
    bool late;      /* too late for a buffer of 200 ms */
    bool late_copy; /* its number was counted as lost */
    bool widens;    /* it lies below the first of its segment; no late copy */
    bool restarts;  /* it proves the one before it, which was not counted */
    bool below_heard,
        above_heard; /* the numbers beside it, of late copies; the first, if it widens */
};

struct timeline_report {
    int64_t bad_seconds;  /* −1: none could be judged */
    double worst_10s_mos; /* NaN: fewer than ten seconds, or no MOS */
    int64_t worst_10s_time_ns;
    struct level_sum level; /* of all packets that were decoded */
};

/* How often each MOS was an interval's, in steps of 0.001. */
struct timeline_mos {
    uint32_t intervals;
    uint32_t lowest; /* step that is counted */
    uint32_t counts[TIMELINE_MOS_STEPS];
};

void timeline_init(struct timeline *t, int64_t time_ns);
void timeline_fini(struct timeline *t);

/* From the second on that is not judged yet. ie may be NULL. */
void timeline_set_codec(struct timeline *t, const struct codec_ie *ie, bool timed);

/* What happens on a second's edge; what is not usual. */
void timeline_roll(struct timeline *t, int64_t time_ns, int64_t ext, struct counters *counters);
void timeline_unusual(struct timeline *t, const struct timeline_packet *p,
                      struct counters *counters);

/* A packet in its order, in time, with none missing before it. */
static inline void timeline_usual(struct timeline *t, int64_t time_ns, int64_t ext,
                                  double jitter_ms, struct counters *counters)
{
    if (time_ns >= t->second_end_ns)
        timeline_roll(t, time_ns, ext, counters);
    t->last_ns = time_ns;
    t->open.packets++;
    t->now.losses.numbers++;
    t->in_run = false;
    if ((float)jitter_ms > t->open.jitter_ms_max)
        t->open.jitter_ms_max = (float)jitter_ms;
}

/* Where the sound of the packet just counted is added. */
static inline struct level_sum *timeline_level(struct timeline *t)
{
    return &t->open.level;
}

void timeline_report(const struct timeline *t, struct timeline_report *out);

/* The packed series with the seconds that are not over yet, appended to `out`. */
void timeline_write(const struct timeline *t, struct strbuf *out);
/* The same where the timestamps proved to be nonsense: packets, losses and levels alone. */
void timeline_write_untimed(const struct timeline *t, struct strbuf *out);

/* Adds the MOS of each interval that timeline_write would write. */
void timeline_add_mos(const struct timeline *t, struct timeline_mos *mos);
/* Nearest rank; NaN of none. */
double timeline_mos_quantile(const struct timeline_mos *mos, double share);

#endif
