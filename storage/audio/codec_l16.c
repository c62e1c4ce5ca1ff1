/*
 * codec_l16 - samples as they are, big-endian; several channels become their mean.
 *
 * Source  RFC 3551 §4.5.11
 */
#include "storage/audio/codec.h"

#include <errno.h>

enum {
    L16_RATE_HZ = 44100, /* where nothing is said: the static payload types' */
    L16_RATE_MIN_HZ = 4000,
    L16_RATE_MAX_HZ = 96000,
    L16_CHANNELS_MAX = 8,
};

static int l16_open(struct audio_decoder *d)
{
    d->rate_hz = d->clock_rate_hz ? d->clock_rate_hz : L16_RATE_HZ;
    if (d->rate_hz < L16_RATE_MIN_HZ || d->rate_hz > L16_RATE_MAX_HZ ||
        d->channels > L16_CHANNELS_MAX)
        return -ENOTSUP;
    return 0;
}

static size_t l16_decode(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                         size_t room)
{
    size_t channels = d->channels, n = len / (2 * channels);

    if (len % (2 * channels))
        codec_refuse(d, AUDIO_REFUSED_LENGTH);
    if (n > room) {
        codec_refuse(d, AUDIO_REFUSED_LONG);
        n = room;
    }
    for (size_t i = 0; i < n; i++) {
        int sum = 0;

        for (size_t c = 0; c < channels; c++, p += 2)
            sum += (int16_t)((uint16_t)p[0] << 8 | p[1]);
        out[i] = (int16_t)(sum / (int)channels);
    }
    return n;
}

const struct audio_codec_ops codec_l16_ops = { .open = l16_open, .decode = l16_decode };
