/*
 * What an encoder of the same library made is decoded with the tone in it; a stranger's bytes are
 * refused or decoded, within bounds; what is lost is concealed and fades.
 */
#include "storage/audio/audio_codec.h"
#include "tests/unit/audio_encoders.h"
#include "tests/unit/random.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TONE_HZ = 1000, SECONDS = 2, PAYLOAD_MAX = 65535 };
#define PEAK 8000.0

static double phase_of(size_t i, uint32_t rate_hz)
{
    return 2 * M_PI * TONE_HZ * (double)i / rate_hz;
}

static void make_tone(int16_t *out, size_t from, size_t count, uint32_t rate_hz)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (int16_t)lrint(PEAK * sin(phase_of(from + i, rate_hz)));
}

/* Power of the tone and of the whole. */
static void measure(const int16_t *x, size_t count, uint32_t rate_hz, double *tone, double *whole)
{
    double re = 0, im = 0, sum = 0;

    for (size_t i = 0; i < count; i++) {
        re += x[i] * cos(phase_of(i, rate_hz));
        im += x[i] * sin(phase_of(i, rate_hz));
        sum += (double)x[i] * x[i];
    }
    *tone = 2 * (re * re + im * im) / ((double)count * (double)count);
    *whole = sum / (double)count;
}

static void check_tone(const struct audio_encoder *e)
{
    size_t total = (size_t)e->rate_hz * SECONDS, n = 0, sent = 0;
    int16_t *heard = malloc((total + AUDIO_SAMPLES_MAX) * sizeof *heard);
    int16_t frame[ENCODER_FRAME_MAX];
    struct audio_decoder *d = NULL;
    void *state = e->open(e);
    double tone, whole, level_db, noise_db;

    assert_non_null(heard);
    assert_non_null(state);
    assert_int_equal(audio_decoder_open(&d, &e->format), 0);
    assert_int_equal(audio_decoder_rate_hz(d), e->rate_hz);
    for (; sent < total; sent += e->frame) {
        uint8_t payload[ENCODED_MAX] = { 0 }, *exact;
        size_t bytes;

        make_tone(frame, sent, e->frame, e->rate_hz);
        bytes = e->encode(e, state, frame, payload);
        if (bytes == 0) /* it looks ahead */
            continue;
        exact = malloc(bytes);
        assert_non_null(exact);
        memcpy(exact, payload, bytes);
        n += audio_decoder_decode(d, slice_of(exact, bytes), heard + n, AUDIO_SAMPLES_MAX);
        free(exact);
    }
    assert_true(n + 2 * e->frame >= sent && n <= sent);
    measure(heard + n - e->rate_hz, e->rate_hz, e->rate_hz, &tone, &whole);
    level_db = 10 * log10(tone / (PEAK * PEAK / 2));
    noise_db = 10 * log10(tone / fmax(whole - tone, 1e-9));
    print_message("%-24s level %+.3f dB, noise %.1f dB below\n", e->title, level_db, noise_db);
    assert_true(fabs(level_db) <= e->level_db);
    assert_true(noise_db >= e->noise_db);
    for (size_t r = 0; r < AUDIO_REFUSAL_COUNT; r++)
        assert_int_equal(audio_decoder_refused(d, (enum audio_refusal)r), 0);
    audio_decoder_close(d);
    e->close(state);
    free(heard);
}

static void test_tones(void **state)
{
    const struct audio_encoder *e;

    (void)state;
    for (size_t i = 0; (e = audio_encoder_at(i)) != NULL; i++)
        check_tone(e);
}

/* No library here encodes G.729: a second of the tone as libbcg729 does it, frame after frame. */
static void test_g729(void **state)
{
    struct audio_format format = { .encoding = SLICE("G729"), .clock_rate_hz = 8000 };
    enum { FRAME_BYTES = 10, FRAMES = 100, FRAME_SAMPLES = 80 };
    uint8_t frames[FRAMES * FRAME_BYTES];
    int16_t out[FRAMES * FRAME_SAMPLES + AUDIO_SAMPLES_MAX];
    FILE *file = fopen(TEST_DATA "/g729_1000hz.bin", "rb");
    struct audio_decoder *d = NULL;
    double tone, whole;
    size_t n = 0;

    (void)state;
    assert_non_null(file);
    assert_int_equal(fread(frames, 1, sizeof frames, file), sizeof frames);
    fclose(file);
    if (audio_decoder_open(&d, &format) == -ENOSYS)
        skip();
    for (size_t i = 0; i < sizeof frames; i += 2 * (size_t)FRAME_BYTES)
        n += audio_decoder_decode(d, slice_of(frames + i, 2 * (size_t)FRAME_BYTES), out + n,
                                  AUDIO_SAMPLES_MAX);
    assert_int_equal(n, FRAMES * FRAME_SAMPLES);
    measure(out + 4000, 4000, 8000, &tone, &whole);
    print_message("G.729 level %+.3f dB, noise %.1f dB below\n",
                  10 * log10(tone / (PEAK * PEAK / 2)), 10 * log10(tone / (whole - tone)));
    assert_true(fabs(10 * log10(tone / (PEAK * PEAK / 2))) <= 1);
    assert_true(tone / (whole - tone) >= 10);
    /* Noise in the last frame of a packet ends its sound. */
    assert_int_equal(audio_decoder_decode(d, slice_of(frames, 12), out, AUDIO_SAMPLES_MAX),
                     FRAME_SAMPLES);
    audio_decoder_close(d);
}

