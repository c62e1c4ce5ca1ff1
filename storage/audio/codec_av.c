/*
 * codec_av - iLBC, G.729 and G.723.1 by libavcodec, which is opened when the first such stream is.
 *
 * Opened at run time and not linked, for a hundred other libraries come with it: a probe that
 * captures has no use for them. The headers that this was compiled with name the version to open.
 *
 * Source  RFC 3952 (iLBC), RFC 3551 §4.5.6 (G.729: frames of 10 bytes, at the end maybe one of 2
 *         with noise), §4.5.3 (G.723: the lowest bits of a frame's first byte tell its length)
 */
#include "storage/audio/audio_have.h"
#include "storage/audio/codec.h"

#if HAVE_AVCODEC

#include <dlfcn.h>
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <stdlib.h>

enum {
    AV_RATE_HZ = 8000,
    AV_FRAME_SAMPLES_MAX = 240,
    G729_FRAME_BYTES = 10,
    G729_NOISE_BYTES = 2,
    ILBC_20MS_BYTES = 38,
    ILBC_30MS_BYTES = 50,
    AV_FRAME_BYTES_MAX = ILBC_30MS_BYTES,
};

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)
#define AV_LIBRARY "libavcodec.so." TEXT(LIBAVCODEC_VERSION_MAJOR)

/* What is used of the library, under its names. */
#define AV_FUNCTIONS(X)                                                                            \
    X(const AVCodec *, avcodec_find_decoder, (enum AVCodecID))                                     \
    X(AVCodecContext *, avcodec_alloc_context3, (const AVCodec *))                                 \
    X(void, avcodec_free_context, (AVCodecContext **))                                             \
    X(int, avcodec_open2, (AVCodecContext *, const AVCodec *, AVDictionary **))                    \
    X(int, avcodec_send_packet, (AVCodecContext *, const AVPacket *))                              \
    X(int, avcodec_receive_frame, (AVCodecContext *, AVFrame *))                                   \
    X(AVPacket *, av_packet_alloc, (void))                                                         \
    X(void, av_packet_free, (AVPacket **))                                                         \
    X(AVFrame *, av_frame_alloc, (void))                                                           \
    X(void, av_frame_free, (AVFrame **))                                                           \
    X(void, av_channel_layout_default, (AVChannelLayout *, int))                                   \
    X(void, av_log_set_level, (int))

struct av_library {
    void *handle;
#define X(result, name, arguments) result(*name) arguments;
    AV_FUNCTIONS(X)
#undef X
};

struct av_state {
    struct av_library lib;
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame;
    size_t ilbc_frame_bytes; /* 0: not known as yet */
};

static const enum AVCodecID ids[] = {
    [CODEC_ILBC] = AV_CODEC_ID_ILBC,
    [CODEC_G729] = AV_CODEC_ID_G729,
    [CODEC_G723] = AV_CODEC_ID_G723_1,
};

/* Of G.723.1, by the two lowest bits of a frame: 6.3 and 5.3 kbit/s, noise, nothing. */
static const uint8_t g723_frame_bytes[] = { 24, 20, 4, 1 };
enum { G723_NOISE = 2 };

