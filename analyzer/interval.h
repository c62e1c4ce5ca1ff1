/*
 * interval - five seconds of a stream, and a long row of them in few bytes.
 *
 * A stream of 24 hours has 17,280 intervals; as JSON they would be two megabytes. Packed they are a
 * dozen bytes each, in memory, in the day database and on the way between them, and become JSON for
 * who asks.
 *
 *   series    = 1 (version), start_time (varint, microseconds), interval…
 *   interval  = flags, then a varint for each field whose flag is set; runs of intervals in which
 *               nothing came are one flag byte and a count.
 *
 * Days that older versions wrote hold the JSON itself: it begins with '[', a series with 1.
 *
 * Ownership  The series is the owner's bytes; reading borrows them.
 * Thread     Pure functions; safe anywhere.
 * Units      As the names say; an unknown value is NaN.
 * Errors     Bytes that are no series, cut, or of a value that cannot be: the intervals up to there,
 *            then the end.
 */
#ifndef ANALYZER_INTERVAL_H
#define ANALYZER_INTERVAL_H

#include "analyzer/base/bytes.h"
#include "analyzer/base/jsonw.h"

enum {
    INTERVAL_S = 5,
    INTERVAL_SHARE_STEPS = 200,  /* of a second's share */
    INTERVALS_MAX = 17280,       /* 24 hours */
    INTERVAL_PACKED_BYTES = 48,  /* of one, at most */
    INTERVAL_HEADING_BYTES = 16, /* of the series, at most */
};

struct interval {
    int64_t packets;                      /* that arrived, without duplicates */
    int64_t lost;                         /* never seen */
    int64_t late;                         /* behind 200 ms */
    double jitter_ms_max;                 /* 0.01 ms steps */
    double mos_lq;                        /* jb200; 0.001 steps */
    double level_dbm0;                    /* of what is not silence; 0.1 steps */
    double silence_ratio, clipping_ratio; /* 0.0001 steps */
    /* Of what each second should have brought, the share that was lost or late, in steps of
     * 1/INTERVAL_SHARE_STEPS. Kept only where one is above 0. */
    uint8_t unheard[INTERVAL_S];
};

/* Nothing arrived, nothing is known. */
struct interval interval_empty(void);

/* Write at `out`; the number of bytes. The start is that of the first interval. */
size_t interval_pack_heading(uint8_t out[INTERVAL_HEADING_BYTES], int64_t start_time_ns);
size_t interval_pack(uint8_t out[INTERVAL_PACKED_BYTES], const struct interval *i);
/* `count` intervals in which nothing came. */
size_t interval_pack_pause(uint8_t out[INTERVAL_PACKED_BYTES], uint32_t count);

struct interval_reader {
    struct bytes rest;
    int64_t time_ns; /* of the next interval */
    uint64_t empty;  /* still to come before it */
    uint32_t left;   /* INTERVALS_MAX, less those read */
};

/* False when the bytes are no packed series. */
bool interval_read_series(struct interval_reader *r, struct slice packed);
bool interval_next(struct interval_reader *r, struct interval *out, int64_t *time_ns);

/* The array of METRICS §1; null for an absent slice. */
void interval_write_json(struct jsonw *j, struct slice packed);

#endif
