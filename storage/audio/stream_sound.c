#include "storage/audio/stream_sound.h"

#include <errno.h>
#include <math.h>

enum {
    NOISE_LEVEL_MIN = 30, /* −dBov: louder than that is no comfort */
    NOISE_LEVEL_MAX = 127,
    PIECE_SAMPLES = 960,
};

int64_t stream_sound_end(const struct audio_stream *s)
{
    return s->segment_at + s->segment_in * s->rate_hz / resampler_in_hz(s->resampler);
}

static void to_mix(void *ctx, const int16_t *samples, size_t count)
{
    struct audio_stream *s = ctx;

    audio_mix_add(s->mix, s->side, s->segment_at + s->segment_out, samples, count);
    s->segment_out += (int64_t)count;
}

void stream_sound_break(struct audio_stream *s)
{
    if (!s->resampler)
        return;
    resampler_flush(s->resampler, to_mix, s);
    resampler_close(s->resampler);
    s->resampler = NULL;
}

static bool begin(struct audio_stream *s, uint32_t in_hz, int64_t at)
{
    int err;

    if (s->resampler && resampler_in_hz(s->resampler) == in_hz)
        return true;
    stream_sound_break(s);
    err = resampler_open(&s->resampler, in_hz, s->rate_hz);
    if (err) {
        s->error = err;
        return false;
    }
    s->segment_at = at;
    s->segment_in = s->segment_out = 0;
    return true;
}

static void feed(struct audio_stream *s, const int16_t *samples, size_t count)
{
    s->segment_in += (int64_t)count;
    resampler_push(s->resampler, samples, count, to_mix, s);
}

/* The decoder of the payload type, opened when it is met first; the one not used for longest goes. */
static struct audio_decoder *decoder_for(struct audio_stream *s, uint8_t payload_type)
{
    struct audio_decoder *d = NULL;
    size_t i, last = AUDIO_STREAM_FORMATS - 1;
    int err;

    for (i = 0; i < AUDIO_STREAM_FORMATS && s->decoders[i].decoder; i++) {
        if (s->decoders[i].payload_type == payload_type) {
            d = s->decoders[i].decoder;
            break;
        }
    }
    if (!d) {
        err = audio_decoder_open(&d, &s->types[payload_type].format);
        if (err) {
            s->error = err;
            return NULL;
        }
        if (i > last)
            i = last;
        audio_decoder_close(s->decoders[i].decoder);
    }
    memmove(s->decoders + 1, s->decoders, i * sizeof s->decoders[0]);
    s->decoders[0].decoder = d;
    s->decoders[0].payload_type = payload_type;
    s->decoder = d;
    return d;
}

bool stream_sound_decode(struct audio_stream *s, const struct waiting_packet *p, int64_t at,
                         int64_t skip)
{
    int16_t samples[AUDIO_SAMPLES_MAX];
    struct audio_decoder *d = decoder_for(s, p->payload_type);
    uint32_t in_hz;
    size_t count, skipped;

    if (!d)
        return false;
    in_hz = audio_decoder_rate_hz(d);
    if (s->resampler && resampler_in_hz(s->resampler) != in_hz)
        skip = 0;
    count = audio_decoder_decode(d, slice_of(p->payload, p->bytes), samples, AUDIO_SAMPLES_MAX);
    if (count == 0 || !begin(s, in_hz, at))
        return false;
    s->last_samples = (int64_t)count * s->rate_hz / in_hz;
    skipped = (size_t)(skip * in_hz / s->rate_hz);
    if (skipped < count)
        feed(s, samples + skipped, count - skipped);
    s->in_noise = audio_decoder_is_pausing(d);
    s->noise_peak = 0;
    return true;
}

/* `samples` of the timeline from a maker, at the segment's own rate. */
static void make(struct audio_stream *s, int64_t samples,
                 void (*fill)(struct audio_stream *s, int16_t *out, size_t count))
{
    int16_t piece[PIECE_SAMPLES];
    int64_t in_hz = resampler_in_hz(s->resampler);
    /* Up to where it should end, whatever rounding did before. */
    int64_t left =
        (stream_sound_end(s) + samples - s->segment_at) * in_hz / s->rate_hz - s->segment_in;

    while (left > 0) {
        size_t n = left < PIECE_SAMPLES ? (size_t)left : PIECE_SAMPLES;

        fill(s, piece, n);
        feed(s, piece, n);
        left -= (int64_t)n;
    }
}

static void fill_guess(struct audio_stream *s, int16_t *out, size_t count)
{
    audio_decoder_conceal(s->decoder, out, count);
}

static void fill_noise(struct audio_stream *s, int16_t *out, size_t count)
{
    uint32_t x = s->noise_state;

    for (size_t i = 0; i < count; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        out[i] = (int16_t)(s->noise_peak * ((double)x / (UINT32_MAX / 2) - 1));
    }
    s->noise_state = x;
}

void stream_sound_conceal(struct audio_stream *s, int64_t samples)
{
    if (!s->decoder || audio_decoder_rate_hz(s->decoder) != resampler_in_hz(s->resampler))
        return;
    s->counts.concealed += samples;
    make(s, samples, fill_guess);
}

void stream_sound_noise(struct audio_stream *s, int64_t samples)
{
    if (s->noise_peak > 0)
        make(s, samples, fill_noise);
    else if (s->decoder && audio_decoder_rate_hz(s->decoder) == resampler_in_hz(s->resampler))
        make(s, samples, fill_guess);
}

void stream_sound_begin_noise(struct audio_stream *s, const struct waiting_packet *p, int64_t at)
{
    int level = p->bytes ? p->payload[0] & 0x7f : NOISE_LEVEL_MAX;

    if (level < NOISE_LEVEL_MIN)
        level = NOISE_LEVEL_MIN;
    /* The peak of even noise is √3 above its mean power. */
    s->noise_peak = INT16_MAX * pow(10, -level / 20.0) * sqrt(3);
    s->in_noise = begin(s, s->resampler ? resampler_in_hz(s->resampler) : s->rate_hz, at);
}

void stream_sound_close(struct audio_stream *s)
{
    for (size_t i = 0; i < AUDIO_STREAM_FORMATS; i++) {
        audio_decoder_close(s->decoders[i].decoder);
        s->decoders[i].decoder = NULL;
    }
    resampler_close(s->resampler);
    s->resampler = NULL;
}
