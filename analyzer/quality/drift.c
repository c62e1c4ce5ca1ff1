#include "analyzer/quality/drift.h"

#include <math.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    LEAST_POINTS = 6,  /* of a line: three in each half */
    LEAST_LINE_S = 10, /* shorter ones are not heeded */
};

/* A line is believed when its halves tell the same: within 15 ppm, and what a short one is off by
 * chance (30 ms of jitter, see test_drift.c). */
#define AGREE_PPM       15.0
#define AGREE_PPM_S     1800.0
#define MS_PER_S_TO_PPM 1000.0

struct line {
    double slope; /* ms per s */
    double length_s;
};

/* The edge of the lower hull under the middle of the points: of all lines below them the one that is
 * nearest to all. */
static struct line line_below(const struct drift_point *p, unsigned count)
{
    uint8_t hull[DRIFT_POINTS + 1] = { 0, 1 };
    unsigned n = 0, edge = 0;
    double middle = 0;

    for (unsigned i = 0; i < count; i++) {
        middle += (double)p[i].time_s / count;
        while (n >= 2) {
            const struct drift_point *a = &p[hull[n - 2]], *b = &p[hull[n - 1]];
            double ab = ((double)b->transit_ms - (double)a->transit_ms) *
                        ((double)p[i].time_s - (double)a->time_s);
            double ac = ((double)p[i].transit_ms - (double)a->transit_ms) *
                        ((double)b->time_s - (double)a->time_s);

            if (ab < ac)
                break;
            n--; /* b lies on or above the way from a to here */
        }
        hull[n++] = (uint8_t)i;
    }
    while (edge + 2 < n && (double)p[hull[edge + 1]].time_s < middle)
        edge++;
    return (struct line){
        ((double)p[hull[edge + 1]].transit_ms - (double)p[hull[edge]].transit_ms) /
            ((double)p[hull[edge + 1]].time_s - (double)p[hull[edge]].time_s),
        (double)p[count - 1].time_s - (double)p[0].time_s,
    };
}

/* The line of these points, if there is one to be believed. */
static bool line_of(const struct drift_point *p, unsigned count, struct line *out)
{
    struct line first, second;
    double allowed;

    if (count < LEAST_POINTS)
        return false;
    *out = line_below(p, count);
    if (out->length_s < LEAST_LINE_S)
        return false;
    first = line_below(p, count / 2);
    second = line_below(p + count / 2, count - count / 2);
    allowed = (AGREE_PPM + AGREE_PPM_S / out->length_s) / MS_PER_S_TO_PPM;
    return fabs(first.slope - out->slope) <= allowed && fabs(second.slope - out->slope) <= allowed;
}

static void end_line(struct drift *d)
{
    struct line line;
    float cube;

    if (line_of(d->points, d->count, &line)) {
        cube = (float)(line.length_s * line.length_s * line.length_s);
        d->cubes += cube;
        d->cubes_ppm += cube * (float)(-line.slope * MS_PER_S_TO_PPM);
        d->measured_s += (float)line.length_s;
    }
    d->count = 0;
}

/* Two neighbours become the one that lies lower along the line of all. */
static void make_room(struct drift *d)
{
    double slope = line_below(d->points, d->count).slope;

    for (unsigned i = 0; i < DRIFT_POINTS / 2; i++) {
        const struct drift_point *a = &d->points[2 * i], *b = &d->points[2 * i + 1];
        double rise = slope * ((double)b->time_s - (double)a->time_s);

        d->points[i] = (double)b->transit_ms - rise < (double)a->transit_ms ? *b : *a;
    }
    d->count = DRIFT_POINTS / 2;
    d->window_ns *= 2;
}

static struct drift_point point_under_way(const struct drift *d)
{
    return (struct drift_point){ (float)((double)(d->least_ns - d->base_ns) / (double)NS_PER_S),
                                 (float)d->least_ms };
}

/* Time that goes back makes no point. */
static bool follows(const struct drift *d, const struct drift_point *p)
{
    return d->count == 0 || p->time_s > d->points[d->count - 1].time_s;
}

static void end_point(struct drift *d)
{
    struct drift_point p = point_under_way(d);

    if (!follows(d, &p))
        return;
    if (d->count == DRIFT_POINTS)
        make_room(d);
    d->points[d->count++] = p;
}

void drift_turn(struct drift *d, int64_t time_ns, double transit_ms, bool rebased)
{
    if (d->started)
        end_point(d);
    if (!d->started) {
        d->skew_min_ms = d->skew_max_ms = transit_ms;
        d->started = true;
        rebased = true;
    }
    if (rebased) {
        end_line(d);
        d->base_ns = time_ns;
        d->window_ns = NS_PER_S;
        d->window_end_ns = time_ns;
        d->slope_ms_ns = 0;
    } else if (d->count >= LEAST_POINTS) {
        d->slope_ms_ns = line_below(d->points, d->count).slope / (double)NS_PER_S;
    }
    d->window_end_ns += ((time_ns - d->window_end_ns) / d->window_ns + 1) * d->window_ns;
    d->least_ms = INFINITY;
    d->least_ns = time_ns;
}

/* NaN without as much of it. */
static double ppm_of_lines(const struct drift *d, double least_s)
{
    struct drift whole = *d;

    if (!d->started)
        return NAN;
    end_point(&whole);
    end_line(&whole);
    return (double)whole.measured_s >= least_s && whole.cubes > 0
               ? (double)(whole.cubes_ppm / whole.cubes)
               : NAN;
}

double drift_ppm(const struct drift *d)
{
    double ppm = ppm_of_lines(d, DRIFT_LEAST_S);

    return fabs(ppm) <= DRIFT_MOST_PPM ? ppm : NAN;
}

bool drift_is_absurd(const struct drift *d)
{
    return fabs(ppm_of_lines(d, LEAST_LINE_S)) >= DRIFT_ABSURD_PPM;
}

double drift_skew_min_ms(const struct drift *d)
{
    return d->started ? d->skew_min_ms : NAN;
}

double drift_skew_max_ms(const struct drift *d)
{
    return d->started ? d->skew_max_ms : NAN;
}
