/*
 * test_tones - keys that are in the sound, and keys that are not.
 */
#include "storage/audio/tones.h"

#include "tests/unit/tone_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { FOUND_MAX = 64, MS = 8, CHUNK = 160 };

struct found {
    char digit;
    uint64_t at;
    uint32_t samples;
};

struct ear {
    struct tone_listener tones;
    void *listener;
    struct found keys[FOUND_MAX];
    size_t count, told; /* keys; calls */
    uint64_t fed;
    int16_t chunk[CHUNK];
};

static void on_key(void *ctx, char digit, uint64_t at_sample, uint32_t samples)
{
    struct ear *e = ctx;

    e->told++;
    assert_true(at_sample + samples <= e->fed + CHUNK);
    if (samples == 0) {
        assert_true(e->count < FOUND_MAX);
        e->keys[e->count++] = (struct found){ digit, at_sample, 0 };
        return;
    }
    assert_true(e->count > 0 && e->keys[e->count - 1].digit == digit);
    assert_true(e->keys[e->count - 1].at == at_sample && e->keys[e->count - 1].samples == 0);
    e->keys[e->count - 1].samples = samples;
}

/* False: built without spandsp, there is nothing to test. */
static bool ear_open(struct ear *e)
{
    memset(e, 0, sizeof *e);
    e->tones = tones_listener();
    if (!e->tones.open) {
        assert_true(!e->tones.listen && !e->tones.close);
        print_message("    built without spandsp\n");
        return false;
    }
    e->listener = e->tones.open();
    assert_non_null(e->listener);
    return true;
}

static void ear_hear(struct ear *e, double value)
{
    e->chunk[e->fed % CHUNK] = tone_sample(value);
    if (++e->fed % CHUNK == 0)
        e->tones.listen(e->listener, e->chunk, CHUNK, on_key, e);
}

static void dial(struct ear *e, char digit, double dbm0, size_t samples, double noise_dbm0,
                 uint64_t *seed)
{
    for (size_t n = 0; n < samples; n++)
        ear_hear(e,
                 (digit ? tone_key(digit, dbm0, n) : 0) + tone_rms(noise_dbm0) * tone_noise(seed));
}

static void twenty_of_twenty_at_20_under_noise_at_40(void **state)
{
    static const char digits[] = "1234567890*#ABCD5550";
    static const struct {
        const char *what;
        double dbm0, noise_dbm0;
        size_t on_ms, off_ms;
    } rows[] = {
        { "as the figure says: the two tones together at -20 dBm0", -23, -40, 80, 80 },
        { "each tone at -20 dBm0", -20, -40, 80, 80 },
        { "short and close together", -20, -40, 50, 50 },
        { "faint", -30, -50, 80, 80 },
        { "loud", -6, -40, 100, 60 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t seed = 1 + i, begins[20];
        double worst_begin = 0, worst_length = 0;
        struct ear e;

        if (!ear_open(&e))
            return;
        for (size_t d = 0; d < 20; d++) {
            dial(&e, 0, 0, rows[i].off_ms * MS + d * 7, rows[i].noise_dbm0, &seed);
            begins[d] = e.fed;
            dial(&e, digits[d], rows[i].dbm0, rows[i].on_ms * MS, rows[i].noise_dbm0, &seed);
        }
        dial(&e, 0, 0, 1000, rows[i].noise_dbm0, &seed);
        assert_int_equal(e.count, 20);
        assert_int_equal(e.told, 40); /* each begins once and ends once */
        for (size_t d = 0; d < 20; d++) {
            double begin = fabs((double)e.keys[d].at - (double)begins[d]) / MS;
            double length = fabs((double)e.keys[d].samples / MS - (double)rows[i].on_ms);

            assert_int_equal(e.keys[d].digit, digits[d]);
            worst_begin = begin > worst_begin ? begin : worst_begin;
            worst_length = length > worst_length ? length : worst_length;
        }
        print_message("    20 of 20, begin within %.1f ms, duration within %.1f ms: %s\n",
                      worst_begin, worst_length, rows[i].what);
        assert_true(worst_begin <= 10 && worst_length <= 16);
        e.tones.close(e.listener);
    }
}

static void ten_minutes_without_a_key_have_none(void **state)
{
    enum { SECONDS = 600 };
    struct tone_voice voice = { .seed = 7 };
    uint64_t seed = 3;
    struct ear e;

    (void)state;
    if (!ear_open(&e))
        return;
    dial(&e, 0, 0, (size_t)SECONDS * TONE_RATE_HZ, -20, &seed);
    print_message("    %zu keys in %d s of noise\n", e.count, SECONDS);
    assert_int_equal(e.count, 0);
    e.tones.close(e.listener);

    assert_true(ear_open(&e));
    for (size_t n = 0; n < (size_t)SECONDS * TONE_RATE_HZ; n++)
        ear_hear(&e, tone_speak(&voice));
    print_message("    %zu keys in %d s of what is like speech\n", e.count, SECONDS);
    assert_int_equal(e.count, 0);
    e.tones.close(e.listener);
}

static void a_key_that_follows_another_without_a_pause_is_another(void **state)
{
    uint64_t seed = 5;
    struct ear e;

    (void)state;
    if (!ear_open(&e))
        return;
    dial(&e, '5', -20, 800, -50, &seed);
    dial(&e, '9', -20, 800, -50, &seed);
    dial(&e, 0, 0, 800, -50, &seed);
    assert_int_equal(e.count, 2);
    assert_int_equal(e.keys[0].digit, '5');
    assert_int_equal(e.keys[1].digit, '9');
    assert_true(e.keys[0].samples > 700 && e.keys[0].samples < 900);
    e.tones.close(e.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_of_twenty_at_20_under_noise_at_40),
        cmocka_unit_test(ten_minutes_without_a_key_have_none),
        cmocka_unit_test(a_key_that_follows_another_without_a_pause_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
