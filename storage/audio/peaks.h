/*
 * peaks - the outline of a sound: least and greatest sample of each piece, for a waveform.
 *
 * How long the sound is, is not known before its end: so it is taken in fine pieces, and whenever
 * there are too many of them each two become one. At the end there are at least four fine pieces in
 * each of those that were asked for, or as many as there is sound for.
 *
 * Ownership  peaks_init/fini.
 * Thread     One thread.
 */
#ifndef STORAGE_AUDIO_PEAKS_H
#define STORAGE_AUDIO_PEAKS_H

#include "analyzer/base/jsonw.h"
#include "storage/audio/audio_mix.h"

enum { PEAKS_MAX = 8192, PEAKS_DEFAULT = 1000 };

struct peak_piece {
    int16_t least[AUDIO_SIDES], greatest[AUDIO_SIDES];
};

struct peaks {
    struct peak_piece *pieces;
    size_t count;          /* the last one may not be full */
    uint64_t piece_frames; /* in each */
    uint64_t in_last;
    uint64_t frames;
    uint32_t rate_hz;
};

/* 0 or −ENOMEM. */
int peaks_init(struct peaks *p, uint32_t rate_hz);
void peaks_fini(struct peaks *p);

void peaks_add(struct peaks *p, const int16_t *stereo, size_t frames);

/* {"duration_s":…,"sample_rate_hz":…,"buckets":n,"left":[[min,max],…],"right":…}, from −1 to 1. */
void peaks_write_json(const struct peaks *p, size_t buckets, struct jsonw *j);

#endif
