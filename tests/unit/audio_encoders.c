#include "tests/unit/audio_encoders.h"

#include "storage/audio/audio_have.h"

#include <stdlib.h>

static void *open_nothing(const struct audio_encoder *e)
{
    (void)e;
    return malloc(1);
}

static size_t encode_l16(const struct audio_encoder *e, void *state, const int16_t *samples,
                         uint8_t *payload)
{
    uint8_t *p = payload;

    (void)state;
    for (size_t i = 0; i < e->frame; i++) {
        for (unsigned c = 0; c < e->format.channels; c++, p += 2) {
            p[0] = (uint8_t)((uint16_t)samples[i] >> 8);
            p[1] = (uint8_t)samples[i];
        }
    }
    return (size_t)(p - payload);
}

#if HAVE_SPANDSP
#include <spandsp/telephony.h>
/* After telephony.h. */
#include <spandsp/bitstream.h>
#include <spandsp/g722.h>
#include <spandsp/g726.h>

static void *open_g722(const struct audio_encoder *e)
{
    return g722_encode_init(NULL, e->option, 0);
}

static void close_g722(void *state)
{
    g722_encode_free(state);
}

static size_t encode_g722(const struct audio_encoder *e, void *state, const int16_t *samples,
                          uint8_t *payload)
{
    return (size_t)g722_encode(state, payload, samples, (int)e->frame);
}

/* Codes without a packing, which is done here as RFC 3551 draws it. */
static void *open_g726(const struct audio_encoder *e)
{
    return g726_init(NULL, e->option, G726_ENCODING_LINEAR, G726_PACKING_NONE);
}

static void close_g726(void *state)
{
    g726_free(state);
}

static size_t encode_g726(const struct audio_encoder *e, void *state, const int16_t *samples,
                          uint8_t *payload)
{
    uint8_t codes[ENCODER_FRAME_MAX];
    unsigned bits = (unsigned)e->option / 8000;
    size_t n = (size_t)g726_encode(state, codes, samples, (int)e->frame), at = 0;
    bool is_aal2 = e->format.encoding.p[0] == 'A';

    memset(payload, 0, n * bits / 8);
    for (size_t i = 0; i < n; i++) {
        for (unsigned b = 0; b < bits; b++, at++) {
            /* In AAL2 a code's high bit is next in the byte's high bits; else the low in the low. */
            unsigned bit = (unsigned)codes[i] >> (is_aal2 ? bits - 1 - b : b) & 1;

            payload[at / 8] |= (uint8_t)(bit << (is_aal2 ? 7 - at % 8 : at % 8));
        }
    }
    return at / 8;
}
#endif

#if HAVE_GSM
#include <gsm/gsm.h>

static void *open_gsm(const struct audio_encoder *e)
{
    (void)e;
    return gsm_create();
}

static void close_gsm(void *state)
{
    gsm_destroy(state);
}

static size_t encode_gsm(const struct audio_encoder *e, void *state, const int16_t *samples,
                         uint8_t *payload)
{
    gsm_signal copy[160];

    (void)e;
    memcpy(copy, samples, sizeof copy);
    gsm_encode(state, copy, payload);
    return 33;
}
#endif

#if HAVE_OPUS
#include <opus/opus.h>

static void *open_opus(const struct audio_encoder *e)
{
    int err;
    OpusEncoder *encoder = opus_encoder_create((opus_int32)e->rate_hz, e->format.channels,
                                               OPUS_APPLICATION_VOIP, &err);

    if (encoder)
        opus_encoder_ctl(encoder, OPUS_SET_BITRATE(e->option));
    return encoder;
}

static void close_opus(void *state)
{
    opus_encoder_destroy(state);
}

static size_t encode_opus(const struct audio_encoder *e, void *state, const int16_t *samples,
                          uint8_t *payload)
{
    int16_t frames[2 * ENCODER_FRAME_MAX];
    int n;

    for (size_t i = 0; i < e->frame; i++) {
        for (unsigned c = 0; c < e->format.channels; c++)
            frames[i * e->format.channels + c] = samples[i];
    }
    n = opus_encode(state, frames, (int)e->frame, payload, ENCODED_MAX);
    return n > 0 ? (size_t)n : 0;
}
#endif

/* Of a frame as a file holds it (a byte of type and quality, the bits) an RTP payload with one. */
#if HAVE_AMRNB || (HAVE_VO_AMRWBENC && HAVE_AMRWB)
static size_t pack_amr(const struct audio_encoder *e, const uint8_t *frame, size_t bytes,
                       uint8_t *payload)
{
    uint8_t entry = (uint8_t)(frame[0] >> 2 & 0x1f); /* type and quality; F is 0 */

    if (e->format.fmtp.p) { /* octet-align=1 */
        payload[0] = 0xf0;
        payload[1] = (uint8_t)(entry << 2);
        memcpy(payload + 2, frame + 1, bytes - 1);
        return bytes + 1;
    }
    payload[0] = (uint8_t)(0xf0 | entry >> 2);
    payload[1] = (uint8_t)(entry << 6);
    for (size_t i = 1; i < bytes; i++) {
        payload[i] |= (uint8_t)(frame[i] >> 2);
        payload[i + 1] = (uint8_t)(frame[i] << 6);
    }
    return bytes + 1;
}
#endif

