/*
 * playout - which packets a receiver's jitter buffer would have thrown away as late.
 *
 * Six receivers listen side by side: fixed buffers of 20, 50, 60, 120 and 200 ms, and one that adapts
 * up to 500 ms. Each holds an anchor, the transit time at which it would play at once after its
 * depth; a packet is late when its transit is above the anchor's by more than the depth.
 * The anchor moves at a talkspurt, at a discontinuity, after 10 late packets in a row (the tenth
 * is the new anchor, though late itself), and when packets come earlier than the model's limit.
 *
 * Invariant  A transit within quiet_from_ms..quiet_to_ms is late for no model, moves no anchor and
 *            ends no run of late ones: most packets cost two comparisons. The range is empty while
 *            a run is under way.
 * Ownership  Embedded by value; zeroed, it takes its anchor from the first packet.
 * Units      Milliseconds of transit time (arrival − media time), comparable within one stream.
 * Source     docs/METRICS.md §4
 */
#ifndef ANALYZER_QUALITY_PLAYOUT_H
#define ANALYZER_QUALITY_PLAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum playout_model {
    PLAYOUT_JB20,
    PLAYOUT_JB50,
    PLAYOUT_JB60,
    PLAYOUT_JB120,
    PLAYOUT_JB200,
    PLAYOUT_ADAPTIVE,
    PLAYOUT_MODELS
};

enum { PLAYOUT_LOOK_BACK = 256 }; /* packets after which the adaptive buffer may shrink */

struct playout_buffer {
    double anchor_ms; /* transit of the anchor */
    uint32_t late;
    uint32_t late_run;
};

struct playout {
    struct playout_buffer buffers[PLAYOUT_MODELS]; /* the adaptive one stands beside what follows */
    double quiet_from_ms, quiet_to_ms;
    float adaptive_depth_ms;
    float adaptive_peak_ms; /* largest lateness since the last look back */
    uint32_t adaptive_count;
};

/* What is not quiet. */
unsigned playout_judge(struct playout *p, double transit_ms, bool re_anchor);

/* Bit m of the answer: model m would have thrown this packet away. re_anchor: first packet,
 * talkspurt or discontinuity. */
static inline unsigned playout_arrive(struct playout *p, double transit_ms, bool re_anchor)
{
    float lateness_ms;

    if (re_anchor || !(transit_ms >= p->quiet_from_ms && transit_ms <= p->quiet_to_ms) ||
        p->adaptive_count + 1 >= PLAYOUT_LOOK_BACK)
        return playout_judge(p, transit_ms, re_anchor);
    p->adaptive_count++;
    lateness_ms = (float)(transit_ms - p->buffers[PLAYOUT_ADAPTIVE].anchor_ms);
    if (lateness_ms > p->adaptive_peak_ms)
        p->adaptive_peak_ms = lateness_ms;
    return 0;
}

/* Depth of a model in ms: of the adaptive one, the depth it has now. */
double playout_depth_ms(const struct playout *p, enum playout_model model);

#endif
