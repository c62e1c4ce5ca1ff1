/*
 * level - how loud the samples of a packet are: power, silence, clipping.
 *
 * Every fourth sample is looked at: of each 16 those at 0, 5, 10 and 15, the next packet begins one
 * further on, so that over four packets each is met once, at a quarter of the cost. The steps are
 * uneven because a tone at a quarter of the sampling rate would stand still for even ones, and be
 * silence in one packet and too loud in the next.
 *
 * Thread    Pure functions; safe anywhere.
 * Units     dBm0: a sine at the codec's overload point is +3.14 (A-law) or +3.17 dBm0 (µ-law). L16 is
 *           taken as A-law's scale, full scale at +3.14.
 * Accuracy  Over a second: within 0.05 dB for a steady tone of 300 to 3400 Hz. Of one packet alone
 *           up to 3 dB off (near 1500 and 2500 Hz): it only decides between silence and sound.
 * Source    ITU-T G.711 (the overload points, the digital milliwatt), P.56 for the word "active"
 */
#ifndef ANALYZER_QUALITY_LEVEL_H
#define ANALYZER_QUALITY_LEVEL_H

#include "analyzer/base/slice.h"

/* What is decoded here; everything else has no level (it needs a codec's library). */
enum level_encoding { LEVEL_NONE, LEVEL_PCMU, LEVEL_PCMA, LEVEL_L16 };

/* Sums, so that packets add up to seconds and seconds to streams. */
struct level_sum {
    double active_power; /* of the packets that are not silent; A-law's full scale² = 1 */
    uint32_t packets, silent_packets; /* silent: under −50 dBm0 */
    uint32_t samples, clipped;        /* looked at; of those, at the end of the scale */
    uint32_t active_samples;
};

/* By the encoding name of SDP. */
enum level_encoding level_encoding_of(struct slice codec);

enum level_heard { LEVEL_NOTHING, LEVEL_SILENCE, LEVEL_SOUND };

/* Adds one packet to a sum, and says what was heard in it. phase: its sequence number will do. A
 * payload without a sample to look at is nothing, and counts as no packet. */
enum level_heard level_measure(struct level_sum *to, enum level_encoding encoding,
                               struct slice payload, unsigned phase);

void level_add(struct level_sum *to, const struct level_sum *from);

/* Every code as often as any other, as no sound has it: what was announced in the clear is encrypted
 * (ZRTP, or SRTP whose SDP was not seen). A heuristic: it wants some seconds. */
bool level_is_of_random_bytes(const struct level_sum *s);

/* NaN where nothing was measured, where it was random bytes (or, for the level, all was silence). */
double level_dbm0(const struct level_sum *s);
double level_silence_ratio(const struct level_sum *s);
double level_clipping_ratio(const struct level_sum *s);

#endif