#if HAVE_AMRNB
#include <opencore-amrnb/interf_enc.h>

static void *open_amr(const struct audio_encoder *e)
{
    (void)e;
    return Encoder_Interface_init(0);
}

static size_t encode_amr(const struct audio_encoder *e, void *state, const int16_t *samples,
                         uint8_t *payload)
{
    uint8_t frame[64];
    int n = Encoder_Interface_Encode(state, (enum Mode)e->option, samples, frame, 0);

    return n > 0 ? pack_amr(e, frame, (size_t)n, payload) : 0;
}
#endif

#if HAVE_VO_AMRWBENC && HAVE_AMRWB
#include <vo-amrwbenc/enc_if.h>

static void *open_amrwb(const struct audio_encoder *e)
{
    (void)e;
    return E_IF_init();
}

static size_t encode_amrwb(const struct audio_encoder *e, void *state, const int16_t *samples,
                           uint8_t *payload)
{
    uint8_t frame[64];
    int n = E_IF_encode(state, e->option, samples, frame, 0);

    return n > 0 ? pack_amr(e, frame, (size_t)n, payload) : 0;
}
#endif

#if HAVE_SPEEX
#include <speex/speex.h>

struct speex_encoder {
    void *state;
    SpeexBits bits;
};

static void *open_speex(const struct audio_encoder *e)
{
    struct speex_encoder *s = malloc(sizeof *s);
    int mode = e->rate_hz == 8000    ? SPEEX_MODEID_NB
               : e->rate_hz == 16000 ? SPEEX_MODEID_WB
                                     : SPEEX_MODEID_UWB;
    int quality = e->option;

    if (!s)
        return NULL;
    s->state = speex_encoder_init(speex_lib_get_mode(mode));
    speex_encoder_ctl(s->state, SPEEX_SET_QUALITY, &quality);
    speex_bits_init(&s->bits);
    return s;
}

static void close_speex(void *state)
{
    struct speex_encoder *s = state;

    speex_bits_destroy(&s->bits);
    speex_encoder_destroy(s->state);
    free(s);
}

static size_t encode_speex(const struct audio_encoder *e, void *state, const int16_t *samples,
                           uint8_t *payload)
{
    struct speex_encoder *s = state;
    int16_t copy[ENCODER_FRAME_MAX];

    memcpy(copy, samples, e->frame * sizeof *samples);
    speex_bits_reset(&s->bits);
    speex_encode_int(s->state, copy, &s->bits);
    return (size_t)speex_bits_write(&s->bits, (char *)payload, ENCODED_MAX);
}
#endif

#if HAVE_AVCODEC_ENCODER && HAVE_AVCODEC
#include <libavcodec/avcodec.h>

struct av_encoder {
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame;
};

static void close_g723(void *state)
{
    struct av_encoder *s = state;

    avcodec_free_context(&s->context);
    av_packet_free(&s->packet);
    av_frame_free(&s->frame);
    free(s);
}

static void *open_g723(const struct audio_encoder *e)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_G723_1);
    struct av_encoder *s = calloc(1, sizeof *s);

    if (!s || !codec)
        abort();
    s->context = avcodec_alloc_context3(codec);
    s->packet = av_packet_alloc();
    s->frame = av_frame_alloc();
    av_channel_layout_default(&s->context->ch_layout, 1);
    s->context->sample_rate = (int)e->rate_hz;
    s->context->sample_fmt = AV_SAMPLE_FMT_S16;
    s->context->bit_rate = e->option;
    if (avcodec_open2(s->context, codec, NULL) != 0)
        abort();
    return s;
}

static size_t encode_g723(const struct audio_encoder *e, void *state, const int16_t *samples,
                          uint8_t *payload)
{
    struct av_encoder *s = state;
    size_t n = 0;

    av_frame_unref(s->frame);
    s->frame->nb_samples = (int)e->frame;
    s->frame->format = AV_SAMPLE_FMT_S16;
    s->frame->sample_rate = (int)e->rate_hz;
    av_channel_layout_default(&s->frame->ch_layout, 1);
    if (av_frame_get_buffer(s->frame, 0) != 0)
        abort();
    memcpy(s->frame->data[0], samples, e->frame * sizeof *samples);
    if (avcodec_send_frame(s->context, s->frame) == 0 &&
        avcodec_receive_packet(s->context, s->packet) == 0) {
        n = (size_t)s->packet->size;
        memcpy(payload, s->packet->data, n);
        av_packet_unref(s->packet);
    }
    return n;
}
#endif

#define FORMAT(name, parameters, clock, count)                                                     \
    {                                                                                              \
        .encoding = SLICE_INIT(name), .fmtp = parameters, .clock_rate_hz = (clock),                \
        .channels = (count)                                                                        \
    }
#define NONE                                                                                       \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define OCTETS SLICE_INIT("octet-align=1")

