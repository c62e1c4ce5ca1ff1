#include "storage/audio/audio_codec.h"

#include "storage/audio/codec.h"

#include <errno.h>
#include <stdlib.h>

static const struct audio_codec codecs[] = {
    { "PCMU", NULL, &codec_g711_ops, CODEC_PCMU, 0 },
    { "PCMA", NULL, &codec_g711_ops, CODEC_PCMA, 0 },
    { "L16", NULL, &codec_l16_ops, 0, 0 },
    { "G722", "libspandsp", &codec_g722_ops, 0, 8000 },
    { "G726-16", "libspandsp", &codec_g726_ops, 16000, 8000 },
    { "G726-24", "libspandsp", &codec_g726_ops, 24000, 8000 },
    { "G726-32", "libspandsp", &codec_g726_ops, 32000, 8000 },
    { "G726-40", "libspandsp", &codec_g726_ops, 40000, 8000 },
    { "AAL2-G726-16", "libspandsp", &codec_g726_ops, 16000 + CODEC_G726_AAL2, 8000 },
    { "AAL2-G726-24", "libspandsp", &codec_g726_ops, 24000 + CODEC_G726_AAL2, 8000 },
    { "AAL2-G726-32", "libspandsp", &codec_g726_ops, 32000 + CODEC_G726_AAL2, 8000 },
    { "AAL2-G726-40", "libspandsp", &codec_g726_ops, 40000 + CODEC_G726_AAL2, 8000 },
    { "G721", "libspandsp", &codec_g726_ops, 32000, 8000 }, /* its name before RFC 3551 */
    { "GSM", "libgsm", &codec_gsm_ops, 0, 8000 },
    { "opus", "libopus", &codec_opus_ops, 0, 48000 },
    { "AMR", "libopencore-amrnb", &codec_amr_ops, 0, 8000 },
    { "AMR-WB", "libopencore-amrwb", &codec_amrwb_ops, 0, 16000 },
    { "speex", "libspeex", &codec_speex_ops, 0, 0 },
    { "iLBC", "libavcodec", &codec_av_ops, CODEC_ILBC, 8000 },
    { "G729", "libavcodec", &codec_av_ops, CODEC_G729, 8000 },
    { "G729A", "libavcodec", &codec_av_ops, CODEC_G729, 8000 },
    { "G723", "libavcodec", &codec_av_ops, CODEC_G723, 8000 },
};

static const char *const refusal_texts[AUDIO_REFUSAL_COUNT] = {
#define X(name, text) text,
    AUDIO_REFUSALS(X)
#undef X
};

const char *audio_refusal_text(enum audio_refusal reason)
{
    return refusal_texts[reason];
}

const struct audio_codec *audio_codec_find(struct slice encoding)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (slice_ieq(encoding, slice_of_text(codecs[i].encoding)))
            return &codecs[i];
    }
    return NULL;
}

bool audio_codec_is_built_in(const struct audio_codec *codec)
{
    return codec->ops->open != NULL;
}

size_t codec_refuse(struct audio_decoder *d, enum audio_refusal reason)
{
    d->refused[reason]++;
    return 0;
}

struct slice codec_parameter(const struct audio_decoder *d, const char *name)
{
    struct slice rest = slice_of_text(d->fmtp);

    while (rest.len) {
        struct slice value = slice_cut(&rest, ';');
        struct slice key = slice_trim(slice_cut(&value, '='));

        if (slice_ieq(key, slice_of_text(name)))
            return slice_trim(value);
    }
    return SLICE_ABSENT;
}

void codec_fill_frames(struct audio_decoder *d, int16_t *out, size_t samples, size_t frame,
                       codec_frame_fn make)
{
    int16_t piece[CODEC_FRAME_MAX];

    for (size_t done = 0; done < samples; done += frame) {
        size_t n = samples - done < frame ? samples - done : frame;

        make(d, piece);
        memcpy(out + done, piece, n * sizeof *out);
    }
}

int audio_decoder_open(struct audio_decoder **dp, const struct audio_format *format)
{
    const struct audio_codec *codec = audio_codec_find(format->encoding);
    struct audio_decoder *d;
    int err;

    if (!codec)
        return -ENOTSUP;
    if (!audio_codec_is_built_in(codec))
        return -ENOSYS;
    d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->codec = codec;
    d->clock_rate_hz = format->clock_rate_hz;
    d->channels = format->channels ? format->channels : 1;
    /* What is cut here is no parameter that a decoder asks for: those come within 100 bytes. */
    if (format->fmtp.len < sizeof d->fmtp && format->fmtp.len)
        memcpy(d->fmtp, format->fmtp.p, format->fmtp.len);
    err = codec->ops->open(d);
    if (err) {
        free(d);
        return err;
    }
    err = concealer_init(&d->concealer, d->rate_hz);
    if (err) {
        audio_decoder_close(d);
        return err;
    }
    *dp = d;
    return 0;
}

void audio_decoder_close(struct audio_decoder *d)
{
    if (!d)
        return;
    if (d->codec->ops->close)
        d->codec->ops->close(d);
    concealer_fini(&d->concealer);
    free(d);
}

uint32_t audio_decoder_rate_hz(const struct audio_decoder *d)
{
    return d->rate_hz;
}

uint32_t audio_decoder_clock_hz(const struct audio_decoder *d)
{
    if (d->codec->clock_hz)
        return d->codec->clock_hz;
    return d->clock_rate_hz ? d->clock_rate_hz : d->rate_hz;
}

size_t audio_decoder_decode(struct audio_decoder *d, struct slice payload, int16_t *out,
                            size_t room)
{
    size_t n;

    if (payload.len == 0)
        return codec_refuse(d, AUDIO_REFUSED_LENGTH);
    d->pausing = false;
    if (room > d->rate_hz)
        room = d->rate_hz;
    n = d->codec->ops->decode(d, (const uint8_t *)payload.p, payload.len, out, room);
    if (!d->codec->ops->conceal && n)
        concealer_heard(&d->concealer, out, n);
    return n;
}

size_t audio_decoder_conceal(struct audio_decoder *d, int16_t *out, size_t samples)
{
    if (d->codec->ops->conceal)
        d->codec->ops->conceal(d, out, samples);
    else
        concealer_fill(&d->concealer, out, samples);
    return samples;
}

bool audio_decoder_is_pausing(const struct audio_decoder *d)
{
    return d->pausing;
}

uint64_t audio_decoder_refused(const struct audio_decoder *d, enum audio_refusal reason)
{
    return d->refused[reason];
}
