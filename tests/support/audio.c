/*
 * All in whole numbers, so that each machine makes the same bytes.
 *
 * A syllable is a vowel (twelve harmonics of a gliding pitch, weighted by where the formants of that
 * vowel lie) under a parabola, sometimes with a hiss in front; five to eight of them make a phrase,
 * then comes a pause.
 */
#include "tests/support/audio.h"

#include "tests/support/amr_frame.h"
#include "tests/support/flow.h"
#include "tests/support/rng.h"

#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 8000,
    LOOP_S = 12, /* divisible by every ptime there is */
    LOOP_SAMPLES = RATE_HZ * LOOP_S,
    HARMONICS = 12,
    VOWELS = 5,
    FRAME_MAX = 512,
    SEED = 0x5eed,
};

const struct audio_codec audio_codecs[CODEC_COUNT] = {
    [CODEC_PCMU] = { "pcmu", "PCMU", "PCMU/8000", NULL, 0, 101, 8000, 8000, 10, 25 },
    [CODEC_PCMA] = { "pcma", "PCMA", "PCMA/8000", NULL, 8, 101, 8000, 8000, 10, 40 },
    [CODEC_G722] = { "g722", "G722", "G722/8000", NULL, 9, 101, 8000, 8000, 10, 10 },
    [CODEC_G729] = { "g729", "G729", "G729/8000", "annexb=no", 18, 101, 8000, 1000, 10, 10 },
    [CODEC_GSM] = { "gsm", "GSM", "GSM/8000", NULL, 3, 101, 8000, 1650, 20, 5 },
    [CODEC_OPUS] = { "opus", "opus", "opus/48000/2", "minptime=10;useinbandfec=1", 111, 101, 48000,
                     0, 10, 10 },
    [CODEC_OPUS_FB] = { "opus-fb", "opus", "opus/48000/2", "minptime=10", 111, 101, 48000, 0, 10,
                        0 },
    [CODEC_AMR] = { "amr", "AMR", "AMR/8000", NULL, 96, 101, 8000, 0, 20, 0 },
    [CODEC_AMR_OA] = { "amr-oa", "AMR", "AMR/8000", "octet-align=1", 96, 101, 8000, 0, 20, 0 },
    [CODEC_AMR_WB] = { "amr-wb", "AMR-WB", "AMR-WB/16000", NULL, 97, 102, 16000, 0, 20, 0 },
    [CODEC_AMR_WB_OA] = { "amr-wb-oa", "AMR-WB", "AMR-WB/16000", "octet-align=1", 97, 102, 16000, 0,
                          20, 0 },
    [CODEC_VP8] = { "vp8", "VP8", "VP8/90000", NULL, 99, 101, 90000, 0, 0, 0 },
};

bool audio_takes_ptime(enum codec_id id, int64_t ptime_ms)
{
    if ((id == CODEC_OPUS || id == CODEC_OPUS_FB) && ptime_ms == 30)
        return false; /* no single Opus frame lasts 30 ms */
    if (id == CODEC_OPUS_FB)
        return ptime_ms <= 20; /* nor does one of CELT last longer */
    if (id == CODEC_VP8)
        return false;
    return ptime_ms % audio_codecs[id].ptime_step_ms == 0;
}

/* phase: a full turn is 2^32. Bhaskara's rational approximation, good to 0.2 %; ±32767. */
static int32_t sine(uint32_t phase)
{
    int64_t x = phase >> 16 & 0x7fff;
    int64_t n = x * (32768 - x);
    int64_t s = 16 * n * 32767 / (5 * 32768LL * 32768LL - 4 * n);

    return (int32_t)(phase >> 31 ? -s : s);
}

static uint32_t phase_step(int64_t hz)
{
    return (uint32_t)(hz * 4294967296LL / RATE_HZ);
}

static int16_t clip(int64_t value)
{
    if (value > 32767)
        return 32767;
    return (int16_t)(value < -32768 ? -32768 : value);
}

