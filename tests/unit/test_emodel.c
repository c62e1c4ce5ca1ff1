/*
 * test_emodel - the reference points, what each term is worth, and that more harm is never better.
 */
#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/emodel.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POINTS = 111, COLUMNS = 13 };

static void assert_near(double actual, double expected, double within, const char *what)
{
    if (!(fabs(actual - expected) <= within))
        fail_msg("%s: %.6f, expected %.6f within %g", what, actual, expected, within);
}

static double number(struct slice text)
{
    char copy[32];
    char *end;
    double value;

    assert_true(text.len > 0 && text.len < sizeof copy);
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    value = strtod(copy, &end);
    assert_true(*end == '\0');
    return value;
}

static enum emodel_scale scale_of(struct slice text)
{
    if (slice_eq(text, SLICE("nb")))
        return EMODEL_NARROWBAND;
    if (slice_eq(text, SLICE("wb")))
        return EMODEL_WIDEBAND;
    assert_true(slice_eq(text, SLICE("fb")));
    return EMODEL_FULLBAND;
}

/* codec scale Ie Bpl loss_pct BurstR delay_ms Ie_eff R MOS MOS_4dp … */
static void check_point(struct slice line)
{
    struct slice column[COLUMNS] = { SLICE_ABSENT };
    struct emodel_budget b;
    char what[200];

    snprintf(what, sizeof what, "%.*s", (int)line.len, line.p);
    for (size_t i = 0; i < COLUMNS; i++)
        column[i] = slice_cut(&line, '\t');
    b = emodel_of_loss(scale_of(column[1]), number(column[2]), number(column[3]), number(column[4]),
                       number(column[5]), number(column[6]));
    assert_near(b.ie_eff, number(column[7]), 0.0006, what);
    assert_near(b.r, number(column[8]), 0.0051, what);
    assert_near(b.mos, number(column[9]), 0.0051, what);
    assert_near(b.mos, number(column[10]), 0.000051, what);
    assert_near(b.r, b.ro - b.is - b.id - b.ie_eff + b.a, 1e-9, what);
    assert_near(b.id, b.idte + b.idle + b.idd, 1e-9, what);
}

static void meets_every_reference_point(void **state)
{
    FILE *f = fopen(TEST_DATA "/emodel_points.tsv", "r");
    char text[512];
    unsigned points = 0;

    (void)state;
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f)); /* the heading */
    while (fgets(text, sizeof text, f)) {
        struct slice line = slice_of_text(text);

        while (line.len && (line.p[line.len - 1] == '\n' || line.p[line.len - 1] == '\r'))
            line.len--;
        check_point(line);
        points++;
    }
    fclose(f);
    assert_int_equal(points, POINTS);
}

static void gives_the_published_defaults(void **state)
{
    struct emodel_inputs in;
    struct emodel_budget b;

    (void)state;
    emodel_inputs_default(&in, EMODEL_NARROWBAND);
    emodel_compute(&in, &b);
    assert_near(b.ro, 94.7688, 0.0001, "Ro");
    assert_near(b.is, 1.4136, 0.0001, "Is");
    assert_near(b.r, 93.2062, 0.0001, "R");
    assert_near(b.mos, 4.4094, 0.0001, "MOS");
    assert_near(emodel_r(&in), b.r, 0, "R alone");
    emodel_inputs_default(&in, EMODEL_WIDEBAND);
    assert_near(emodel_r(&in), 129, 0, "wideband R");
    emodel_inputs_default(&in, EMODEL_FULLBAND);
    assert_near(emodel_r(&in), 148, 0, "fullband R");
}

static void unknown_stays_unknown(void **state)
{
    (void)state;
    for (int scale = EMODEL_NARROWBAND; scale <= EMODEL_FULLBAND; scale++) {
        enum emodel_scale s = (enum emodel_scale)scale;

        assert_true(isnan(emodel_mos(NAN, s)));
        assert_true(isnan(emodel_of_loss(s, NAN, 10, 1, 1, 0).mos));
        assert_true(isnan(emodel_of_loss(s, 0, NAN, 1, 1, 0).mos));
        assert_true(isnan(emodel_of_loss(s, 0, 10, NAN, 1, 0).mos));
        assert_true(isnan(emodel_of_loss(s, 0, 10, 1, NAN, 0).mos));
        assert_true(isnan(emodel_of_loss(s, 0, 10, 1, 1, NAN).mos));
    }
}

static void numbers_out_of_range_are_taken_to_its_end(void **state)
{
    struct emodel_budget worst = emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, 100, 1, 0);
    struct emodel_budget best = emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, 0, 1, 0);

    (void)state;
    assert_near(emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, 250, 1, 0).r, worst.r, 0, "loss 250");
    assert_near(emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, -3, 1, 0).r, best.r, 0, "loss -3");
    assert_near(emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, 100, 0, 0).r, worst.r, 0, "BurstR 0");
    assert_near(emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, 0, 1, -50).r, best.r, 0, "delay -50");
    assert_near(emodel_of_loss(EMODEL_NARROWBAND, 5, 0, 0, 1, 0).ie_eff, 5, 0, "Bpl 0, no loss");
    assert_near(emodel_of_loss(EMODEL_NARROWBAND, 5, 0, 1, 1, 0).ie_eff, 95, 1e-9, "Bpl 0, loss");
}

