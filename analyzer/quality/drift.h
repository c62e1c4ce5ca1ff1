/*
 * drift - how the sender's clock runs against the probe's.
 *
 * The fastest packet of each second is the one that waited least; a line through those of the whole
 * stream has the clocks' difference as its slope. Skew is how far a packet came from where the first
 * packet's clock put it.
 *
 * Ownership  Embedded by value; zeroed is empty.
 * Units      Transit in ms (arrival − media time), comparable until re-based. Drift in ppm, positive
 *            when the sender's clock is fast. NaN below DRIFT_LEAST_S of measuring.
 */
#ifndef ANALYZER_QUALITY_DRIFT_H
#define ANALYZER_QUALITY_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

enum { DRIFT_LEAST_S = 30 };

struct drift {
    double skew_min_ms, skew_max_ms;
    double second_min_ms; /* least transit of the second under way */
    int64_t second_end_ns, base_ns;
    double n, sum_x, sum_y, sum_xx, sum_xy; /* of the points: seconds, ms */
    double slopes_ppm_s, slopes_s; /* of segments that are over, weighted by their length */
    bool started;
};

/* rebased: transits before this one mean nothing any more. */
void drift_add(struct drift *d, int64_t time_ns, double transit_ms, bool rebased);
double drift_ppm(const struct drift *d);
/* NaN before anything came. */
double drift_skew_min_ms(const struct drift *d);
double drift_skew_max_ms(const struct drift *d);

#endif
