/*
 * test_drift - clocks that differ by a known amount, behind jitter; and what is no clock at all.
 */
#include "analyzer/quality/drift.h"

#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NS_PER_MS 1e6

/* A talker whose clock is `ppm` fast, sending 20 ms packets for `seconds` behind jitter. */
struct way {
    double ppm, jitter_ms, seconds;
    double step_at_s, step_ms; /* the path gets longer */
    double pause_every_s;      /* every so often half of the time nothing is sent */
    double rebase_every_s;
};

static double transit_of(const struct way *w, struct random *r, double media_s, double *arrival_ms)
{
    double sent_ms = media_s * 1000 / (1 + w->ppm * 1e-6);
    double late_ms = random_share(r) * w->jitter_ms;

    if (w->step_ms != 0 && media_s >= w->step_at_s)
        late_ms += w->step_ms;
    *arrival_ms = sent_ms + 40 + late_ms;
    return *arrival_ms - media_s * 1000;
}

static void walk(struct drift *d, const struct way *w, uint64_t seed)
{
    struct random r = { seed };
    double base_ms = NAN, rebased_at_s = 0;

    for (int i = 0; i * 0.02 < w->seconds; i++) {
        double media_s = i * 0.02, arrival_ms, transit_ms;
        bool rebased = isnan(base_ms) ||
                       (w->rebase_every_s > 0 && media_s - rebased_at_s >= w->rebase_every_s);

        if (w->pause_every_s > 0 && fmod(media_s, w->pause_every_s) > w->pause_every_s / 2)
            continue;
        transit_ms = transit_of(w, &r, media_s, &arrival_ms);
        if (rebased) {
            base_ms = transit_ms;
            rebased_at_s = media_s;
        }
        drift_add(d, (int64_t)(arrival_ms * NS_PER_MS), transit_ms - base_ms, rebased);
    }
}

static double ppm_of(const struct way *w, uint64_t seed)
{
    struct drift d = { 0 };

    walk(&d, w, seed);
    return drift_ppm(&d);
}

/* Of `seeds` talkers: the largest error. */
static double worst_error(const struct way *w, unsigned seeds, unsigned *unknown)
{
    double worst = 0;

    *unknown = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        double ppm = ppm_of(w, seed);

        if (isnan(ppm))
            ++*unknown;
        else
            worst = fmax(worst, fabs(ppm - w->ppm));
    }
    return worst;
}

static void the_clocks_difference_is_found(void **state)
{
    static const struct {
        struct way way;
        double within_ppm;
    } rows[] = {
        { { .ppm = 0, .jitter_ms = 0, .seconds = 120 }, 0.1 },
        { { .ppm = 20, .jitter_ms = 0, .seconds = 120 }, 0.1 },
        { { .ppm = -20, .jitter_ms = 5, .seconds = 120 }, 0.5 },
        { { .ppm = 20, .jitter_ms = 30, .seconds = 120 }, 2 },
        { { .ppm = -20, .jitter_ms = 30, .seconds = 120 }, 2 },
        { { .ppm = 100, .jitter_ms = 30, .seconds = 120 }, 2 },
        { { .ppm = -100, .jitter_ms = 30, .seconds = 120 }, 2 },
        { { .ppm = 500, .jitter_ms = 30, .seconds = 120 }, 2 },
        { { .ppm = -500, .jitter_ms = 30, .seconds = 120 }, 2 },
        { { .ppm = 50, .jitter_ms = 30, .seconds = 35 }, 15 },
        { { .ppm = 50, .jitter_ms = 30, .seconds = 3600 }, 0.1 },
        { { .ppm = 50, .jitter_ms = 30, .seconds = 240, .pause_every_s = 8 }, 2 },
        { { .ppm = 50, .jitter_ms = 30, .seconds = 600, .rebase_every_s = 100 }, 2 },
        { { .ppm = 2000, .jitter_ms = 10, .seconds = 120 }, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned unknown;
        double error = worst_error(&rows[i].way, 100, &unknown);

        if (error > rows[i].within_ppm || unknown > 1)
            fail_msg("row %zu: %.3f ppm off, %u of 100 unknown", i, error, unknown);
    }
}

/* Null rather than a wrong number. */
static void what_is_no_drift_is_unknown(void **state)
{
    static const struct way rows[] = {
        { .ppm = 50, .seconds = 29 },
        { .ppm = 50, .seconds = 300, .rebase_every_s = 5 },             /* no line is long enough */
        { .ppm = 0, .seconds = 120, .step_at_s = 60, .step_ms = 10 },   /* the path changed */
        { .ppm = 0, .seconds = 120, .step_at_s = 40, .step_ms = -200 }, /* the same */
        { .ppm = 0,
          .seconds = 120,
          .step_at_s = 60,
          .step_ms = 5000 },                /* muted without timestamps */
        { .ppm = -500000, .seconds = 120 }, /* another clock rate */
        { .ppm = 1e6, .seconds = 120 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double ppm = ppm_of(&rows[i], 1);

        if (!isnan(ppm))
            fail_msg("row %zu: %.3f ppm", i, ppm);
    }
    assert_true(isnan(drift_ppm(&(struct drift){ 0 })));
}

static void skew_is_told_from_the_first_packet(void **state)
{
    struct drift d = { 0 };

    (void)state;
    assert_true(isnan(drift_skew_min_ms(&d)) && isnan(drift_skew_max_ms(&d)));
    drift_add(&d, 0, 0, true);
    assert_true(drift_skew_min_ms(&d) == 0 && drift_skew_max_ms(&d) == 0);
    drift_add(&d, 20000000, -3.5, false);
    drift_add(&d, 40000000, 12, false);
    drift_add(&d, 60000000, -1, false);
    assert_true(drift_skew_min_ms(&d) == -3.5 && drift_skew_max_ms(&d) == 12);
}

/* Times that stand, go back and leap; transits without sense. */
static void nothing_is_fatal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct random r = { seed };
        struct drift d = { 0 };
        int64_t time_ns = 0;

        for (int i = 0; i < 400; i++) {
            double ppm;

            time_ns += ((int64_t)random_below(&r, 2000) - (random_hits(&r, 0.3) ? 1500 : 0)) *
                       (int64_t)(random_hits(&r, 0.1) ? 100000000 : NS_PER_MS);
            drift_add(&d, time_ns, (random_share(&r) - 0.5) * (random_hits(&r, 0.1) ? 1e12 : 100),
                      random_hits(&r, 0.02));
            ppm = drift_ppm(&d);
            assert_true(isnan(ppm) || fabs(ppm) <= DRIFT_MOST_PPM);
            assert_true(d.count <= DRIFT_POINTS && d.skew_min_ms <= d.skew_max_ms);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clocks_difference_is_found),
        cmocka_unit_test(what_is_no_drift_is_unknown),
        cmocka_unit_test(skew_is_told_from_the_first_packet),
        cmocka_unit_test(nothing_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