static void mos_keeps_its_ends_and_rises_with_r(void **state)
{
    static const double r_max[] = { 100, 129, 148 };

    (void)state;
    for (int i = EMODEL_NARROWBAND; i <= EMODEL_FULLBAND; i++) {
        enum emodel_scale scale = (enum emodel_scale)i;
        double before = 1;

        assert_near(emodel_mos(-1000, scale), 1, 0, "far below");
        assert_near(emodel_mos(0, scale), 1, 0, "zero");
        assert_near(emodel_mos(6.5 * r_max[i] / 100, scale), 1, 0.001, "where the cubic leaves 1");
        assert_near(emodel_mos(r_max[i], scale), 4.5, 1e-9, "the top");
        assert_near(emodel_mos(1000, scale), 4.5, 0, "far above");
        for (double r = -200; r < 250; r += 0.01) {
            double mos = emodel_mos(r, scale);

            if (mos < before)
                fail_msg("scale %d: MOS falls at R %.2f", i, r);
            before = mos;
        }
    }
    assert_near(emodel_mos(93.2, EMODEL_NARROWBAND), 4.4093, 0.0001, "R 93.2");
    assert_near(emodel_mos(50, EMODEL_NARROWBAND), 2.575, 0.0001, "R 50");
}

/* Each term that a level moves, so that a wrong sign does not hide behind the defaults. */
static void every_input_is_heard(void **state)
{
    static const struct {
        const char *what;
        size_t offset;
        double value;
        int sign; /* of what it does to R */
    } rows[] = {
        { "faint phone", offsetof(struct emodel_inputs, slr_db), 20, -1 },
        { "loud phone", offsetof(struct emodel_inputs, slr_db), -5, -1 },
        { "noisy circuit", offsetof(struct emodel_inputs, nc_dbm0p), -45, -1 },
        { "noisy receiver", offsetof(struct emodel_inputs, nfor_dbmp), -45, -1 },
        { "noisy room of the speaker", offsetof(struct emodel_inputs, ps_dba), 65, -1 },
        { "noisy room of the listener", offsetof(struct emodel_inputs, pr_dba), 65, -1 },
        { "quantizing", offsetof(struct emodel_inputs, qdu), 10, -1 },
        { "loud sidetone", offsetof(struct emodel_inputs, stmr_db), 5, -1 },
        { "echo", offsetof(struct emodel_inputs, telr_db), 30, -1 },
        { "listener echo", offsetof(struct emodel_inputs, wepl_db), 10, -1 },
        { "codec", offsetof(struct emodel_inputs, ie), 10, -1 },
        { "mobile", offsetof(struct emodel_inputs, advantage), 10, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct emodel_inputs in;
        double before, after;

        emodel_inputs_default(&in, EMODEL_NARROWBAND);
        emodel_set_delay(&in, 50);
        before = emodel_r(&in);
        memcpy((char *)&in + rows[i].offset, &rows[i].value, sizeof(double));
        after = emodel_r(&in);
        if ((after - before) * rows[i].sign < 0.5)
            fail_msg("%s: R %.3f, was %.3f", rows[i].what, after, before);
    }
}

static void sidetone_moves_the_echo_at_both_ends(void **state)
{
    struct emodel_inputs in;
    struct emodel_budget middle, loud, faint;

    (void)state;
    emodel_inputs_default(&in, EMODEL_NARROWBAND);
    emodel_set_delay(&in, 30);
    in.telr_db = 40;
    emodel_compute(&in, &middle);
    in.stmr_db = 5; /* masks the echo: Ist helps TERV */
    emodel_compute(&in, &loud);
    in.stmr_db = 20.1; /* the echo adds to the missing sidetone */
    emodel_compute(&in, &faint);
    assert_true(loud.idte < middle.idte - 0.1);
    assert_true(faint.idte > middle.idte);
}

/* The delays and losses of the grid: dense, and on both sides of where a formula switches. */
static const double delays_ms[] = { 0,   1e-6, 1e-3,   0.01, 0.1,     0.5,   1,    2,   3,
                                    5,   10,   15,     20,   30,      50,    75,   90,  95,
                                    97,  99,   99.999, 100,  100.001, 101,   103,  105, 110,
                                    125, 149,  150,    151,  175,     177.3, 200,  250, 300,
                                    400, 500,  750,    1000, 2000,    10000, 60000 };
static const double burst_ratios[] = { 1, 1.001, 1.2, 1.5, 2, 3, 4, 8, 16, 64, 1000 };

enum {
    DELAYS = sizeof delays_ms / sizeof delays_ms[0],
    BURSTS = sizeof burst_ratios / sizeof burst_ratios[0],
    LOSSES = 205
};

/* 0, five small ones, then every half percent. */
static double loss_at(size_t i)
{
    static const double small[] = { 0, 1e-6, 1e-3, 0.02, 0.1 };

    return i < 5 ? small[i] : (double)(i - 4) / 2;
}

static void assert_no_better(double worse, double than, const struct codec_ie *codec,
                             const char *what, double x)
{
    if (!(worse <= than + 1e-12))
        fail_msg("%s: MOS rises from %.12f to %.12f at %s %g", codec->codec, than, worse, what, x);
}

static double mos_of(const struct codec_ie *c, size_t loss, size_t burst, size_t delay)
{
    return emodel_of_loss(c->scale, c->ie, c->bpl, loss_at(loss), burst_ratios[burst],
                          delays_ms[delay])
        .mos;
}

static void more_harm_is_never_better(void **state)
{
    (void)state;
    for (size_t row = 0; row < codec_ie_count(); row++) {
        const struct codec_ie *c = codec_ie_at(row);
        static double below[BURSTS][DELAYS]; /* at one loss less */

        for (size_t l = 0; l < LOSSES; l++) {
            for (size_t b = 0; b < BURSTS; b++) {
                for (size_t d = 0; d < DELAYS; d++) {
                    double mos = mos_of(c, l, b, d);

                    assert_true(mos >= 1 && mos <= 4.5);
                    if (l)
                        assert_no_better(mos, below[b][d], c, "loss", loss_at(l));
                    if (d)
                        assert_no_better(mos, below[b][d - 1], c, "delay", delays_ms[d]);
                    if (b)
                        assert_no_better(mos, below[b - 1][d], c, "burst ratio", burst_ratios[b]);
                    below[b][d] = mos;
                }
            }
        }
    }
}

/* Only the losses change: what is computed anew is what the whole model says, to the last bit. */
static void losing_more_is_computing_anew(void **state)
{
    (void)state;
    for (size_t row = 0; row < codec_ie_count(); row++) {
        const struct codec_ie *c = codec_ie_at(row);
        struct emodel_budget b = emodel_of_loss(c->scale, c->ie, c->bpl, 0, 1, 77);

        for (size_t l = 0; l < LOSSES; l++) {
            for (size_t i = 0; i < BURSTS; i++) {
                struct emodel_budget whole =
                    emodel_of_loss(c->scale, c->ie, c->bpl, loss_at(l), burst_ratios[i], 77);

                emodel_budget_lose(&b, c->scale, c->ie, c->bpl, loss_at(l), burst_ratios[i]);
                assert_memory_equal(&b, &whole, sizeof b);
                assert_near(emodel_ie_eff(c->scale, c->ie, c->bpl, loss_at(l), burst_ratios[i]),
                            whole.ie_eff, 0, c->codec);
            }
        }
    }
}

/* The same MOS on each scale. */
static void a_limit_of_r_means_the_narrowband_one(void **state)
{
    (void)state;
    for (int scale = EMODEL_NARROWBAND; scale <= EMODEL_FULLBAND; scale++) {
        for (double r = -20; r < 150; r += 0.5)
            assert_near(
                emodel_mos(emodel_r_on_narrowband(r, (enum emodel_scale)scale), EMODEL_NARROWBAND),
                emodel_mos(r, (enum emodel_scale)scale), 1e-12, "MOS");
    }
}

/* R itself, in steps of a hundredth of a millisecond across each switch. */
static void delay_never_helps_by_a_hair(void **state)
{
    static const double around[] = { 0, 100, 150, 177.3, 200 };

    (void)state;
    for (int scale = EMODEL_NARROWBAND; scale <= EMODEL_FULLBAND; scale++) {
        for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
            double before = INFINITY;

            for (int step = -300; step <= 300; step++) {
                double ms = around[i] + step * 0.01;
                double r = emodel_of_loss((enum emodel_scale)scale, 0, 25.1, 0, 1, ms).r;

                if (!(r <= before + 1e-9))
                    fail_msg("scale %d: R rises by %g at %.2f ms", scale, r - before, ms);
                before = r;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meets_every_reference_point),
        cmocka_unit_test(gives_the_published_defaults),
        cmocka_unit_test(unknown_stays_unknown),
        cmocka_unit_test(numbers_out_of_range_are_taken_to_its_end),
        cmocka_unit_test(mos_keeps_its_ends_and_rises_with_r),
        cmocka_unit_test(every_input_is_heard),
        cmocka_unit_test(sidetone_moves_the_echo_at_both_ends),
        cmocka_unit_test(more_harm_is_never_better),
        cmocka_unit_test(delay_never_helps_by_a_hair),
        cmocka_unit_test(losing_more_is_computing_anew),
        cmocka_unit_test(a_limit_of_r_means_the_narrowband_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
