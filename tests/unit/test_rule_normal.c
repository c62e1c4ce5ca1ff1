#include "tests/unit/rule_trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define WEEK_NS  (7 * 86400 * NS_PER_S)

#define ASR                                                                                        \
    "description: d\nseverity: warning\non: call.settled\nwhere: status:200\ngroup_by: dst.ip\n"   \
    "window: 5m\nstep: 30s\nmeasure: ratio\nmin_samples: 20\nconfidence: 95%\n"                    \
    "baseline: { drop: 30%, half_life: 1h, min_samples: 100 }\nclear: { for: 2m }\n"

static int64_t at(int64_t s)
{
    return TRIAL_START + s * NS_PER_S;
}

/* One call a second, of ten so many answered. */
static void play(struct rule_trial *t, int64_t from_s, int64_t to_s, uint8_t host, int answered)
{
    for (int64_t s = from_s; s < to_s; s++)
        rule_trial_call(t, s * 1000, host, s % 10 < answered ? 200 : 503);
}

static void learns_what_is_normal_and_misses_it(void **state)
{
    const struct alert_record *a;
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, ASR);
    play(&t, 0, 3600, 1, 7); /* 70 % is normal there */
    assert_int_equal(t.count, 0);
    play(&t, 3600, 3900, 1, 6); /* 60 % is not much less */
    assert_int_equal(t.count, 0);
    play(&t, 3900, 4200, 1, 3);
    assert_int_equal(t.count, 1);
    a = t.alerts[0];
    rule_trial_expect(&t, 0, "firing", "192.0.2.1");
    assert_float_equal(a->baseline, 0.69, 0.02);
    assert_float_equal(a->threshold, 0.48, 0.02); /* what it was held against */
    assert_true(a->value < a->threshold);
    assert_float_equal(a->before, 0.6, 0.05);
    play(&t, 4200, 90000, 1, 3); /* a day of it does not become normal */
    assert_int_equal(t.count, 1);
    play(&t, 90000, 90600, 1, 7);
    assert_int_equal(t.count, 2);
    rule_trial_expect_text(t.alerts[1]->state, "resolved");
    assert_float_equal(t.alerts[1]->value, 0.3, 0.01);
    rule_trial_close(&t);
}

static void knows_nothing_of_the_new(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, ASR);
    play(&t, 0, 60, 1, 7); /* too few to rest on, with those after too */
    play(&t, 60, 99, 1, 0);
    rule_trial_tick(&t, 1000 * 1000);
    assert_int_equal(t.count, 0);
    rule_trial_close(&t);
}

static struct baseline_record past(const struct rule_trial *t, int weeks, double value,
                                   int64_t samples)
{
    struct baseline_record b;

    record_clear(&record_type_baseline, &b);
    b.time = TRIAL_START + 900 * NS_PER_S - weeks * WEEK_NS;
    b.rule = slice_of_text(t->rule->name);
    b.labels = SLICE("{\"dst.ip\":\"192.0.2.1\"}");
    b.value = value;
    b.samples = samples;
    return b;
}

/* The same quarter of past weeks counts more than the last hour. */
static void past_weeks_come_first(void **state)
{
    static const struct {
        double weeks[5]; /* ago; 0: not known */
        double baseline;
        bool fires;
    } rows[] = {
        { { 0, 0.9, 0.2, 0.21, 0.22 }, 0.215, false }, /* median of four */
        { { 0, 0.9, 0.2, 0.21, 0 }, 0.21, false },     /* of three */
        { { 0, 0.9, 0, 0.7, 0 }, 0.7, true },          /* of two the one that fires less */
        { { 0, 0.2, 0, 0, 0 }, 0.5, true },            /* one alone may have been a holiday */
    };

    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct rule_trial t;

        rule_trial_open(&t, ASR);
        play(&t, 0, 900, 1, 5); /* until the quarter begins */
        for (int weeks = 1; weeks <= 4; weeks++) {
            struct baseline_record b = past(&t, weeks, rows[row].weeks[weeks], 60);

            if (b.value > 0)
                rule_eval_history(t.eval, &b, at(890));
        }
        play(&t, 900, 1500, 1, 2);
        if (t.count != rows[row].fires)
            fail_msg("row %zu: %zu alerts", row, t.count);
        if (rows[row].fires)
            assert_true(fabs(t.alerts[0]->baseline - rows[row].baseline) < 0.03);
        rule_trial_close(&t);
    }
}

