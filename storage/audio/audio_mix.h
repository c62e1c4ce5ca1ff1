/*
 * audio_mix - several streams added up on one stereo timeline, and handed on once nothing can come.
 *
 * Holds some seconds: what is older than the line that audio_mix_advance draws is out.
 *
 * Ownership  audio_mix_init/fini.
 * Thread     One thread a mix.
 * Units      Positions are samples of one channel since the beginning of the timeline.
 * Errors     What comes behind the line, or too far ahead of it, is dropped and counted. The sink's
 *            −errno is kept; nothing is handed on after it.
 */
#ifndef STORAGE_AUDIO_AUDIO_MIX_H
#define STORAGE_AUDIO_AUDIO_MIX_H

#include <stddef.h>
#include <stdint.h>

enum audio_side { AUDIO_LEFT, AUDIO_RIGHT, AUDIO_SIDES };

/* Left and right in turn. 0 or −errno. */
typedef int (*audio_sink_fn)(void *ctx, const int16_t *stereo, size_t frames);

enum { AUDIO_MIX_SECONDS = 8 }; /* at least */

struct audio_mix {
    int32_t *sums; /* a ring of frames: left, right */
    size_t frames; /* a power of two */
    int64_t line;  /* before it, all is out */
    int64_t end;   /* of the last sound */
    int64_t dropped;
    int error;
    audio_sink_fn sink;
    void *sink_ctx;
};

/* 0 or −ENOMEM. */
int audio_mix_init(struct audio_mix *m, uint32_t rate_hz, audio_sink_fn sink, void *ctx);
void audio_mix_fini(struct audio_mix *m);

void audio_mix_add(struct audio_mix *m, enum audio_side side, int64_t at, const int16_t *samples,
                   size_t count);

/* Everything before `line` goes out; a line that is behind changes nothing. */
void audio_mix_advance(struct audio_mix *m, int64_t line);

#endif
