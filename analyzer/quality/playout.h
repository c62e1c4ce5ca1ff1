/*
 * playout - which packets a receiver's jitter buffer would have thrown away as late.
 *
 * Six receivers listen side by side: fixed buffers of 20, 50, 60, 120 and 200 ms, and one that adapts
 * up to 500 ms. Each holds an anchor, the transit time at which it would play at once after its
 * depth; a packet is late when its transit is above the anchor's by more than the depth.
 * The anchor moves at a talkspurt, at a discontinuity, after 10 late packets in a row (the tenth
 * is the new anchor, though late itself), and when packets come earlier than the model's limit.
 *
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

struct playout_buffer {
    double anchor_ms; /* transit of the anchor */
    uint32_t late;
    uint32_t late_run;
};

struct playout {
    struct playout_buffer buffers[PLAYOUT_MODELS];
    float adaptive_depth_ms;
    float adaptive_peak_ms; /* largest lateness since the last look back */
    uint32_t adaptive_count;
};

/* Bit m of the answer: model m would have thrown this packet away. re_anchor: first packet,
 * talkspurt or discontinuity. */
unsigned playout_arrive(struct playout *p, double transit_ms, bool re_anchor);

/* Depth of a model in ms: of the adaptive one, the depth it has now. */
double playout_depth_ms(const struct playout *p, enum playout_model model);

#endif