static bool load(struct av_library *lib)
{
    bool is_whole = true;

    /* It stays once it is there: what its libraries set up while loading is never given back. */
    lib->handle = dlopen(AV_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!lib->handle)
        return false;
        /* POSIX promises that a function's address fits; ISO C has no cast for it. */
#define X(result, name, arguments)                                                                 \
    {                                                                                              \
        void *address = dlsym(lib->handle, #name);                                                 \
        memcpy(&lib->name, &address, sizeof address);                                              \
        is_whole = is_whole && address;                                                            \
    }
    AV_FUNCTIONS(X)
#undef X
    return is_whole;
}

static void av_close(struct audio_decoder *d)
{
    struct av_state *s = d->state;

    if (s->context)
        s->lib.avcodec_free_context(&s->context);
    if (s->packet)
        s->lib.av_packet_free(&s->packet);
    if (s->frame)
        s->lib.av_frame_free(&s->frame);
    if (s->lib.handle)
        dlclose(s->lib.handle);
    free(s);
}

/* A decoder for frames of that many bytes (iLBC wants to know). */
static int open_context(struct audio_decoder *d, size_t frame_bytes)
{
    struct av_state *s = d->state;
    const AVCodec *codec = s->lib.avcodec_find_decoder(ids[d->codec->variant]);

    if (!codec)
        return -ENOSYS;
    if (s->context)
        s->lib.avcodec_free_context(&s->context);
    s->context = s->lib.avcodec_alloc_context3(codec);
    if (!s->context)
        return -ENOMEM;
    s->lib.av_channel_layout_default(&s->context->ch_layout, 1);
    s->context->sample_rate = AV_RATE_HZ;
    s->context->block_align = (int)frame_bytes;
    s->context->thread_count = 1;
    return s->lib.avcodec_open2(s->context, codec, NULL) == 0 ? 0 : -ENOSYS;
}

static int av_open(struct audio_decoder *d)
{
    struct av_state *s = calloc(1, sizeof *s);
    int err = 0;

    if (!s)
        return -ENOMEM;
    d->state = s;
    d->rate_hz = AV_RATE_HZ;
    if (!load(&s->lib)) {
        err = -ENOSYS;
    } else {
        s->lib.av_log_set_level(AV_LOG_QUIET);
        s->packet = s->lib.av_packet_alloc();
        s->frame = s->lib.av_frame_alloc();
        err = s->packet && s->frame ? 0 : -ENOMEM;
    }
    if (err == 0)
        err = open_context(d, d->codec->variant == CODEC_G729 ? G729_FRAME_BYTES : ILBC_30MS_BYTES);
    if (err)
        av_close(d);
    return err;
}

/* One frame. Returns its samples; 0: refused. */
static size_t decode_frame(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out)
{
    struct av_state *s = d->state;
    /* The library reads beyond the end, and wants zeros there. */
    uint8_t padded[AV_FRAME_BYTES_MAX + AV_INPUT_BUFFER_PADDING_SIZE] = { 0 };
    size_t n;

    memcpy(padded, p, len);
    s->packet->data = padded;
    s->packet->size = (int)len;
    if (s->lib.avcodec_send_packet(s->context, s->packet) < 0 ||
        s->lib.avcodec_receive_frame(s->context, s->frame) < 0)
        return codec_refuse(d, AUDIO_REFUSED_BROKEN);
    n = (size_t)s->frame->nb_samples;
    if (s->frame->nb_samples < 0 || n > AV_FRAME_SAMPLES_MAX ||
        (s->frame->format != AV_SAMPLE_FMT_S16 && s->frame->format != AV_SAMPLE_FMT_S16P))
        return codec_refuse(d, AUDIO_REFUSED_BROKEN);
    memcpy(out, s->frame->data[0], n * sizeof *out);
    return n;
}

/* iLBC: all frames of a stream are of one length; SDP's mode can lie, a payload cannot. */
static size_t ilbc_frame_bytes(struct audio_decoder *d, size_t len)
{
    struct av_state *s = d->state;
    bool is_20 = len % ILBC_20MS_BYTES == 0, is_30 = len % ILBC_30MS_BYTES == 0;
    size_t bytes = is_30 ? ILBC_30MS_BYTES : ILBC_20MS_BYTES;

    if (!is_20 && !is_30)
        return 0;
    if (is_20 && is_30 && s->ilbc_frame_bytes)
        bytes = s->ilbc_frame_bytes;
    if (bytes != s->ilbc_frame_bytes) {
        if (open_context(d, bytes))
            return 0;
        s->ilbc_frame_bytes = bytes;
    }
    return bytes;
}

/* The bytes of the frame at p; 0: what is there is none. */
static size_t frame_bytes(struct audio_decoder *d, const uint8_t *p, size_t len, size_t ilbc_bytes)
{
    size_t bytes = ilbc_bytes;

    if (d->codec->variant == CODEC_G729)
        bytes = len == G729_NOISE_BYTES ? G729_NOISE_BYTES : G729_FRAME_BYTES;
    else if (d->codec->variant == CODEC_G723)
        bytes = g723_frame_bytes[*p & 3];
    return bytes <= len ? bytes : 0;
}

static size_t av_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                         size_t room)
{
    size_t n = 0, ilbc_bytes = 0;

    if (d->codec->variant == CODEC_ILBC) {
        ilbc_bytes = ilbc_frame_bytes(d, len);
        if (ilbc_bytes == 0)
            return codec_refuse(d, AUDIO_REFUSED_LENGTH);
    }
    while (len) {
        size_t bytes = frame_bytes(d, p, len, ilbc_bytes);

        if (bytes == 0) {
            codec_refuse(d, AUDIO_REFUSED_LENGTH);
            break;
        }
        if (room - n < AV_FRAME_SAMPLES_MAX) {
            codec_refuse(d, AUDIO_REFUSED_LONG);
            break;
        }
        if (bytes == G729_NOISE_BYTES) { /* how the noise sounds, libavcodec does not know */
            d->pausing = false;
            break;
        }
        d->pausing = d->codec->variant == CODEC_G723 && (*p & 3) >= G723_NOISE;
        n += decode_frame(d, p, bytes, out + n);
        p += bytes;
        len -= bytes;
    }
    return n;
}

const struct audio_codec_ops codec_av_ops = { .open = av_open,
                                              .close = av_close,
                                              .decode = av_payload };

#else

const struct audio_codec_ops codec_av_ops = { .open = NULL };

#endif