static void of_other_times_and_groups_is_nothing_known(void **state)
{
    struct baseline_record b;
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, ASR);
    play(&t, 0, 900, 1, 5);
    for (int weeks = 1; weeks <= 4; weeks++) {
        b = past(&t, weeks, 0.1, 1000);
        b.time += 3 * 900 * NS_PER_S; /* neither this quarter nor the next */
        rule_eval_history(t.eval, &b, at(890));
        b = past(&t, weeks, 0.1, 1000);
        b.labels = SLICE("{\"dst.ip\":\"192.0.2.2\"}");
        rule_eval_history(t.eval, &b, at(890));
        b = past(&t, weeks, 0.1, 10); /* too few samples */
        rule_eval_history(t.eval, &b, at(890));
        b = past(&t, weeks, NAN, 1000);
        rule_eval_history(t.eval, &b, at(890));
        b = past(&t, weeks + 4, 0.1, 1000); /* too long ago */
        rule_eval_history(t.eval, &b, at(890));
    }
    play(&t, 900, 1500, 1, 2);
    assert_int_equal(t.count, 1);
    assert_float_equal(t.alerts[0]->baseline, 0.5, 0.03);
    rule_trial_close(&t);
}

static void tells_each_quarter_that_was_normal(void **state)
{
    const struct baseline_record *b;
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, ASR);
    play(&t, 0, 1800, 1, 7);
    rule_trial_tick(&t, 1800 * 1000);
    assert_int_equal(t.baseline_count, 2);
    for (size_t i = 0; i < 2; i++) {
        b = t.baselines[i];
        rule_trial_expect_text(b->rule, "trial");
        rule_trial_expect_text(b->labels, "{\"dst.ip\":\"192.0.2.1\"}");
        assert_int_equal(b->time, at(900 * (int64_t)i));
        assert_float_equal(b->value, 0.7, 0.01);
        assert_int_equal(b->samples, 900);
        assert_true(record_id_time_ns(b->id) >= b->time);
        assert_true(record_id_time_ns(b->id) < b->time + 900 * NS_PER_S);
    }
    assert_true(t.baselines[0]->id != t.baselines[1]->id);
    for (int weeks = 1; weeks <= 2; weeks++) {
        struct baseline_record known = past(&t, weeks, 0.7, 1000);

        known.time += 900 * NS_PER_S;
        rule_eval_history(t.eval, &known, at(1799));
    }
    play(&t, 1800, 2100, 1, 0); /* this one was not */
    assert_int_equal(t.count, 1);
    play(&t, 2100, 2700, 1, 7);
    rule_trial_tick(&t, 2700 * 1000);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.baseline_count, 2);
    play(&t, 2700, 3000, 1, 7);
    rule_trial_tick(&t, 4000 * 1000); /* nobody calls after; the quarter ends all the same */
    assert_int_equal(t.baseline_count, 3);
    assert_int_equal(t.baselines[2]->samples, 300);
    rule_trial_tick(&t, INT64_C(365) * 86400 * 1000);
    assert_int_equal(t.baseline_count, 3);
    rule_trial_close(&t);
}

/* Else a morning that fires each time would never be known for what it is. */
static void without_past_weeks_what_fires_is_told_too(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, ASR);
    play(&t, 0, 900, 1, 7);
    play(&t, 900, 1800, 1, 2);
    rule_trial_tick(&t, 1800 * 1000);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.baseline_count, 2);
    assert_float_equal(t.baselines[0]->value, 0.7, 0.01);
    assert_float_equal(t.baselines[1]->value, 0.2, 0.1);
    assert_int_equal(t.baselines[1]->samples, 900);
    assert_float_equal(t.alerts[0]->baseline, 0.7, 0.05); /* that of the hours stands still */
    rule_trial_close(&t);
}

