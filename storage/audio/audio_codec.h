/*
 * audio_codec - the payload of one RTP packet in, 16-bit samples out; lost packets concealed.
 *
 * One table says which encoding is decoded by which library; a library that was not there when this
 * was built is in the table all the same, so that a refusal can name it.
 *
 * Ownership  audio_decoder_open/close.
 * Thread     One thread a decoder.
 * Errors     A payload is a stranger's: whatever its bytes, at most `room` samples come out, and what
 *            a codec refuses is counted by reason and gives none.
 * Source     RFC 3551 (G.711, G.722, G.726, GSM, G.729, G.723.1, L16), RFC 7587 (Opus), RFC 4867
 *            (AMR), RFC 5574 (Speex), RFC 3952 (iLBC)
 */
#ifndef STORAGE_AUDIO_AUDIO_CODEC_H
#define STORAGE_AUDIO_AUDIO_CODEC_H

#include "analyzer/base/slice.h"

/* One second at the highest rate: what a packet is allowed to say. */
enum { AUDIO_SAMPLES_MAX = 48000, AUDIO_FMTP_MAX = 256 };

/* As SDP says it. */
struct audio_format {
    struct slice encoding, fmtp;
    uint32_t clock_rate_hz; /* 0: not said */
    uint8_t channels;       /* 0: not said */
};

/* clang-format off */
#define AUDIO_REFUSALS(X)                                                          \
    X(LENGTH, "length")     /* no whole number of frames, or shorter than it says */ \
    X(MODE,   "mode")       /* a frame type that the codec does not have */        \
    X(BROKEN, "broken")     /* the library says no */                              \
    X(LONG,   "long")       /* more than a second in one packet: the rest is cut */
/* clang-format on */

enum audio_refusal {
#define X(name, text) AUDIO_REFUSED_##name,
    AUDIO_REFUSALS(X)
#undef X
        AUDIO_REFUSAL_COUNT
};

const char *audio_refusal_text(enum audio_refusal reason);

struct audio_codec {
    const char *encoding; /* as SDP names it */
    const char *library;  /* NULL: our own code */
    const struct audio_codec_ops *ops;
    uint32_t variant;  /* of G.726: bits a second; … */
    uint32_t clock_hz; /* of RTP, whatever SDP says; 0: as SDP says */
};

/* NULL: nothing that Earshot knows decodes it. */
const struct audio_codec *audio_codec_find(struct slice encoding);
bool audio_codec_is_built_in(const struct audio_codec *codec);

struct audio_decoder;

/* 0; −ENOTSUP: nothing decodes this encoding, or these parameters of it; −ENOSYS: its library is not
 * built in, or (libavcodec) not there; −ENOMEM. */
int audio_decoder_open(struct audio_decoder **dp, const struct audio_format *format);
void audio_decoder_close(struct audio_decoder *d);

/* Of the samples: G.722 has 16000 though its RTP clock is 8000. */
uint32_t audio_decoder_rate_hz(const struct audio_decoder *d);

/* Of its RTP timestamps: what is fixed by the encoding, else what SDP said. */
uint32_t audio_decoder_clock_hz(const struct audio_decoder *d);

/* Returns the samples written: a second at most. */
size_t audio_decoder_decode(struct audio_decoder *d, struct slice payload, int16_t *out,
                            size_t room);

/* The sound of what was lost: the codec's own guess, else the last sound repeated and faded. Returns
 * `samples`, always; what no guess reaches is silence. */
size_t audio_decoder_conceal(struct audio_decoder *d, int16_t *out, size_t samples);

/* The last payload said "the talker is silent, and this is how the silence sounds": until the next
 * one, conceal makes that noise. */
bool audio_decoder_is_pausing(const struct audio_decoder *d);

uint64_t audio_decoder_refused(const struct audio_decoder *d, enum audio_refusal reason);

#endif