/* One syllable of n samples. */
static void speak_syllable(int16_t *pcm, int64_t n, int64_t pitch_hz, struct rng *r)
{
    /* Percent, from the first harmonic on: roughly a, e, i, o, u. */
    static const uint8_t gains[VOWELS][HARMONICS] = {
        { 40, 45, 55, 90, 100, 80, 60, 40, 30, 20, 10, 8 },
        { 50, 70, 100, 60, 25, 15, 20, 40, 60, 50, 30, 15 },
        { 80, 100, 40, 15, 8, 6, 8, 12, 20, 40, 55, 40 },
        { 50, 80, 100, 70, 45, 25, 12, 8, 6, 5, 4, 3 },
        { 90, 100, 60, 35, 20, 10, 6, 5, 4, 3, 2, 2 },
    };
    const uint8_t *gain = gains[rng_below(r, VOWELS)];
    int64_t glide_hz = rng_between(r, -20, 15);
    int64_t hiss = rng_below(r, 4) == 0 ? n / 5 : 0;
    uint32_t phase = 0;

    for (int64_t i = 0; i < n; i++) {
        int64_t envelope = 4 * i * (n - i) * 256 / (n * n); /* 0..256 */
        int64_t sum = 0;

        phase += phase_step(pitch_hz + glide_hz * i / n);
        for (uint32_t k = 1; k <= HARMONICS; k++)
            sum += gain[k - 1] * sine(phase * k) / 100;
        sum = sum * envelope / 256 / 8;
        if (i < hiss)
            sum += rng_between(r, -3000, 3000);
        pcm[i] = clip(sum);
    }
}

static void speak(int16_t *pcm, int voice)
{
    struct rng r = rng_for(SEED, 1, (uint64_t)voice);
    int64_t base_hz = voice ? 195 : 115;
    int64_t at = 0;

    while (at < LOOP_SAMPLES) {
        int64_t syllables = rng_between(&r, 5, 8);

        for (int64_t s = 0; s < syllables && at < LOOP_SAMPLES; s++) {
            int64_t n = rng_between(&r, 1100, 2300);

            if (n > LOOP_SAMPLES - at)
                n = LOOP_SAMPLES - at;
            speak_syllable(pcm + at, n, base_hz * rng_between(&r, 85, 120) / 100, &r);
            at += n;
        }
        at += rng_between(&r, 1600, 4800);
    }
    for (int64_t i = 0; i < LOOP_SAMPLES; i++) /* the noise of a room */
        pcm[i] = clip(pcm[i] + rng_between(&r, -24, 24));
}

/* A whole number of periods in 10 ms: every packet of a tone is the same. */
static void play_tone(int16_t *pcm, int voice)
{
    uint32_t step = phase_step(voice ? 500 : 400);

    for (uint32_t i = 0; i < LOOP_SAMPLES; i++)
        pcm[i] = (int16_t)(sine(i * step) / 4);
}

/* How far the highest bit that is set lies above bit `base`: 0..7. */
static int segment_of(int magnitude, int base)
{
    int segment = 0;

    while (segment < 7 && magnitude >> (base + segment + 1))
        segment++;
    return segment;
}

static uint8_t encode_mu_law(int16_t sample)
{
    enum { BIAS = 132, TOP = 32635 };
    int sign = sample < 0 ? 0x80 : 0;
    int magnitude = sample < 0 ? -(int)sample : sample;
    int segment;

    magnitude = (magnitude > TOP ? TOP : magnitude) + BIAS;
    segment = segment_of(magnitude, 7);
    return (uint8_t) ~(sign | segment << 4 | (magnitude >> (segment + 3) & 15));
}

static uint8_t encode_a_law(int16_t sample)
{
    int sign = sample >= 0 ? 0x80 : 0;
    int magnitude = (sample >= 0 ? sample : -(int)sample - 1) >> 4; /* 11 bits */
    int segment = segment_of(magnitude, 3);

    if (segment > 1) /* the two lowest segments are one straight line */
        magnitude >>= segment - 1;
    return (uint8_t)((sign | segment << 4 | (magnitude & 15)) ^ 0x55);
}

uint8_t audio_encode_sample(enum codec_id id, int16_t sample)
{
    return id == CODEC_PCMU ? encode_mu_law(sample) : encode_a_law(sample);
}

/* The two AMRs in their two packings; false for all other codecs. */
static bool amr_form(enum codec_id id, struct amr_form *form)
{
    *form = (struct amr_form){ id == CODEC_AMR_WB || id == CODEC_AMR_WB_OA,
                               id == CODEC_AMR_OA || id == CODEC_AMR_WB_OA };
    return form->wideband || form->aligned || id == CODEC_AMR;
}

uint16_t audio_comfort_noise(enum codec_id id, uint8_t *out)
{
    struct rng r = rng_for(SEED, 1, 99);
    struct amr_form form;

    return amr_form(id, &form) ? amr_frame_sid(out, form, &r) : 0;
}

