/*
 * Levels become whole numbers once, when a stream begins; from there on all is in whole numbers, so
 * that each machine makes the same bytes. The sine is its Taylor series to the ninth power, good to
 * four parts in a million of full scale.
 */
#include "tests/support/sound.h"

#include "tests/support/audio.h"
#include "tests/support/rng.h"

#include <math.h>
#include <string.h>

enum { RATE_HZ = 8000, CLIP = 32767 };

static const double silent_dbm0 = -50;

/* The peak of a sine of 0 dBm0, in 16-bit samples: 3.14 dB under 32768, 3.17 dB under 32636 (the
 * 8159 of µ-law's 14 bits). */
static double milliwatt_peak(bool mu_law)
{
    return mu_law ? 32636 / pow(10, 3.17 / 20) : 32768 / pow(10, 3.14 / 20);
}

static int64_t peak_of(double dbm0, bool mu_law)
{
    return (int64_t)floor(milliwatt_peak(mu_law) * pow(10, dbm0 / 20) + 0.5);
}

/* phase: a full turn is 2^32; ±2^30. */
static int64_t sine(uint32_t phase)
{
    /* π/2 to odd powers over factorials, in units of 2^-30. */
    static const int64_t terms[] = { 1686629713, -693598668, 85569306, -5026995, 172272 };
    uint32_t quarter = phase >> 30, within = phase & 0x3fffffff;
    int64_t x = quarter & 1 ? 0x40000000 - (int64_t)within : (int64_t)within;
    int64_t x2 = (x * x) >> 30, sum = 0;

    for (int i = 4; i >= 0; i--)
        sum = ((sum * x2) >> 30) + terms[i];
    sum = (sum * x) >> 30;
    return quarter & 2 ? -sum : sum;
}

void sound_add(struct sound *s, const struct sound_tone *tone)
{
    struct sound_wave *w = &s->waves[s->wave_count];

    if (s->wave_count == SOUND_TONES_MAX)
        return;
    w->from = (int64_t)(tone->start_s * RATE_HZ + 0.5);
    w->to = tone->length_s > 0 ? w->from + (int64_t)(tone->length_s * RATE_HZ + 0.5) : INT64_MAX;
    w->step[0] = (uint32_t)(tone->hz * 4294967296.0 / RATE_HZ + 0.5);
    w->step[1] = (uint32_t)(tone->second_hz * 4294967296.0 / RATE_HZ + 0.5);
    w->peak = (int32_t)peak_of(tone->dbm0, s->mu_law);
    s->wave_count++;
}

void sound_init(struct sound *s, const struct sound_plan *plan, bool mu_law, const int16_t *pcm,
                int64_t pcm_samples, uint64_t noise_seed)
{
    *s = (struct sound){ .mu_law = mu_law,
                         .pcm_samples = pcm_samples,
                         .noise_seed = noise_seed,
                         .gain = (int64_t)(256 * pow(10, plan->gain_db / 20) + 0.5) };
    /* Without a word on the voice, tones stand in silence, and noise is alone. */
    if (plan->voice == SOUND_SPEECH)
        s->pcm = pcm;
    if (plan->noisy) /* a sine's RMS is its peak over √2 */
        s->noise_rms = (int64_t)(sqrt(0.5) * (double)peak_of(plan->noise_dbm0, mu_law) + 0.5);
    for (int i = 0; i < plan->tone_count; i++)
        sound_add(s, &plan->tones[i]);
}

static int64_t play_waves(const struct sound *s, int64_t at, bool *any)
{
    int64_t sum = 0;

    for (int i = 0; i < s->wave_count; i++) {
        const struct sound_wave *w = &s->waves[i];
        uint32_t since = (uint32_t)(at - w->from);

        if (at < w->from || at >= w->to)
            continue;
        *any = true;
        for (int k = 0; k < 2 && w->step[k]; k++)
            sum += (sine(w->step[k] * since) * w->peak + (1 << 29)) >> 30;
    }
    return sum;
}

void sound_render(const struct sound *s, int64_t first, uint8_t *out, size_t count)
{
    /* Noise belongs to its place in the stream: a packet is the same whenever it is made. */
    struct rng r = rng_for(s->noise_seed, 0x5013, (uint64_t)first);

    for (size_t i = 0; i < count; i++) {
        int64_t at = first + (int64_t)i;
        bool toned = false;
        int64_t sum = play_waves(s, at, &toned);

        if (s->pcm && !toned)
            sum += s->pcm[at % s->pcm_samples] * s->gain / 256;
        if (s->noise_rms)
            sum += rng_gauss(&r) * s->noise_rms / RNG_SIGMA;
        if (sum > CLIP)
            sum = CLIP;
        if (sum < -CLIP)
            sum = -CLIP;
        out[i] = audio_encode_sample(s->mu_law ? CODEC_PCMU : CODEC_PCMA, (int16_t)sum);
    }
}

struct sound_tone sound_key(char digit, double dbm0, double start_s, double length_s)
{
    static const char keys[] = "123A456B789C*0#D";
    static const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477, 1633 };
    const char *at = strchr(keys, digit);
    size_t key = at ? (size_t)(at - keys) : 0;

    return (struct sound_tone){ rows[key / 4], columns[key % 4], dbm0, start_s, length_s };
}

/* The decoders: the middle of each step, in 16 bits. */
static int32_t decode_mu_law(uint8_t byte)
{
    int code = ~byte & 255, segment = code >> 4 & 7;
    int32_t magnitude = (((code & 15) << 3) + 132) << segment;

    return code & 0x80 ? 132 - magnitude : magnitude - 132;
}

static int32_t decode_a_law(uint8_t byte)
{
    int code = byte ^ 0x55, segment = code >> 4 & 7;
    int32_t magnitude = (code & 15) * 16 + 8;

    if (segment > 0)
        magnitude = (magnitude + 256) << (segment - 1);
    return code & 0x80 ? magnitude : -magnitude;
}

void sound_measure(struct sound_seen *seen, bool mu_law, const uint8_t *bytes, size_t count)
{
    double square = 0, floor_square;

    for (size_t i = 0; i < count; i++) {
        int32_t sample = mu_law ? decode_mu_law(bytes[i]) : decode_a_law(bytes[i]);

        square += (double)sample * sample;
        /* Both laws: the last code of either sign. */
        seen->clipped += ((mu_law ? ~bytes[i] : bytes[i] ^ 0x55) & 0x7f) == 0x7f;
    }
    seen->packets++;
    seen->samples += (int64_t)count;
    floor_square = pow(milliwatt_peak(mu_law), 2) / 2 * pow(10, silent_dbm0 / 10);
    if (square < floor_square * (double)count) {
        seen->silent++;
        return;
    }
    seen->loud_samples += (int64_t)count;
    seen->loud_square += square;
}

double sound_level_dbm0(const struct sound_seen *seen, bool mu_law)
{
    if (seen->loud_samples == 0)
        return NAN;
    return 10 * log10(seen->loud_square / (double)seen->loud_samples /
                      (pow(milliwatt_peak(mu_law), 2) / 2));
}
