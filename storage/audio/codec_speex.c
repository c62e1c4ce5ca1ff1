/*
 * codec_speex - Speex in its three bandwidths by libspeex.
 *
 * Source  RFC 5574
 */
#include "storage/audio/audio_have.h"
#include "storage/audio/codec.h"

#if HAVE_SPEEX

#include <errno.h>
#include <speex/speex.h>
#include <stdlib.h>

enum {
    SPEEX_PAYLOAD_MAX = 2000, /* a second at the highest rate is 5,500 bytes; a packet has 20 ms */
    SPEEX_BROKEN_MAX =
        50,             /* packets: each makes libspeex write to stderr, and there is no way to ask
                              it not to; a stream of so many is no Speex */
    SPEEX_END_BITS = 5, /* fewer bits hold no frame */
};

struct speex_state {
    void *decoder;
    SpeexBits bits;
    size_t frame_samples;
};

static const struct {
    uint32_t rate_hz;
    int mode;
} bandwidths[] = {
    { 8000, SPEEX_MODEID_NB },
    { 16000, SPEEX_MODEID_WB },
    { 32000, SPEEX_MODEID_UWB },
};

static int mode_of(uint32_t rate_hz)
{
    for (size_t i = 0; i < sizeof bandwidths / sizeof bandwidths[0]; i++) {
        if (bandwidths[i].rate_hz == rate_hz)
            return bandwidths[i].mode;
    }
    return -1;
}

static int speex_open(struct audio_decoder *d)
{
    struct speex_state *s;
    int mode, samples = 0;

    d->rate_hz = d->clock_rate_hz ? d->clock_rate_hz : bandwidths[0].rate_hz;
    mode = mode_of(d->rate_hz);
    if (mode < 0)
        return -ENOTSUP;
    s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->decoder = speex_decoder_init(speex_lib_get_mode(mode));
    if (!s->decoder) {
        free(s);
        return -ENOMEM;
    }
    speex_decoder_ctl(s->decoder, SPEEX_GET_FRAME_SIZE, &samples);
    s->frame_samples = (size_t)samples;
    speex_bits_init(&s->bits);
    d->state = s;
    return 0;
}

static void speex_close(struct audio_decoder *d)
{
    struct speex_state *s = d->state;

    speex_bits_destroy(&s->bits);
    speex_decoder_destroy(s->decoder);
    free(s);
}

static size_t speex_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                            size_t room)
{
    struct speex_state *s = d->state;
    size_t n = 0;

    if (len > SPEEX_PAYLOAD_MAX)
        return codec_refuse(d, AUDIO_REFUSED_LENGTH);
    if (d->refused[AUDIO_REFUSED_BROKEN] >= SPEEX_BROKEN_MAX)
        return codec_refuse(d, AUDIO_REFUSED_BROKEN);
    speex_bits_read_from(&s->bits, (const char *)p, (int)len);
    while (speex_bits_remaining(&s->bits) >= SPEEX_END_BITS) {
        int status;

        if (room - n < s->frame_samples) {
            codec_refuse(d, AUDIO_REFUSED_LONG);
            break;
        }
        status = speex_decode_int(s->decoder, &s->bits, out + n);
        if (status == -1) /* the terminator, or padding */
            break;
        if (status < 0 || speex_bits_remaining(&s->bits) < 0) {
            codec_refuse(d, AUDIO_REFUSED_BROKEN);
            break;
        }
        n += s->frame_samples;
    }
    return n;
}

static void guess(struct audio_decoder *d, int16_t *frame)
{
    struct speex_state *s = d->state;

    speex_decode_int(s->decoder, NULL, frame);
}

static void speex_conceal(struct audio_decoder *d, int16_t *out, size_t samples)
{
    codec_fill_frames(d, out, samples, ((struct speex_state *)d->state)->frame_samples, guess);
}

const struct audio_codec_ops codec_speex_ops = {
    .open = speex_open, .close = speex_close, .decode = speex_payload, .conceal = speex_conceal
};

#else

const struct audio_codec_ops codec_speex_ops = { .open = NULL };

#endif
