#include "storage/audio/resampler.h"

#include "storage/audio/audio_have.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#if HAVE_SPEEXDSP
#include <speex/speex_resampler.h>
#endif

enum {
    PIECE_SAMPLES = 1024,
    QUALITY = 6, /* of 10: aliases and the edge of the band are below 80 dB */
};

struct resampler {
    uint32_t in_hz, out_hz;
    uint64_t in_count, out_count; /* since the beginning or the last flush */
    int16_t last;                 /* of the input; for the straight lines */
#if HAVE_SPEEXDSP
    SpeexResamplerState *speex;
#endif
};

int resampler_open(struct resampler **rp, uint32_t in_hz, uint32_t out_hz)
{
    struct resampler *r = calloc(1, sizeof *r);

    if (!r)
        return -ENOMEM;
    r->in_hz = in_hz;
    r->out_hz = out_hz;
#if HAVE_SPEEXDSP
    if (in_hz != out_hz) {
        r->speex = speex_resampler_init(1, in_hz, out_hz, QUALITY, NULL);
        if (!r->speex) {
            free(r);
            return -ENOMEM;
        }
        speex_resampler_skip_zeros(r->speex);
    }
#endif
    *rp = r;
    return 0;
}

void resampler_close(struct resampler *r)
{
    if (!r)
        return;
#if HAVE_SPEEXDSP
    if (r->speex)
        speex_resampler_destroy(r->speex);
#endif
    free(r);
}

uint32_t resampler_in_hz(const struct resampler *r)
{
    return r->in_hz;
}

/* What belongs to the input so far, and is not out yet. */
static uint64_t owed(const struct resampler *r)
{
    uint64_t due = r->in_count * r->out_hz / r->in_hz;

    return due > r->out_count ? due - r->out_count : 0;
}

#if HAVE_SPEEXDSP

/* Not more than `limit` of what comes out. */
static void process(struct resampler *r, const int16_t *samples, size_t count, uint64_t limit,
                    resampler_fn fn, void *ctx)
{
    int16_t piece[PIECE_SAMPLES];

    while (count && limit) {
        spx_uint32_t taken = (spx_uint32_t)count;
        spx_uint32_t made = limit < PIECE_SAMPLES ? (spx_uint32_t)limit : PIECE_SAMPLES;

        speex_resampler_process_int(r->speex, 0, samples, &taken, piece, &made);
        if (taken == 0 && made == 0)
            return;
        samples += taken;
        count -= taken;
        limit -= made;
        r->out_count += made;
        if (made)
            fn(ctx, piece, made);
    }
}

static void convert(struct resampler *r, const int16_t *samples, size_t count, resampler_fn fn,
                    void *ctx)
{
    r->in_count += count;
    process(r, samples, count, UINT64_MAX, fn, ctx);
}

static void convert_rest(struct resampler *r, resampler_fn fn, void *ctx)
{
    static const int16_t silence[PIECE_SAMPLES];
    uint64_t before;

    do {
        before = r->out_count;
        process(r, silence, PIECE_SAMPLES, owed(r), fn, ctx);
    } while (owed(r) && r->out_count != before);
    speex_resampler_reset_mem(r->speex);
    speex_resampler_skip_zeros(r->speex);
}

#else

static void convert(struct resampler *r, const int16_t *samples, size_t count, resampler_fn fn,
                    void *ctx)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t from = r->in_count++;

        /* Those that lie between the sample before and this one. */
        while (from && r->out_count * r->in_hz < from * r->out_hz) {
            uint64_t at = r->out_count++ * r->in_hz - (from - 1) * r->out_hz;
            int64_t rise = (int64_t)samples[i] - r->last;
            int16_t made = (int16_t)(r->last + rise * (int64_t)at / (int64_t)r->out_hz);

            fn(ctx, &made, 1);
        }
        r->last = samples[i];
    }
}

static void convert_rest(struct resampler *r, resampler_fn fn, void *ctx)
{
    while (owed(r)) {
        r->out_count++;
        fn(ctx, &r->last, 1);
    }
}

#endif

void resampler_push(struct resampler *r, const int16_t *samples, size_t count, resampler_fn fn,
                    void *ctx)
{
    if (r->in_hz == r->out_hz)
        fn(ctx, samples, count);
    else
        convert(r, samples, count, fn, ctx);
}

void resampler_flush(struct resampler *r, resampler_fn fn, void *ctx)
{
    if (r->in_hz != r->out_hz)
        convert_rest(r, fn, ctx);
    r->in_count = r->out_count = 0;
    r->last = 0;
}
