/*
 * codec_g711 - A-law and µ-law: two lines of arithmetic each, so no library is asked.
 *
 * Source  ITU-T G.711
 */
#include "storage/audio/codec.h"

enum {
    G711_RATE_HZ = 8000,
    MULAW_BIAS = 0x84,
    SIGN = 0x80,
};

static int16_t mulaw_sample(uint8_t code)
{
    unsigned inverted = ~(unsigned)code & 0xff;
    int size = (int)(((inverted & 0xf) << 3) + MULAW_BIAS) << (inverted >> 4 & 7);

    return (int16_t)(inverted & SIGN ? MULAW_BIAS - size : size - MULAW_BIAS);
}

static int16_t alaw_sample(uint8_t code)
{
    unsigned toggled = code ^ 0x55u, segment = toggled >> 4 & 7;
    int size = (int)((toggled & 0xf) << 4) + 8;

    if (segment)
        size = (size + 0x100) << (segment - 1);
    return (int16_t)(toggled & SIGN ? size : -size);
}

static int g711_open(struct audio_decoder *d)
{
    d->rate_hz = d->clock_rate_hz ? d->clock_rate_hz : G711_RATE_HZ;
    if (d->rate_hz != G711_RATE_HZ && d->rate_hz != 2 * G711_RATE_HZ)
        d->rate_hz = G711_RATE_HZ;
    return 0;
}

static size_t g711_decode(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                          size_t room)
{
    if (len > room) {
        codec_refuse(d, AUDIO_REFUSED_LONG);
        len = room;
    }
    if (d->codec->variant == CODEC_PCMA) {
        for (size_t i = 0; i < len; i++)
            out[i] = alaw_sample(p[i]);
    } else {
        for (size_t i = 0; i < len; i++)
            out[i] = mulaw_sample(p[i]);
    }
    return len;
}

const struct audio_codec_ops codec_g711_ops = { .open = g711_open, .decode = g711_decode };
