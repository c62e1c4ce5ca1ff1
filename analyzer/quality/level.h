/*
 * level - how loud the samples of a packet are: power, silence, clipping.
 *
 * Every fourth sample is looked at, beginning with another one in each packet: over four packets
 * each is met once, at a quarter of the cost. Power is exact for what is stationary over 80 ms.
 *
 * Thread    Pure functions; safe anywhere.
 * Units     dBm0: a sine at the codec's overload point is +3.14 (A-law) or +3.17 dBm0 (µ-law). L16 is
 *           taken as A-law's scale, full scale at +3.14.
 * Source    ITU-T G.711 (the overload points), P.56 for the word "active"
 */
#ifndef ANALYZER_QUALITY_LEVEL_H
#define ANALYZER_QUALITY_LEVEL_H

#include "analyzer/base/slice.h"

/* What is decoded here; everything else has no level (it needs a codec's library). */
enum level_encoding { LEVEL_NONE, LEVEL_PCMU, LEVEL_PCMA, LEVEL_L16 };

/* Sums, so that packets add up to seconds and seconds to streams. */
struct level_sum {
    double active_power;              /* of the packets that are not silent; full scale² = 1 */
    uint32_t packets, silent_packets; /* silent: under −50 dBm0 */
    uint32_t samples, clipped;        /* looked at; of those, at the end of the scale */
    uint32_t active_samples;
};

/* By the encoding name of SDP. */
enum level_encoding level_encoding_of(struct slice codec);

/* One packet's. phase: its sequence number will do. */
void level_measure(struct level_sum *out, enum level_encoding encoding, struct slice payload,
                   unsigned phase);

void level_add(struct level_sum *to, const struct level_sum *from);

/* NaN where nothing was measured (or, for the level, all was silence). */
double level_dbm0(const struct level_sum *s);
double level_silence_ratio(const struct level_sum *s);
double level_clipping_ratio(const struct level_sum *s);

#endif
