/*
 * drift - how the sender's clock runs against the probe's.
 *
 * The fastest packet of a second is the one that waited least. A line below all of those, as high as
 * it can be, is what the path alone would have shown: its slope is the difference of the clocks.
 * Skew is how far a packet came from where the first packet's clock put it.
 *
 * The points are few and stay few: when there is no more room, each two neighbours become the one
 * that lies lower along the line so far. A re-based clock begins another line; what is told is the
 * mean of the lines, weighted by the cubes of their lengths, for that is how well each is known.
 *
 * Ownership  Embedded by value; zeroed is empty.
 * Units      Transit in ms (arrival − media time), comparable until re-based. Drift in ppm, positive
 *            when the sender's clock is fast.
 * Unknown    NaN below DRIFT_LEAST_S of measuring, where the halves of a line disagree (the path or
 *            the talker changed, not the clock) and beyond DRIFT_MOST_PPM (no clock is that wrong:
 *            the rate is another one).
 * Accuracy   With up to 30 ms of jitter at 50 packets/s, 120 s: within 2 ppm (test_drift.c); 30 s:
 *            within 15 ppm. A probe that reads its own clock badly is no better than that clock.
 * Source     Moon, Skelly, Towsley: Estimation and removal of clock skew (1999), for the line below
 */
#ifndef ANALYZER_QUALITY_DRIFT_H
#define ANALYZER_QUALITY_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

enum { DRIFT_LEAST_S = 30, DRIFT_MOST_PPM = 10000, DRIFT_ABSURD_PPM = 200000, DRIFT_POINTS = 32 };

struct drift_point {
    float time_s; /* since the base */
    float transit_ms;
};

struct drift {
    double skew_min_ms, skew_max_ms;
    int64_t base_ns;                    /* of the line under way */
    int64_t window_end_ns;              /* of the point under way */
    int64_t window_ns;                  /* how much time one point stands for: doubles */
    int64_t least_ns;                   /* when the point's packet came */
    double least_ms;                    /* least transit of the point under way … */
    double slope_ms_ns;                 /* … along the line so far */
    float cubes_ppm, cubes, measured_s; /* of the lines that are over */
    uint8_t count;
    bool started;
    struct drift_point points[DRIFT_POINTS];
};

/* A point is over, or a line: not for the hot path. */
void drift_turn(struct drift *d, int64_t time_ns, double transit_ms, bool rebased);

/* rebased: transits before this one mean nothing any more. */
static inline void drift_add(struct drift *d, int64_t time_ns, double transit_ms, bool rebased)
{
    if (rebased || time_ns >= d->window_end_ns)
        drift_turn(d, time_ns, transit_ms, rebased);
    if (transit_ms < d->skew_min_ms)
        d->skew_min_ms = transit_ms;
    if (transit_ms > d->skew_max_ms)
        d->skew_max_ms = transit_ms;
    if (transit_ms < d->least_ms + d->slope_ms_ns * (double)(time_ns - d->least_ns)) {
        d->least_ms = transit_ms;
        d->least_ns = time_ns;
    }
}

double drift_ppm(const struct drift *d);
/* It runs a quarter faster or slower and more, for ten seconds or more: timestamps in other units
 * than the ones that were announced. */
bool drift_is_absurd(const struct drift *d);
/* NaN before anything came. */
double drift_skew_min_ms(const struct drift *d);
double drift_skew_max_ms(const struct drift *d);

#endif
