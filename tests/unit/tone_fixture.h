/*
 * tone_fixture - sound for those who listen to it: keys, noise, something like speech.
 *
 * The same seed gives the same sound.
 */
#ifndef TESTS_UNIT_TONE_FIXTURE_H
#define TESTS_UNIT_TONE_FIXTURE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TONE_RATE_HZ = 8000 };

/* Root mean square of full scale 32768: a sine at +3.14 dBm0 reaches it. */
static inline double tone_rms(double dbm0)
{
    return 32768 / sqrt(2) * pow(10, (dbm0 - 3.14) / 20);
}

static inline double tone_roll(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* About normal, of variance 1. */
static inline double tone_noise(uint64_t *seed)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += tone_roll(seed);
    return sum;
}

/* Sample n of a key: both tones together at that level. */
static inline double tone_key(char digit, double dbm0, size_t n)
{
    static const char keys[] = "123A456B789C*0#D";
    static const double rows[] = { 697, 770, 852, 941 }, columns[] = { 1209, 1336, 1477, 1633 };
    size_t at = (size_t)(strchr(keys, digit) - keys);
    double angle = 2 * 3.14159265358979323846 * (double)n / TONE_RATE_HZ;

    return tone_rms(dbm0) * (sin(angle * rows[at / 4]) + sin(angle * columns[at % 4]));
}

static inline int16_t tone_sample(double value)
{
    return (int16_t)lrint(value > 32124 ? 32124 : value < -32124 ? -32124 : value);
}

/* A voice that changes every 60 to 250 ms: pitch, two formants, loudness, and pauses. */
struct tone_voice {
    uint64_t seed;
    size_t left;
    double pitch_hz, formants_hz[2], level, phase;
};

static inline double tone_speak(struct tone_voice *v)
{
    double value = 0;

    if (v->left-- == 0) {
        v->left = (size_t)(480 + tone_roll(&v->seed) * 1520);
        v->pitch_hz = 80 + tone_roll(&v->seed) * 220;
        v->formants_hz[0] = 300 + tone_roll(&v->seed) * 600;
        v->formants_hz[1] = 900 + tone_roll(&v->seed) * 1600;
        v->level = tone_roll(&v->seed) < 0.2 ? 0 : pow(10, -tone_roll(&v->seed)) * 6000;
    }
    v->pitch_hz *= 1 + (tone_roll(&v->seed) - 0.5) * 1e-4;
    v->phase += 2 * 3.14159265358979323846 * v->pitch_hz / TONE_RATE_HZ;
    for (int h = 1; h * v->pitch_hz < 3400; h++) {
        double a = (h * v->pitch_hz - v->formants_hz[0]) / 120;
        double b = (h * v->pitch_hz - v->formants_hz[1]) / 160;

        value += (1 / (1 + a * a) + 0.6 / (1 + b * b)) * sin(v->phase * h);
    }
    return v->level * value;
}

#endif
