/*
 * codec_spandsp - G.722 and G.726 by libspandsp.
 *
 * Source  RFC 3551 §4.5.2 (the clock of G.722 is 8000 and its samples 16000 a second), §4.5.4 (the
 *         first code of G726-nn in the low bits; in AAL2-G726-nn, ITU-T I.366.2, in the high bits)
 */
#include "storage/audio/audio_have.h"
#include "storage/audio/codec.h"

#if HAVE_SPANDSP

#include <errno.h>
#include <spandsp/telephony.h>
/* After telephony.h. */
#include <spandsp/bitstream.h>
#include <spandsp/g722.h>
#include <spandsp/g726.h>

enum {
    G722_BIT_RATE = 64000,
    G722_SAMPLES_PER_BYTE = 2,
    G722_RATE_HZ = 16000,
    G726_RATE_HZ = 8000,
};

static int g722_open(struct audio_decoder *d)
{
    d->rate_hz = G722_RATE_HZ;
    d->state = g722_decode_init(NULL, G722_BIT_RATE, 0);
    return d->state ? 0 : -ENOMEM;
}

static void g722_close(struct audio_decoder *d)
{
    g722_decode_free(d->state);
}

static size_t g722_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                           size_t room)
{
    if (len > room / G722_SAMPLES_PER_BYTE) {
        codec_refuse(d, AUDIO_REFUSED_LONG);
        len = room / G722_SAMPLES_PER_BYTE;
    }
    return (size_t)g722_decode(d->state, out, p, (int)len);
}

const struct audio_codec_ops codec_g722_ops = { .open = g722_open,
                                                .close = g722_close,
                                                .decode = g722_payload };

static int g726_open(struct audio_decoder *d)
{
    uint32_t variant = d->codec->variant;

    d->rate_hz = G726_RATE_HZ;
    d->state = g726_init(NULL, (int)(variant & ~(uint32_t)CODEC_G726_AAL2), G726_ENCODING_LINEAR,
                         variant & CODEC_G726_AAL2 ? G726_PACKING_LEFT : G726_PACKING_RIGHT);
    return d->state ? 0 : -ENOMEM;
}

static void g726_close(struct audio_decoder *d)
{
    g726_free(d->state);
}

static size_t g726_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                           size_t room)
{
    size_t code_bits = (d->codec->variant & ~(uint32_t)CODEC_G726_AAL2) / G726_RATE_HZ;
    /* Eight codes fill whole bytes; a rest would shift every packet after it. */
    size_t group = code_bits == 2 || code_bits == 4 ? 1 : code_bits;

    if (len % group) {
        codec_refuse(d, AUDIO_REFUSED_LENGTH);
        len -= len % group;
    }
    if (len * 8 / code_bits > room) {
        codec_refuse(d, AUDIO_REFUSED_LONG);
        len = room * code_bits / 8 / group * group;
    }
    return len ? (size_t)g726_decode(d->state, out, p, (int)len) : 0;
}

const struct audio_codec_ops codec_g726_ops = { .open = g726_open,
                                                .close = g726_close,
                                                .decode = g726_payload };

#else

const struct audio_codec_ops codec_g722_ops = { .open = NULL };
const struct audio_codec_ops codec_g726_ops = { .open = NULL };

#endif
