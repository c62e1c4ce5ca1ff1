/*
 * audio_encoders - the other end of the decoders: sound in, RTP payloads out, by the same libraries.
 *
 * Ownership  open/close of each row.
 */
#ifndef TESTS_UNIT_AUDIO_ENCODERS_H
#define TESTS_UNIT_AUDIO_ENCODERS_H

#include "storage/audio/audio_codec.h"

enum { ENCODED_MAX = 2048, ENCODER_FRAME_MAX = 960 };

struct audio_encoder {
    struct audio_format format;
    const char *title;
    uint32_t rate_hz; /* of the samples */
    size_t frame;     /* samples of one payload */
    int option;       /* bit rate or mode */
    /* What decoding may do to a tone of 1 kHz: its level, and what else is heard. */
    double level_db, noise_db;
    void *(*open)(const struct audio_encoder *e);
    void (*close)(void *state);
    size_t (*encode)(const struct audio_encoder *e, void *state, const int16_t *samples,
                     uint8_t *payload);
};

/* NULL past the last one. Only those whose library is there. */
const struct audio_encoder *audio_encoder_at(size_t i);

#endif
