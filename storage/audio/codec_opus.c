/*
 * codec_opus - Opus by libopus, at 48 kHz and in one channel whatever was sent.
 *
 * Source  RFC 6716, RFC 7587
 */
#include "storage/audio/audio_have.h"
#include "storage/audio/codec.h"

#if HAVE_OPUS

#include <errno.h>
#include <opus/opus.h>

enum {
    OPUS_RATE_HZ = 48000,
    OPUS_PACKET_SAMPLES = 5760,  /* 120 ms: the longest packet there is */
    OPUS_CONCEALED_SAMPLES = 960 /* a guess is asked for in pieces of 20 ms */
};

static int opus_open(struct audio_decoder *d)
{
    int err = OPUS_OK;

    d->rate_hz = OPUS_RATE_HZ;
    d->state = opus_decoder_create(OPUS_RATE_HZ, 1, &err);
    if (d->state)
        return 0;
    return err == OPUS_ALLOC_FAIL ? -ENOMEM : -ENOTSUP;
}

static void opus_close(struct audio_decoder *d)
{
    opus_decoder_destroy(d->state);
}

static size_t opus_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                           size_t room)
{
    int n;

    if (room < OPUS_PACKET_SAMPLES)
        return codec_refuse(d, AUDIO_REFUSED_LONG);
    n = opus_decode(d->state, p, (opus_int32)len, out, OPUS_PACKET_SAMPLES, 0);
    if (n < 0)
        return codec_refuse(d, AUDIO_REFUSED_BROKEN);
    return (size_t)n;
}

static void guess(struct audio_decoder *d, int16_t *frame)
{
    int n = opus_decode(d->state, NULL, 0, frame, OPUS_CONCEALED_SAMPLES, 0);

    if (n < 0)
        n = 0;
    memset(frame + n, 0, (size_t)(OPUS_CONCEALED_SAMPLES - n) * sizeof *frame);
}

static void opus_conceal(struct audio_decoder *d, int16_t *out, size_t samples)
{
    codec_fill_frames(d, out, samples, OPUS_CONCEALED_SAMPLES, guess);
}

const struct audio_codec_ops codec_opus_ops = {
    .open = opus_open, .close = opus_close, .decode = opus_payload, .conceal = opus_conceal
};

#else

const struct audio_codec_ops codec_opus_ops = { .open = NULL };

#endif
