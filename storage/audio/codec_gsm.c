/*
 * codec_gsm - GSM full rate by libgsm.
 *
 * Source  RFC 3551 §4.5.8
 */
#include "storage/audio/audio_have.h"
#include "storage/audio/codec.h"

#if HAVE_GSM

#include <errno.h>
#include <gsm/gsm.h>

enum { GSM_RATE_HZ = 8000, GSM_FRAME_BYTES = 33, GSM_FRAME_SAMPLES = 160 };

static int gsm_open(struct audio_decoder *d)
{
    d->rate_hz = GSM_RATE_HZ;
    d->state = gsm_create();
    return d->state ? 0 : -ENOMEM;
}

static void gsm_close(struct audio_decoder *d)
{
    gsm_destroy(d->state);
}

static size_t gsm_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                          size_t room)
{
    size_t n = 0;

    if (len % GSM_FRAME_BYTES)
        codec_refuse(d, AUDIO_REFUSED_LENGTH);
    for (; len >= GSM_FRAME_BYTES; p += GSM_FRAME_BYTES, len -= GSM_FRAME_BYTES) {
        gsm_frame frame;

        if (room - n < GSM_FRAME_SAMPLES) {
            codec_refuse(d, AUDIO_REFUSED_LONG);
            break;
        }
        memcpy(frame, p, sizeof frame);
        if (gsm_decode(d->state, frame, out + n) == 0)
            n += GSM_FRAME_SAMPLES;
        else
            codec_refuse(d, AUDIO_REFUSED_BROKEN);
    }
    return n;
}

const struct audio_codec_ops codec_gsm_ops = { .open = gsm_open,
                                               .close = gsm_close,
                                               .decode = gsm_payload };

#else

const struct audio_codec_ops codec_gsm_ops = { .open = NULL };

#endif
