/*
 * test_level - tones of known level, silence and clipping, by codecs of the test's own.
 */
#include "analyzer/quality/level.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TWO_PI 6.283185307179586

enum { RATE_HZ = 8000, FRAME = 160 };

/* G.711 as its recommendation words it: the largest decision that the sample does not fall below. */
static uint8_t encode_mu(double x)
{
    double v =
        fmin(fabs(x) * 8159, 8158) + 33; /* 33 is the bias that makes the parts powers of 2 */
    unsigned part = 0, step;

    while (part < 7 && v >= (double)(64u << part))
        part++;
    step = (unsigned)(v / (double)(2u << part)) - 16;
    return (uint8_t) ~((x < 0 ? 0x80u : 0) | part << 4 | (step > 15 ? 15 : step));
}

static uint8_t encode_a(double x)
{
    double v = fmin(fabs(x) * 4096, 4095);
    unsigned part = 0, step;

    while (part < 7 && v >= (double)(32u << part))
        part++;
    step = (unsigned)(v / (double)(part ? 1u << part : 2u));
    return (uint8_t)(((x < 0 ? 0 : 0x80u) | part << 4 | (step & 15)) ^ 0x55);
}

static size_t encode(enum level_encoding encoding, double x, uint8_t *out)
{
    long v;

    if (encoding != LEVEL_L16) {
        out[0] = encoding == LEVEL_PCMU ? encode_mu(x) : encode_a(x);
        return 1;
    }
    v = lrint(fmax(-1, fmin(x, 1)) * 32767);
    out[0] = (uint8_t)((unsigned long)v >> 8);
    out[1] = (uint8_t)v;
    return 2;
}

static double overload_dbm0(enum level_encoding encoding)
{
    return encoding == LEVEL_PCMU ? 3.17 : 3.14;
}

/* `packets` of 20 ms of a sine. */
static struct level_sum hear_tone(enum level_encoding encoding, double hz, double dbm0,
                                  unsigned packets)
{
    double peak = pow(10, (dbm0 - overload_dbm0(encoding)) / 20);
    struct level_sum sum = { 0 };

    for (unsigned n = 0; n < packets; n++) {
        uint8_t bytes[2 * FRAME];
        size_t len = 0;
        struct slice payload;

        for (unsigned i = 0; i < FRAME; i++)
            len += encode(encoding, peak * sin(TWO_PI * hz * (n * FRAME + i) / RATE_HZ + 0.4),
                          bytes + len);
        payload = heap_block(slice_of(bytes, len));
        level_measure(&sum, encoding, payload, 65530 + n);
        heap_block_free(payload);
    }
    return sum;
}

static const enum level_encoding all[] = { LEVEL_PCMU, LEVEL_PCMA, LEVEL_L16 };

/* Also where every fourth sample, or every second, stands still. */
static void a_tone_has_its_level(void **state)
{
    static const double hz[] = { 300,        400,        425,  697,         1000, 1004, 1020,
                                 4000.0 / 3, 1500,       1600, 2000,        2500, 3000, 3400,
                                 500,        8000.0 / 3, 800,  8000.0 / 16, 1633, 3333 };
    static const double dbm0[] = { 0, -3, -10, -20, -30, -40 };

    (void)state;
    for (size_t e = 0; e < sizeof all / sizeof all[0]; e++) {
        for (size_t f = 0; f < sizeof hz / sizeof hz[0]; f++) {
            for (size_t l = 0; l < sizeof dbm0 / sizeof dbm0[0]; l++) {
                struct level_sum s = hear_tone(all[e], hz[f], dbm0[l], 50);
                double heard = level_dbm0(&s);
                /* Codes are coarse: up to 3 % of the amplitude at one level, which a tone that meets
                 * few of them shows. */
                double within = all[e] == LEVEL_L16 ? 0.05 : 0.35;

                if (!(fabs(heard - dbm0[l]) < within))
                    fail_msg("encoding %d, %g Hz, %g dBm0: heard %.3f", (int)all[e], hz[f], dbm0[l],
                             heard);
                assert_int_equal(s.packets, 50);
                if (s.silent_packets)
                    fail_msg("encoding %d, %g Hz, %g dBm0: %u of 50 silent", (int)all[e], hz[f],
                             dbm0[l], s.silent_packets);
                assert_true(level_silence_ratio(&s) == 0);
            }
        }
    }
}

/* ITU-T G.711, tables 5 and 6: 1 kHz at 0 dBm0. */
static void the_digital_milliwatt_is_0_dbm0(void **state)
{
    static const uint8_t sequences[][8] = {
        [LEVEL_PCMU] = { 0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e },
        [LEVEL_PCMA] = { 0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4 },
    };

    (void)state;
    for (unsigned e = LEVEL_PCMU; e <= LEVEL_PCMA; e++) {
        struct level_sum sum = { 0 }, one;
        uint8_t bytes[FRAME];

        for (unsigned i = 0; i < FRAME; i++)
            bytes[i] = sequences[e][i % 8];
        for (unsigned n = 0; n < 4; n++) {
            one = (struct level_sum){ 0 };
            assert_int_equal(
                level_measure(&one, (enum level_encoding)e, slice_of(bytes, sizeof bytes), n),
                LEVEL_SOUND);
            assert_true(fabs(level_dbm0(&one)) < 0.05);
            level_add(&sum, &one);
        }
        if (fabs(level_dbm0(&sum)) > 0.01)
            fail_msg("encoding %u: %.4f dBm0", e, level_dbm0(&sum));
        assert_true(level_clipping_ratio(&sum) == 0);
    }
}

