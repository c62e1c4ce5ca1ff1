/*
 * stream_sound - the sound of one stream: its decoders, its resampler, its noise.
 *
 * The lower half of audio_stream: that one says when, this one what. Sound goes on in segments;
 * within one, samples follow each other without a seam.
 *
 * Ownership  Works on the fields of struct audio_stream.
 */
#ifndef STORAGE_AUDIO_STREAM_SOUND_H
#define STORAGE_AUDIO_STREAM_SOUND_H

#include "storage/audio/audio_stream.h"

/* Where the segment ends, on the timeline. Only while there is one (s->resampler). */
int64_t stream_sound_end(const struct audio_stream *s);

/* The segment is over. */
void stream_sound_break(struct audio_stream *s);

/* The packet's sound goes on with the segment, or begins one at `at`. skip: so many samples of the
 * timeline were heard already. False: there was none to decode. */
bool stream_sound_decode(struct audio_stream *s, const struct waiting_packet *p, int64_t at,
                         int64_t skip);

/* Samples of the timeline, at the end of the segment. */
void stream_sound_conceal(struct audio_stream *s, int64_t samples);
void stream_sound_noise(struct audio_stream *s, int64_t samples);

/* Comfort noise from here on, as loud as the packet says. */
void stream_sound_begin_noise(struct audio_stream *s, const struct waiting_packet *p, int64_t at);

void stream_sound_close(struct audio_stream *s);

#endif