/* Of an amount a step without calls is 0, whether somebody looked at it or not. */
static void amounts_average_with_the_silence(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: warning\non: call.settled\ngroup_by: dst.ip\n"
                        "window: 1m\nstep: 10s\nmeasure: count\n"
                        "baseline: { rise: 200%, half_life: 1h, min_samples: 5 }\n"
                        "threshold: 20\nclear: { within: 50%, for: 1m }\n");
    for (int64_t minute = 0; minute < 240; minute += 30) { /* ten calls in a minute of thirty */
        for (int64_t i = 0; i < 10; i++)
            rule_trial_call(&t, minute * 60000 + i, 1, 200);
        rule_trial_tick(&t, minute * 60000 + 29 * 60000);
    }
    assert_int_equal(t.count, 0);
    for (int64_t i = 0; i < 30; i++)
        rule_trial_call(&t, INT64_C(240) * 60000 + i, 1, 200);
    assert_int_equal(t.count, 1);
    assert_true(t.alerts[0]->baseline > 0.1 && t.alerts[0]->baseline < 1.0);
    rule_trial_close(&t);
}

/* Nothing but a threshold says how much more than nothing is too much. */
static void above_nothing_there_is_no_share(void **state)
{
    static const char *const thresholds[] = { "", "threshold: 10%\n" };

    (void)state;
    for (size_t i = 0; i < COUNT(thresholds); i++) {
        struct rule_trial t;
        char text[600];

        snprintf(text, sizeof text,
                 "description: d\nseverity: warning\non: call.settled\nwhere: status:503\n"
                 "group_by: dst.ip\nwindow: 5m\nstep: 30s\nmeasure: ratio\nmin_samples: 20\n"
                 "confidence: off\nbaseline: { rise: 50%%, half_life: 1h, min_samples: 100 }\n"
                 "clear: { for: 2m }\n%s",
                 thresholds[i]);
        rule_trial_open(&t, text);
        play(&t, 0, 900, 1, 10); /* all of them are answered */
        for (int weeks = 1; weeks <= 4; weeks++) {
            struct baseline_record b = past(&t, weeks, 0, 1000);

            rule_eval_history(t.eval, &b, at(890));
        }
        play(&t, 900, 1200, 1, 8);
        assert_int_equal(t.count, i);
        rule_trial_close(&t);
    }
}

static void points_are_points(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: warning\non: call.settled\nwhere: status:503\n"
                        "group_by: dst.ip\nwindow: 5m\nstep: 30s\nmeasure: ratio\n"
                        "min_samples: 20\nconfidence: off\n"
                        "baseline: { rise: 15%, points: yes, half_life: 1h, min_samples: 100 }\n"
                        "clear: { for: 2m }\n");
    play(&t, 0, 1800, 1, 10);
    play(&t, 1800, 2100, 1, 9); /* 0 to 10 %: ten points */
    assert_int_equal(t.count, 0);
    play(&t, 2100, 2400, 1, 7);
    assert_int_equal(t.count, 1);
    assert_true(t.alerts[0]->threshold > 0.15 && t.alerts[0]->threshold < 0.18);
    rule_trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_what_is_normal_and_misses_it),
        cmocka_unit_test(knows_nothing_of_the_new),
        cmocka_unit_test(past_weeks_come_first),
        cmocka_unit_test(of_other_times_and_groups_is_nothing_known),
        cmocka_unit_test(tells_each_quarter_that_was_normal),
        cmocka_unit_test(without_past_weeks_what_fires_is_told_too),
        cmocka_unit_test(amounts_average_with_the_silence),
        cmocka_unit_test(above_nothing_there_is_no_share),
        cmocka_unit_test(points_are_points),
    };

    return cmocka_run_group_tests_name("rule_normal", tests, NULL, NULL);
}