static void a_full_scale_sine_is_the_overload_point(void **state)
{
    (void)state;
    for (size_t e = 0; e < sizeof all / sizeof all[0]; e++) {
        struct level_sum s = hear_tone(all[e], 1020, overload_dbm0(all[e]), 50);

        if (fabs(level_dbm0(&s) - overload_dbm0(all[e])) > 0.05)
            fail_msg("encoding %d: %.4f dBm0", (int)all[e], level_dbm0(&s));
    }
}

static void silence_is_below_50_dbm0(void **state)
{
    (void)state;
    for (size_t e = 0; e < sizeof all / sizeof all[0]; e++) {
        struct level_sum quiet = hear_tone(all[e], 440, -53, 20);
        struct level_sum low = hear_tone(all[e], 440, -47, 20);

        assert_true(level_silence_ratio(&quiet) == 1);
        assert_true(isnan(level_dbm0(&quiet)));
        assert_true(level_silence_ratio(&low) == 0);
        level_add(&low, &quiet);
        assert_true(level_silence_ratio(&low) == 0.5);
        /* The level is that of what was heard: silence does not thin it. */
        assert_true(fabs(level_dbm0(&low) + 47) < 1);
    }
}

/* The codes of no sound at all. */
static void digital_silence_is_silent(void **state)
{
    static const struct {
        enum level_encoding encoding;
        uint8_t byte;
        bool silent;
    } rows[] = {
        { LEVEL_PCMU, 0xff, true },  { LEVEL_PCMU, 0x7f, true },  { LEVEL_PCMA, 0xd5, true },
        { LEVEL_PCMA, 0x55, true },  { LEVEL_L16, 0x00, true },   { LEVEL_PCMU, 0x00, false },
        { LEVEL_PCMA, 0x2a, false }, { LEVEL_PCMU, 0xd5, false }, { LEVEL_PCMA, 0xff, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[FRAME];
        struct level_sum s = { 0 };

        memset(bytes, rows[i].byte, sizeof bytes);
        level_measure(&s, rows[i].encoding, slice_of(bytes, sizeof bytes), (unsigned)i);
        assert_int_equal(s.silent_packets, rows[i].silent);
        assert_int_equal(s.packets, 1);
    }
}

static void the_ends_of_the_scale_are_clipping(void **state)
{
    static const struct {
        enum level_encoding encoding;
        struct slice payload;
        double ratio;
    } rows[] = {
        { LEVEL_PCMU,
          SLICE_INIT("\x00\x00\x00\x00\x80\x80\x80\x80\x00\x00\x00\x00\x80\x80\x80\x80"), 1 },
        { LEVEL_PCMU,
          SLICE_INIT("\x01\x01\x01\x01\x81\x81\x81\x81\x01\x01\x01\x01\x81\x81\x81\x81"), 0 },
        { LEVEL_PCMA,
          SLICE_INIT("\x2a\x2a\x2a\x2a\xaa\xaa\xaa\xaa\x2b\x2b\x2b\x2b\xab\xab\xab\xab"), 0.5 },
        { LEVEL_L16,
          SLICE_INIT("\x7f\xff\x7f\xff\x7f\xff\x7f\xff\x80\x00\x80\x00\x80\x00\x80\x00"
                     "\x7f\xfe\x7f\xfe\x7f\xfe\x7f\xfe\x80\x02\x80\x02\x80\x02\x80\x02"),
          0.5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned phase = 0; phase < 4; phase++) {
            struct level_sum s = { 0 };

            level_measure(&s, rows[i].encoding, rows[i].payload, phase);
            if (fabs(level_clipping_ratio(&s) - rows[i].ratio) > 1e-9)
                fail_msg("row %zu, phase %u: %g", i, phase, level_clipping_ratio(&s));
        }
    }
    {
        struct level_sum over = hear_tone(LEVEL_PCMA, 500, 12, 50);

        assert_true(level_clipping_ratio(&over) > 0.5);
    }
}

/* Four packets with the same payload look at each of its samples once. */
static void four_packets_meet_each_sample_once(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 200; len++) {
        for (size_t loud = 0; loud < len; loud++) {
            uint8_t bytes[200];
            struct slice block;
            struct level_sum sum = { 0 };

            memset(bytes, 0xff, sizeof bytes);
            bytes[loud] = 0x00;
            block = heap_block(slice_of(bytes, len));
            for (unsigned phase = 0; phase < 4; phase++) {
                level_measure(&sum, LEVEL_PCMU, block, phase);
            }
            heap_block_free(block);
            if (sum.samples != len || sum.clipped != 1)
                fail_msg("%zu bytes, loud at %zu: %u looked at, %u clipped", len, loud, sum.samples,
                         sum.clipped);
        }
    }
}

