/*
 * codec - what the file of a codec provides to audio_codec.
 *
 * Ownership  `state` is the codec's, from open to close.
 */
#ifndef STORAGE_AUDIO_CODEC_H
#define STORAGE_AUDIO_CODEC_H

#include "storage/audio/audio_codec.h"
#include "storage/audio/concealer.h"

struct audio_decoder {
    const struct audio_codec *codec;
    void *state;
    uint32_t clock_rate_hz; /* of RTP; 0: not said */
    uint32_t rate_hz;       /* of the samples; open says it */
    uint8_t channels;       /* 1 where nothing is said */
    bool pausing;
    char fmtp[AUDIO_FMTP_MAX];
    uint64_t refused[AUDIO_REFUSAL_COUNT];
    struct concealer concealer; /* of codecs without a concealment of their own */
};

/* All NULL: not built in. */
struct audio_codec_ops {
    int (*open)(struct audio_decoder *d);
    void (*close)(struct audio_decoder *d); /* NULL: nothing to do */
    size_t (*decode)(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                     size_t room);
    /* Fills all samples. NULL: the concealer does. */
    void (*conceal)(struct audio_decoder *d, int16_t *out, size_t samples);
};

extern const struct audio_codec_ops codec_g711_ops, codec_l16_ops, codec_g722_ops, codec_g726_ops,
    codec_gsm_ops, codec_opus_ops, codec_amr_ops, codec_amrwb_ops, codec_speex_ops, codec_av_ops;

/* audio_codec.variant. */
enum codec_g711_variant { CODEC_PCMU, CODEC_PCMA };
enum { CODEC_G726_AAL2 = 1 }; /* added to the bit rate: the first code in the high bits */
enum codec_av_variant { CODEC_ILBC, CODEC_G729, CODEC_G723 };

/* Counts, and is the 0 that decode returns. */
size_t codec_refuse(struct audio_decoder *d, enum audio_refusal reason);

/* The value of a parameter in d->fmtp; absent when it is not there. */
struct slice codec_parameter(const struct audio_decoder *d, const char *name);

/* Samples that a frame-wise guess fills piece by piece: make writes `frame` samples each time. */
typedef void (*codec_frame_fn)(struct audio_decoder *d, int16_t *frame);
void codec_fill_frames(struct audio_decoder *d, int16_t *out, size_t samples, size_t frame,
                       codec_frame_fn make);

/* The longest frame of those: 20 ms at 48 kHz. */
enum { CODEC_FRAME_MAX = 960 };

#endif