/* How much sound is in how many bytes; what is in it, nothing here can make. */
static void test_frame_lengths(void **state)
{
    static const struct {
        const char *encoding, *fmtp;
        size_t bytes, samples;
    } rows[] = {
        { "iLBC", NULL, 38, 160 },    { "iLBC", "mode=30", 38, 160 }, { "iLBC", NULL, 76, 320 },
        { "iLBC", NULL, 50, 240 },    { "iLBC", NULL, 100, 480 },     { "iLBC", NULL, 37, 0 },
        { "iLBC", NULL, 1900, 7920 }, { "iLBC", NULL, 1, 0 },         { "G729", NULL, 10, 80 },
        { "G729", NULL, 20, 160 },    { "G729", NULL, 2, 0 },         { "G729", NULL, 9, 0 },
        { "G723", NULL, 24, 240 },    { "G723", NULL, 48, 480 },      { "GSM", NULL, 32, 0 },
        { "L16", NULL, 1, 0 },        { "G722", NULL, 160, 320 },     { "G726-24", NULL, 60, 160 },
        { "G726-24", NULL, 2, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct audio_format format = { .encoding = slice_of_text(rows[i].encoding),
                                       .fmtp = slice_of_text(rows[i].fmtp) };
        int16_t out[AUDIO_SAMPLES_MAX];
        uint8_t *payload = calloc(1, rows[i].bytes);
        struct audio_decoder *d = NULL;

        assert_non_null(payload);
        if (audio_decoder_open(&d, &format) == 0)
            assert_int_equal(
                audio_decoder_decode(d, slice_of(payload, rows[i].bytes), out, AUDIO_SAMPLES_MAX),
                rows[i].samples);
        audio_decoder_close(d);
        free(payload);
    }
}

/* The corners of both laws, and that each is odd. */
static void test_g711(void **state)
{
    static const struct {
        const char *encoding;
        uint8_t code;
        int16_t sample;
    } rows[] = {
        { "PCMU", 0x00, -32124 }, { "PCMU", 0x80, 32124 },  { "PCMU", 0xff, 0 },
        { "PCMU", 0x7f, 0 },      { "PCMU", 0xfe, 8 },      { "PCMU", 0xe0, 372 },
        { "PCMA", 0xaa, 32256 },  { "PCMA", 0x2a, -32256 }, { "PCMA", 0xd5, 8 },
        { "PCMA", 0x55, -8 },     { "PCMA", 0xc5, 264 },    { "PCMA", 0x85, 4224 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct audio_format format = { .encoding = slice_of_text(rows[i].encoding) };
        struct audio_decoder *d;
        int16_t out[1];

        assert_int_equal(audio_decoder_open(&d, &format), 0);
        assert_int_equal(audio_decoder_rate_hz(d), 8000);
        assert_int_equal(audio_decoder_decode(d, slice_of(&rows[i].code, 1), out, 1), 1);
        assert_int_equal(out[0], rows[i].sample);
        audio_decoder_close(d);
    }
}

static const struct {
    const char *encoding, *fmtp;
    uint32_t clock_rate_hz;
    uint8_t channels;
} strange[] = {
    { "PCMU", NULL, 8000, 1 },
    { "PCMA", NULL, 8000, 1 },
    { "L16", NULL, 44100, 2 },
    { "G722", NULL, 8000, 1 },
    { "G726-16", NULL, 8000, 1 },
    { "G726-24", NULL, 8000, 1 },
    { "G726-32", NULL, 8000, 1 },
    { "G726-40", NULL, 8000, 1 },
    { "AAL2-G726-24", NULL, 0, 1 },
    { "GSM", NULL, 8000, 1 },
    { "opus", NULL, 48000, 2 },
    { "AMR", NULL, 8000, 1 },
    { "AMR", "octet-align=1", 0, 1 },
    { "AMR-WB", NULL, 16000, 1 },
    { "AMR-WB", "octet-align=1", 16000, 1 },
    { "speex", NULL, 8000, 1 },
    { "speex", NULL, 16000, 1 },
    { "speex", NULL, 32000, 1 },
    { "iLBC", "mode=20", 8000, 1 },
    { "G729", NULL, 8000, 1 },
    { "G723", NULL, 8000, 1 },
};

/* NULL: its library is not there. */
static struct audio_decoder *open_strange(size_t i)
{
    struct audio_format format = { .encoding = slice_of_text(strange[i].encoding),
                                   .fmtp = slice_of_text(strange[i].fmtp),
                                   .clock_rate_hz = strange[i].clock_rate_hz,
                                   .channels = strange[i].channels };
    struct audio_decoder *d = NULL;
    int err = audio_decoder_open(&d, &format);

    if (err != -ENOSYS)
        assert_int_equal(err, 0);
    return d;
}

/* Payloads of 1 byte to 64 KiB, and what is lost between them. */
static void test_any_bytes(void **state)
{
    int16_t *out = malloc((AUDIO_SAMPLES_MAX + 1) * sizeof *out);
    struct random seed = { 7 };

    (void)state;
    assert_non_null(out);
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct audio_decoder *d = open_strange(i);
        uint64_t refused = 0;

        for (int round = 0; d && round < 400; round++) {
            size_t len = round == 0   ? PAYLOAD_MAX
                         : round < 64 ? (size_t)round
                                      : 1 + random_next(&seed) % (round % 8 ? 200 : PAYLOAD_MAX);
            uint8_t *payload = malloc(len);
            size_t n, room = round % 3 ? AUDIO_SAMPLES_MAX : random_next(&seed) % 8000;

            assert_non_null(payload);
            for (size_t b = 0; b < len; b++)
                payload[b] = (uint8_t)random_next(&seed);
            out[room] = 12345;
            n = audio_decoder_decode(d, slice_of(payload, len), out, room);
            assert_true(n <= room);
            assert_int_equal(out[room], 12345);
            free(payload);
            room = random_next(&seed) % 3000;
            out[room] = 12345;
            assert_int_equal(audio_decoder_conceal(d, out, room), room);
            assert_int_equal(out[room], 12345);
        }
        for (size_t r = 0; d && r < AUDIO_REFUSAL_COUNT; r++)
            refused += audio_decoder_refused(d, (enum audio_refusal)r);
        if (d)
            assert_true(refused > 0);
        audio_decoder_close(d);
    }
    free(out);
}

static double rms(const int16_t *x, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * x[i];
    return sqrt(sum / (double)count);
}

/* The 20 ms after a tone are heard; half a second later it is gone. */
static void test_conceal(void **state)
{
    const struct audio_encoder *e;

    (void)state;
    for (size_t i = 0; (e = audio_encoder_at(i)) != NULL; i++) {
        size_t gap = e->rate_hz / 50, half = e->rate_hz / 2;
        int16_t *out = malloc(AUDIO_SAMPLES_MAX * sizeof *out), frame[ENCODER_FRAME_MAX];
        struct audio_decoder *d;
        void *encoder = e->open(e);
        double first, last;

        assert_non_null(out);
        assert_int_equal(audio_decoder_open(&d, &e->format), 0);
        for (size_t sent = 0; sent < half; sent += e->frame) {
            uint8_t payload[ENCODED_MAX] = { 0 };
            size_t bytes;

            make_tone(frame, sent, e->frame, e->rate_hz);
            bytes = e->encode(e, encoder, frame, payload);
            if (bytes)
                audio_decoder_decode(d, slice_of(payload, bytes), out, AUDIO_SAMPLES_MAX);
        }
        audio_decoder_conceal(d, out, gap);
        first = rms(out, gap);
        audio_decoder_conceal(d, out, half);
        last = rms(out + half - gap, gap);
        print_message("%-24s concealed %.0f, half a second later %.0f\n", e->title, first, last);
        assert_true(first > PEAK / 10 && first < PEAK);
        assert_true(last < PEAK / 20);
        audio_decoder_close(d);
        e->close(encoder);
        free(out);
    }
}

static void test_unknown(void **state)
{
    static const struct {
        struct audio_format format;
        int err;
    } rows[] = {
        { { .encoding = SLICE_INIT("EVS") }, -ENOTSUP },
        { { .encoding = SLICE_INIT("") }, -ENOTSUP },
        { { .encoding = { NULL, 0 } }, -ENOTSUP },
        { { .encoding = SLICE_INIT("AMR"), .fmtp = SLICE_INIT("octet-align=1; crc=1") }, -ENOTSUP },
        { { .encoding = SLICE_INIT("AMR"), .fmtp = SLICE_INIT("interleaving=4") }, -ENOTSUP },
        { { .encoding = SLICE_INIT("speex"), .clock_rate_hz = 11025 }, -ENOTSUP },
        { { .encoding = SLICE_INIT("L16"), .clock_rate_hz = 4000000000u }, -ENOTSUP },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct audio_codec *codec = audio_codec_find(rows[i].format.encoding);
        struct audio_decoder *d = NULL;
        int err = audio_decoder_open(&d, &rows[i].format);

        assert_int_equal(err, codec && !audio_codec_is_built_in(codec) ? -ENOSYS : rows[i].err);
        assert_null(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tones),     cmocka_unit_test(test_g711),
        cmocka_unit_test(test_g729),      cmocka_unit_test(test_frame_lengths),
        cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_conceal),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