static void any_payload_up_to_64_kib_is_measured(void **state)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 4, 15, 16, 17, 159, 161, 1499, 65535, 65536 };
    static uint8_t bytes[65536];
    struct random r = { 1 };

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_next(&r);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct slice block = heap_block(slice_of(bytes, sizes[i]));

        for (unsigned phase = 0; phase < 4; phase++) {
            for (unsigned e = LEVEL_NONE; e <= LEVEL_L16; e++) {
                struct level_sum s = { 0 };

                level_measure(&s, (enum level_encoding)e, block, phase);
                assert_true(s.samples <= sizes[i] / 4 + 1 && s.clipped <= s.samples);
                assert_int_equal(s.packets, s.samples != 0);
                assert_true(s.active_power >= 0 && s.active_power <= s.samples * 1.01);
                assert_true(e != LEVEL_NONE || s.packets == 0);
            }
        }
        heap_block_free(block);
    }
    /* The loudest of all: the counts must not run into each other. */
    memset(bytes, 0x80, sizeof bytes);
    for (unsigned e = LEVEL_PCMU; e <= LEVEL_L16; e++) {
        struct level_sum s = { 0 };

        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = e == LEVEL_PCMU ? 0x80 : e == LEVEL_PCMA ? 0xaa : i % 2 ? 0x00 : 0x80;
        level_measure(&s, (enum level_encoding)e, slice_of(bytes, sizeof bytes), 0);
        assert_int_equal(s.clipped, s.samples);
        assert_true(s.active_power / s.samples > 0.95 && s.active_power / s.samples < 1.01);
    }
}

/* Announced in the clear, but encrypted: no level is better than a wrong one. */
static void random_bytes_have_no_level(void **state)
{
    unsigned told = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct level_sum sum = { 0 };
        struct random r = { seed };

        for (unsigned n = 0; n < 50 + seed; n++) {
            uint8_t bytes[FRAME];

            for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (uint8_t)random_next(&r);
            level_measure(&sum, seed % 2 ? LEVEL_PCMU : LEVEL_PCMA, slice_of(bytes, sizeof bytes),
                          n);
        }
        told += level_is_of_random_bytes(&sum) && isnan(level_dbm0(&sum)) &&
                isnan(level_silence_ratio(&sum)) && isnan(level_clipping_ratio(&sum));
    }
    assert_in_range(told, 299, 300);
    /* Loud sound is not: noise, and a tone that is cut off. */
    for (int dbm0 = -12; dbm0 <= 12; dbm0++) {
        struct level_sum tone = hear_tone(LEVEL_PCMU, 1020, dbm0, 100);

        assert_false(level_is_of_random_bytes(&tone));
        assert_true(level_dbm0(&tone) < 10);
    }
    for (double loudness = 0.05; loudness < 3; loudness *= 1.03) {
        struct level_sum noise = { 0 };
        struct random r = { 1 };

        for (unsigned n = 0; n < 200; n++) {
            uint8_t bytes[FRAME];

            for (size_t i = 0; i < sizeof bytes; i++) {
                double sum = 0; /* about Gaussian */

                for (int k = 0; k < 12; k++)
                    sum += random_share(&r) - 0.5;
                bytes[i] = encode_mu(sum * loudness);
            }
            level_measure(&noise, LEVEL_PCMU, slice_of(bytes, sizeof bytes), n);
        }
        if (level_is_of_random_bytes(&noise))
            fail_msg("noise of %g is taken for random bytes", loudness);
    }
}

static void names_are_those_of_sdp(void **state)
{
    (void)state;
    assert_int_equal(level_encoding_of(SLICE("pcmu")), LEVEL_PCMU);
    assert_int_equal(level_encoding_of(SLICE("PCMA")), LEVEL_PCMA);
    assert_int_equal(level_encoding_of(SLICE("l16")), LEVEL_L16);
    assert_int_equal(level_encoding_of(SLICE("G722")), LEVEL_NONE);
    assert_int_equal(level_encoding_of(SLICE_ABSENT), LEVEL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tone_has_its_level),
        cmocka_unit_test(the_digital_milliwatt_is_0_dbm0),
        cmocka_unit_test(a_full_scale_sine_is_the_overload_point),
        cmocka_unit_test(silence_is_below_50_dbm0),
        cmocka_unit_test(digital_silence_is_silent),
        cmocka_unit_test(the_ends_of_the_scale_are_clipping),
        cmocka_unit_test(four_packets_meet_each_sample_once),
        cmocka_unit_test(any_payload_up_to_64_kib_is_measured),
        cmocka_unit_test(random_bytes_have_no_level),
        cmocka_unit_test(names_are_those_of_sdp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
