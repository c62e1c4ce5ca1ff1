/*
 * timeline - a stream second by second, so that a short burst is never averaged away.
 *
 * Packets are counted in the second of their arrival; losses where the gap shows, and taken back
 * where a late first copy turns up. A second is judged once the one after it is over. Seconds make
 * intervals (five of them, packed as they are done: analyzer/interval.h), the worst ten seconds in
 * a row, and the number of bad ones.
 *
 * A second is bad when its own R (jb200: its losses and their runs, the stream's codec) is under 60.
 *
 * Ownership  Embedded by value; timeline_fini frees the packed intervals.
 * Thread     Analysis thread only.
 * Time       Of the packets, ns. Going back is harmless: an older packet counts in the current second.
 * Bounded    INTERVALS_MAX intervals (24 hours); what comes after is counted as refused.
 * Source     docs/METRICS.md §1, §4
 */
#ifndef ANALYZER_QUALITY_TIMELINE_H
#define ANALYZER_QUALITY_TIMELINE_H

#include "analyzer/counters.h"
#include "analyzer/interval.h"
#include "analyzer/quality/burst.h"
#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/level.h"

struct timeline_second {
    uint16_t packets, lost, late, runs;
    float jitter_ms_max;
    struct level_sum level;
};

struct timeline {
    int64_t interval_end_ns;
    int64_t start_ns;
    int64_t interval_first_ext;
    struct timeline_second now;
    const struct codec_ie *ie; /* NULL: no MOS */
    bool timed;                /* the clock is known, so jitter is */
    uint8_t *packed;           /* intervals that are done */
    uint32_t packed_bytes, packed_room, intervals;
};

struct timeline_report {
    int64_t bad_seconds;  /* RECORD_NONE-like −1: no MOS */
    double worst_10s_mos; /* NaN: fewer than ten seconds, or no MOS */
    int64_t worst_10s_time_ns;
    double mos_p5, mos_p50; /* of the intervals; NaN */
    struct level_sum level; /* of all packets that were decoded */
};

void timeline_init(struct timeline *t, int64_t time_ns);
void timeline_fini(struct timeline *t);

/* The codec from now on. */
void timeline_set_codec(struct timeline *t, const struct codec_ie *ie, bool timed);

/* Lets time pass up to the packet that is about to be counted. highest_ext: of those before it. */
void timeline_roll(struct timeline *t, int64_t time_ns, int64_t highest_ext,
                   struct counters *counters);

static inline void timeline_advance(struct timeline *t, int64_t time_ns, int64_t highest_ext,
                                    struct counters *counters)
{
    if (time_ns >= t->interval_end_ns)
        timeline_roll(t, time_ns, highest_ext, counters);
}

/* One packet that is no duplicate. gap: numbers passed over before it. */
void timeline_packet(struct timeline *t, int64_t gap, double jitter_ms);
/* A first copy of a number that was counted as lost. */
void timeline_late_copy(struct timeline *t, int64_t ext, double jitter_ms);
/* The packet just counted came too late for a buffer of 200 ms. */
void timeline_too_late(struct timeline *t);
/* What was heard in the packet just counted. */
void timeline_heard(struct timeline *t, const struct level_sum *level);

void timeline_report(const struct timeline *t, struct timeline_report *out);

/* The packed series with the seconds that are not over yet, appended to `out`. */
void timeline_write(const struct timeline *t, struct strbuf *out);

#endif
