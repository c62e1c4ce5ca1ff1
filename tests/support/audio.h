/*
 * audio - what the calls say: endless loops of encoded frames, made once, for every codec.
 *
 * G.711 carries a signal that can be heard: babble of made-up syllables, or a plain tone (which
 * also compresses well). The other codecs carry bytes of the right size and outer form only.
 *
 * Ownership  audio_open gives what audio_close frees; frames are borrowed from it.
 * Source     RFC 3551 (payload types, sizes), ITU-T G.711, RFC 6716 §3.1 (the Opus TOC byte)
 */
#ifndef TESTS_SUPPORT_AUDIO_H
#define TESTS_SUPPORT_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_id {
    CODEC_PCMU,
    CODEC_PCMA,
    CODEC_G722,
    CODEC_G729,
    CODEC_GSM,
    CODEC_OPUS,
    CODEC_OPUS_FB,   /* fullband, by the first byte of its packets */
    CODEC_AMR,       /* bandwidth-efficient */
    CODEC_AMR_OA,    /* octet-aligned */
    CODEC_AMR_WB,    /* bandwidth-efficient */
    CODEC_AMR_WB_OA, /* octet-aligned */
    CODEC_VP8,       /* video: no loop, see rtp_source.c */
    CODEC_COUNT,
    CODEC_MIX = CODEC_COUNT, /* as an option: a codec drawn for every call */
};

struct audio_codec {
    const char *option; /* on the command line */
    const char *name;   /* in rtpmap */
    const char *rtpmap; /* what follows the payload type */
    const char *fmtp;   /* NULL: none */
    uint8_t payload_type;
    uint8_t event_type; /* payload type of its telephone-event */
    uint32_t clock_hz;
    uint16_t bytes_per_s; /* 0: frames vary */
    uint8_t ptime_step_ms;
    uint8_t share; /* of the mix, percent */
};

extern const struct audio_codec audio_codecs[CODEC_COUNT];

/* Whether packets of that many ms exist. */
bool audio_takes_ptime(enum codec_id id, int64_t ptime_ms);

struct audio_frame {
    const uint8_t *bytes;
    uint16_t len;
    uint32_t sum; /* see flow.h */
};

enum audio_kind { AUDIO_SPEECH, AUDIO_TONE };
enum { AUDIO_VOICES = 2 }; /* a low one and a high one */

struct audio_loop {
    struct audio_frame *frames;
    uint8_t *bytes;
    uint32_t count;
};

struct audio {
    struct audio_loop loops[CODEC_COUNT][AUDIO_VOICES];
    int16_t *pcm[AUDIO_VOICES]; /* of what G.711 says */
    int64_t pcm_samples;
};

/* Loops for the codecs that take that ptime. NULL without memory. */
struct audio *audio_open(int64_t ptime_ms, enum audio_kind kind);
void audio_close(struct audio *a);

/* What a codec sends at the start of a pause, in its payload: AMR's SID frame. 0: it has none of its
 * own. */
uint16_t audio_comfort_noise(enum codec_id id, uint8_t *out);

/* One sample in G.711: µ-law for CODEC_PCMU, else A-law. */
uint8_t audio_encode_sample(enum codec_id id, int16_t sample);

#endif
