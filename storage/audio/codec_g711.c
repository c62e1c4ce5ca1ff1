/*
 * codec_g711 - A-law and µ-law, as the analyzer expands them.
 *
 * Source  ITU-T G.711
 */
#include "analyzer/rtp/g711.h"
#include "storage/audio/codec.h"

enum { G711_RATE_HZ = 8000 };

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
    g711_expand(out, d->codec->variant == CODEC_PCMA ? G711_ALAW : G711_ULAW, slice_of(p, len));
    return len;
}

const struct audio_codec_ops codec_g711_ops = { .open = g711_open, .decode = g711_decode };