static const struct audio_encoder encoders[] = {
    { FORMAT("L16", NONE, 44100, 1), "L16 mono", 44100, 441, 0, 0.01, 80, open_nothing, free,
      encode_l16 },
    { FORMAT("L16", NONE, 16000, 2), "L16 stereo", 16000, 160, 0, 0.01, 80, open_nothing, free,
      encode_l16 },
#if HAVE_SPANDSP
    { FORMAT("G722", NONE, 8000, 1), "G.722", 16000, 320, 64000, 0.2, 30, open_g722, close_g722,
      encode_g722 },
    { FORMAT("G726-40", NONE, 8000, 1), "G.726-40", 8000, 160, 40000, 0.2, 30, open_g726,
      close_g726, encode_g726 },
    { FORMAT("G726-32", NONE, 8000, 1), "G.726-32", 8000, 160, 32000, 0.2, 25, open_g726,
      close_g726, encode_g726 },
    { FORMAT("G726-24", NONE, 8000, 1), "G.726-24", 8000, 160, 24000, 0.3, 18, open_g726,
      close_g726, encode_g726 },
    { FORMAT("G726-16", NONE, 8000, 1), "G.726-16", 8000, 160, 16000, 0.5, 10, open_g726,
      close_g726, encode_g726 },
    { FORMAT("AAL2-G726-40", NONE, 8000, 1), "AAL2-G.726-40", 8000, 160, 40000, 0.2, 30, open_g726,
      close_g726, encode_g726 },
    { FORMAT("AAL2-G726-32", NONE, 8000, 1), "AAL2-G.726-32", 8000, 160, 32000, 0.2, 25, open_g726,
      close_g726, encode_g726 },
    { FORMAT("AAL2-G726-24", NONE, 8000, 1), "AAL2-G.726-24", 8000, 160, 24000, 0.3, 18, open_g726,
      close_g726, encode_g726 },
    { FORMAT("AAL2-G726-16", NONE, 8000, 1), "AAL2-G.726-16", 8000, 160, 16000, 0.5, 10, open_g726,
      close_g726, encode_g726 },
#endif
#if HAVE_GSM
    { FORMAT("GSM", NONE, 8000, 1), "GSM", 8000, 160, 0, 1.0, 10, open_gsm, close_gsm, encode_gsm },
#endif
#if HAVE_OPUS
    { FORMAT("opus", NONE, 48000, 2), "Opus mono", 48000, 960, 32000, 0.5, 20, open_opus,
      close_opus, encode_opus },
    { FORMAT("opus", NONE, 48000, 2), "Opus stereo", 48000, 960, 64000, 0.5, 20, open_opus,
      close_opus, encode_opus },
#endif
#if HAVE_AMRNB
    { FORMAT("AMR", NONE, 8000, 1), "AMR 12.2", 8000, 160, MR122, 1.0, 15, open_amr,
      Encoder_Interface_exit, encode_amr },
    { FORMAT("AMR", OCTETS, 8000, 1), "AMR 12.2 in octets", 8000, 160, MR122, 1.0, 15, open_amr,
      Encoder_Interface_exit, encode_amr },
    { FORMAT("AMR", NONE, 8000, 1), "AMR 7.4", 8000, 160, MR74, 1.5, 10, open_amr,
      Encoder_Interface_exit, encode_amr },
    { FORMAT("AMR", OCTETS, 8000, 1), "AMR 4.75 in octets", 8000, 160, MR475, 3.0, 5, open_amr,
      Encoder_Interface_exit, encode_amr },
#endif
#if HAVE_VO_AMRWBENC && HAVE_AMRWB
    { FORMAT("AMR-WB", NONE, 16000, 1), "AMR-WB 23.85", 16000, 320, 8, 1.0, 15, open_amrwb,
      E_IF_exit, encode_amrwb },
    { FORMAT("AMR-WB", OCTETS, 16000, 1), "AMR-WB 12.65 in octets", 16000, 320, 2, 1.0, 15,
      open_amrwb, E_IF_exit, encode_amrwb },
#endif
#if HAVE_SPEEX
    { FORMAT("speex", NONE, 8000, 1), "Speex 8 kHz", 8000, 160, 8, 1.5, 8, open_speex, close_speex,
      encode_speex },
    { FORMAT("speex", NONE, 16000, 1), "Speex 16 kHz", 16000, 320, 8, 1.5, 8, open_speex,
      close_speex, encode_speex },
    { FORMAT("speex", NONE, 32000, 1), "Speex 32 kHz", 32000, 640, 8, 1.5, 8, open_speex,
      close_speex, encode_speex },
#endif
#if HAVE_AVCODEC_ENCODER && HAVE_AVCODEC
    { FORMAT("G723", NONE, 8000, 1), "G.723.1 6.3", 8000, 240, 6300, 1.5, 8, open_g723, close_g723,
      encode_g723 },
#endif
};

const struct audio_encoder *audio_encoder_at(size_t i)
{
    return i < sizeof encoders / sizeof encoders[0] ? &encoders[i] : NULL;
}
