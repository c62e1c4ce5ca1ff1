#include "analyzer/quality/playout.h"

#include <math.h>

enum { LATE_IN_A_ROW = 10 };

/* The adaptive buffer: how it starts, where it ends, and how often it looks back to shrink. */
#define ADAPTIVE_START_MS 60.0f
#define ADAPTIVE_LEAST_MS 20.0f
#define ADAPTIVE_MOST_MS  500.0f
#define ADAPTIVE_MARGIN   1.25f

/* So far inside its ends the quiet range is narrowed: rounding never makes it hide a late packet. */
#define QUIET_MARGIN_MS 1e-3

static const struct {
    double depth_ms;
    double early_limit_ms;
} models[PLAYOUT_MODELS] = {
    [PLAYOUT_JB20] = { 20, 60 },    [PLAYOUT_JB50] = { 50, 150 },
    [PLAYOUT_JB60] = { 60, 180 },   [PLAYOUT_JB120] = { 120, 360 },
    [PLAYOUT_JB200] = { 200, 400 }, [PLAYOUT_ADAPTIVE] = { ADAPTIVE_MOST_MS, ADAPTIVE_MOST_MS },
};

double playout_depth_ms(const struct playout *p, enum playout_model model)
{
    if (model != PLAYOUT_ADAPTIVE)
        return models[model].depth_ms;
    return p->adaptive_depth_ms > 0 ? (double)p->adaptive_depth_ms : (double)ADAPTIVE_START_MS;
}

static bool is_late(struct playout_buffer *b, double transit_ms, double depth_ms,
                    double early_limit_ms)
{
    double lateness = transit_ms - b->anchor_ms;

    if (lateness > depth_ms) {
        b->late++;
        if (++b->late_run >= LATE_IN_A_ROW) {
            b->anchor_ms = transit_ms;
            b->late_run = 0;
        }
        return true;
    }
    b->late_run = 0;
    if (lateness < -early_limit_ms)
        b->anchor_ms = transit_ms;
    return false;
}

/* Grows at once to what a late packet would have needed, shrinks slowly towards what is needed. */
static void adapt(struct playout *p, double lateness_ms, bool late)
{
    float lateness = (float)lateness_ms;

    if (lateness > p->adaptive_peak_ms)
        p->adaptive_peak_ms = lateness;
    if (late)
        p->adaptive_depth_ms = lateness * ADAPTIVE_MARGIN;
    if (++p->adaptive_count >= PLAYOUT_LOOK_BACK) {
        float needed = p->adaptive_peak_ms * ADAPTIVE_MARGIN;

        if (needed < p->adaptive_depth_ms)
            p->adaptive_depth_ms = (p->adaptive_depth_ms * 3 + needed) / 4;
        p->adaptive_peak_ms = 0;
        p->adaptive_count = 0;
    }
    if (p->adaptive_depth_ms < ADAPTIVE_LEAST_MS)
        p->adaptive_depth_ms = ADAPTIVE_LEAST_MS;
    if (p->adaptive_depth_ms > ADAPTIVE_MOST_MS)
        p->adaptive_depth_ms = ADAPTIVE_MOST_MS;
}

/* Where the next packet changes nothing. */
static void find_quiet(struct playout *p)
{
    double from_ms = -INFINITY, to_ms = INFINITY;

    for (int m = 0; m < PLAYOUT_MODELS; m++) {
        double early_ms = p->buffers[m].anchor_ms - models[m].early_limit_ms;
        double due_ms = p->buffers[m].anchor_ms + playout_depth_ms(p, (enum playout_model)m);

        if (p->buffers[m].late_run)
            due_ms = -INFINITY;
        from_ms = early_ms > from_ms ? early_ms : from_ms;
        to_ms = due_ms < to_ms ? due_ms : to_ms;
    }
    p->quiet_from_ms = from_ms + QUIET_MARGIN_MS;
    p->quiet_to_ms = to_ms - QUIET_MARGIN_MS;
}

static void move_anchors(struct playout *p, double transit_ms)
{
    for (int m = 0; m < PLAYOUT_MODELS; m++) {
        p->buffers[m].anchor_ms = transit_ms;
        p->buffers[m].late_run = 0;
    }
    if (p->adaptive_depth_ms <= 0)
        p->adaptive_depth_ms = ADAPTIVE_START_MS;
}

unsigned playout_judge(struct playout *p, double transit_ms, bool re_anchor)
{
    double lateness_ms = transit_ms - p->buffers[PLAYOUT_ADAPTIVE].anchor_ms;
    unsigned late = 0;

    if (re_anchor) {
        move_anchors(p, transit_ms);
    } else {
        for (int m = 0; m < PLAYOUT_MODELS; m++) {
            if (is_late(&p->buffers[m], transit_ms, playout_depth_ms(p, (enum playout_model)m),
                        models[m].early_limit_ms))
                late |= 1u << m;
        }
        adapt(p, lateness_ms, (late >> PLAYOUT_ADAPTIVE & 1) != 0);
    }
    find_quiet(p);
    return late;
}