/* Bytes of the right outer form for a codec that we do not have. */
static uint16_t make_frame(uint8_t *out, enum codec_id id, int64_t ptime_ms, enum audio_kind kind,
                           struct rng *r)
{
    static const uint8_t opus_toc[] = { 8 << 3, 9 << 3, 0, 10 << 3, 0, 11 << 3 };
    const struct audio_codec *codec = &audio_codecs[id];
    int64_t len = codec->bytes_per_s * ptime_ms / 1000;
    struct amr_form form;

    if (amr_form(id, &form))
        return amr_frame_make(out, form, ptime_ms / 20, r);
    if (id == CODEC_OPUS || id == CODEC_OPUS_FB)
        len = kind == AUDIO_TONE ? 3 * ptime_ms : rng_between(r, 2 * ptime_ms, 4 * ptime_ms);
    for (int64_t i = 0; i < len; i++)
        out[i] = (uint8_t)(kind == AUDIO_TONE ? i * 7 : (int64_t)rng_below(r, 256));
    if (id == CODEC_OPUS)
        out[0] = opus_toc[ptime_ms / 10 - 1]; /* SILK wideband, mono, one frame */
    if (id == CODEC_OPUS_FB)
        out[0] = (uint8_t)((ptime_ms == 20 ? 31 : 30) << 3 | 4); /* CELT fullband, stereo */
    for (int64_t i = 0; id == CODEC_GSM && i < len; i += 33)
        out[i] = (uint8_t)(0xd0 | (out[i] & 15));
    return (uint16_t)len;
}

static bool make_loop(struct audio_loop *loop, enum codec_id id, int64_t ptime_ms,
                      enum audio_kind kind, const int16_t *pcm, int voice)
{
    struct rng r = rng_for(SEED, 2 + (uint64_t)id, (uint64_t)voice);
    uint32_t samples = (uint32_t)(RATE_HZ * ptime_ms / 1000);
    uint8_t *p;

    loop->count = LOOP_SAMPLES / samples;
    loop->frames = calloc(loop->count, sizeof(*loop->frames));
    loop->bytes = malloc((size_t)loop->count * FRAME_MAX);
    if (!loop->frames || !loop->bytes)
        return false;
    p = loop->bytes;
    for (uint32_t f = 0; f < loop->count; f++) {
        uint16_t len = (uint16_t)samples;

        if (id == CODEC_PCMU || id == CODEC_PCMA) {
            for (uint32_t i = 0; i < samples; i++)
                p[i] = audio_encode_sample(id, pcm[f * samples + i]);
        } else {
            if (kind == AUDIO_TONE)
                r = rng_for(SEED, 2, 0);
            len = make_frame(p, id, ptime_ms, kind, &r);
        }
        loop->frames[f] = (struct audio_frame){ p, len, flow_fold(flow_sum(p, len)) };
        p += len;
    }
    return true;
}

struct audio *audio_open(int64_t ptime_ms, enum audio_kind kind)
{
    struct audio *a = calloc(1, sizeof(*a));
    bool ok = a;

    for (int voice = 0; ok && voice < AUDIO_VOICES; voice++) {
        int16_t *pcm = a->pcm[voice] = calloc(LOOP_SAMPLES, sizeof(*pcm));

        a->pcm_samples = LOOP_SAMPLES;
        if (!pcm)
            ok = false;
        else if (kind == AUDIO_SPEECH)
            speak(pcm, voice);
        else
            play_tone(pcm, voice);
        for (int id = 0; ok && id < CODEC_COUNT; id++) {
            if (audio_takes_ptime((enum codec_id)id, ptime_ms))
                ok = make_loop(&a->loops[id][voice], (enum codec_id)id, ptime_ms, kind, pcm, voice);
        }
    }
    if (ok)
        return a;
    audio_close(a);
    return NULL;
}

void audio_close(struct audio *a)
{
    if (!a)
        return;
    for (int voice = 0; voice < AUDIO_VOICES; voice++)
        free(a->pcm[voice]);
    for (int id = 0; id < CODEC_COUNT; id++) {
        for (int voice = 0; voice < AUDIO_VOICES; voice++) {
            free(a->loops[id][voice].frames);
            free(a->loops[id][voice].bytes);
        }
    }
    free(a);
}
