#include "rules/rule_set.h"
#include "tests/unit/rule_trial.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SPIKE                                                                                      \
    "description: d\nseverity: critical\non: call.settled\nwhere: status:503\n"                    \
    "group_by: dst.ip\nwindow: 60s\nstep: 10s\nmeasure: ratio\nthreshold: 20%\n"                   \
    "min_matching: 10\nmin_samples: 20\nclear: { below: 5%, for: 2m }\n"                           \
    "summary: \"503 spike at {group}: {matching} of {samples} calls answered 503 in the last "     \
    "{window} ({value}), since {since}\"\n"

/* 10 good calls, then bad ones every 100 ms from 20.5 s on: the 20th call is the 10th bad one. */
static void raise_spike(struct rule_trial *b)
{
    for (int i = 0; i < 10; i++)
        rule_trial_call(b, i * 1000, 10, 200);
    for (int i = 0; i < 9; i++)
        rule_trial_call(b, 20500 + i * 100, 10, 503);
    assert_int_equal(b->count, 0);
    rule_trial_call(b, 21400, 10, 503);
}

static void fires_once_with_its_evidence(void **state)
{
    struct rule_trial b;
    const struct alert_record *a;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    raise_spike(&b);
    assert_int_equal(b.count, 1);
    a = b.alerts[0];
    rule_trial_expect_text(a->rule, "spike");
    rule_trial_expect_text(a->severity, "critical");
    rule_trial_expect_text(a->state, "firing");
    rule_trial_expect_text(a->group, "192.0.2.10");
    rule_trial_expect_text(a->summary,
                           "503 spike at 192.0.2.10: 10 of 20 calls answered 503 in the last 60 s "
                           "(50 %), since 10:15:20 UTC");
    assert_int_equal(a->time, TRIAL_START + 21400 * INT64_C(1000000));
    assert_int_equal(a->since, TRIAL_START + 20500 * INT64_C(1000000));
    assert_int_equal(a->ended_time, RECORD_NONE);
    assert_int_equal(record_id_time_ns(a->id), a->time);
    assert_float_equal(a->value, 0.5, 1e-12);
    assert_float_equal(a->threshold, 0.2, 1e-12);
    assert_int_equal(a->samples, 20);
    assert_int_equal(a->window_s, 60);
    rule_trial_expect_text(a->calls,
                           "[\"0000000000001013\",\"0000000000001012\",\"0000000000001011\","
                           "\"0000000000001010\",\"000000000000100f\",\"000000000000100e\","
                           "\"000000000000100d\",\"000000000000100c\",\"000000000000100b\","
                           "\"000000000000100a\"]");
    for (int i = 0; i < 100; i++) /* the same episode */
        rule_trial_call(&b, 22000 + i * 100, 10, 503);
    assert_int_equal(b.count, 1);
    rule_trial_close(&b);
}

static void keeps_the_newest_twenty_calls(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE "for: 5s\n", 16, 1);
    for (int i = 0; i < 100; i++)
        rule_trial_call(&b, i * 100, 10, 503);
    assert_int_equal(b.count, 2); /* pending, firing */
    /* 19 commas, the newest first: the 10th bad call at 1.9 s, 5 s later the 70th at 6.9 s. */
    assert_int_equal(b.alerts[1]->calls.len, 20 * 18 + 19 + 2);
    assert_memory_equal(b.alerts[1]->calls.p, "[\"0000000000001045\"", 18);
    rule_trial_close(&b);
}

static void proves_itself_with_calls_of_the_window_alone(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    for (int i = 0; i < 5; i++) /* long over when it fires */
        rule_trial_call(&b, i, 10, 503);
    for (int s = 5; s <= 100; s += 5)
        rule_trial_call(&b, s * 1000, 10, 200);
    for (int i = 0; i < 11; i++) /* with the nine good ones of the last minute: twenty */
        rule_trial_call(&b, 110000 + i, 10, 503);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.alerts[0]->samples, 20);
    assert_int_equal(b.alerts[0]->calls.len, 11 * 18 + 10 + 2);
    rule_trial_close(&b);
}

static void stays_silent_below_each_mark(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    for (int i = 0; i < 9; i++) /* 9 of 9: under min_matching and min_samples */
        rule_trial_call(&b, i * 100, 10, 503);
    for (int i = 0; i < 19; i++) /* 10 of 19: under min_samples */
        rule_trial_call(&b, i * 100, 11, i < 9 ? 200 : 503);
    for (int i = 0; i < 100; i++) /* 19 of 100: under the threshold */
        rule_trial_call(&b, 2000 + i * 10, 12, i < 81 ? 200 : 503);
    for (int i = 0; i < 40; i++) /* 50 %, but 6 in any minute */
        rule_trial_call(&b, 3000 + i * 10000, 13, i % 2 ? 200 : 503);
    assert_int_equal(b.count, 0);
    rule_trial_close(&b);
}

static void clears_only_after_two_quiet_minutes(void **state)
{
    struct rule_trial b;
    const struct alert_record *a;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    raise_spike(&b);
    rule_trial_call(&b, 30000, 10, 503); /* 11 of 21 is the worst of it */
    /* A good call a second: at 90 s it is 1 of 60, under 5 %, and quiet begins. It ends with ten
     * more at 150 s, so the two minutes begin again. */
    for (int64_t s = 31; s < 150; s++)
        rule_trial_call(&b, s * 1000, 10, 200);
    for (int i = 0; i < 10; i++)
        rule_trial_call(&b, 150000 + i, 10, 503);
    assert_int_equal(b.count, 1);
    for (int64_t s = 151; s <= 339; s++)
        rule_trial_call(&b, s * 1000, 10, 200);
    assert_int_equal(b.count, 1);
    rule_trial_call(&b, 340000, 10,
                    200); /* quiet at 220 s, the first step's end without them, + 120 s */
    assert_int_equal(b.count, 2);
    a = b.alerts[1];
    rule_trial_expect_text(a->state, "resolved");
    assert_true(a->id == b.alerts[0]->id);
    assert_int_equal(a->time, b.alerts[0]->time);
    assert_int_equal(a->ended_time, TRIAL_START + 340 * NS_PER_S);
    rule_trial_expect_text(a->summary,
                           "Over after 5 min 18 s, at worst: 503 spike at 192.0.2.10: 11 of 21 "
                           "calls answered 503 in the last 60 s (52 %), since 10:15:20 UTC");
    assert_true(slice_eq(a->calls, b.alerts[0]->calls)); /* the evidence stays frozen */
    rule_trial_close(&b);
}

static void fires_anew_after_it_was_over(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    raise_spike(&b);
    rule_trial_tick(&b, 209999); /* empty from 90 s on: quiet, and two minutes later over */
    assert_int_equal(b.count, 1);
    rule_trial_tick(&b, 210000);
    assert_int_equal(b.count, 2);
    assert_int_equal(b.alerts[1]->ended_time, TRIAL_START + 210 * NS_PER_S);
    for (int i = 0; i < 20; i++)
        rule_trial_call(&b, 220000 + i, 10, 503);
    assert_int_equal(b.count, 3);
    rule_trial_expect_text(b.alerts[2]->state, "firing");
    assert_true(b.alerts[2]->id > b.alerts[0]->id);
    rule_trial_close(&b);
}

static void waits_for_as_long_as_it_says(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE "for: 30s\n", 16, 1);
    for (int i = 0; i < 20; i++)
        rule_trial_call(&b, i, 10, 503); /* holds from 0.019 s */
    rule_trial_tick(&b, 29999);
    assert_int_equal(b.count, 1);
    rule_trial_expect(&b, 0, "pending", "192.0.2.10");
    assert_int_equal(b.alerts[0]->fired_time, RECORD_NONE);
    rule_trial_tick(&b, 40000); /* the first step's end 30 s later */
    assert_int_equal(b.count, 2);
    rule_trial_expect(&b, 1, "firing", "192.0.2.10");
    assert_true(b.alerts[1]->id == b.alerts[0]->id);
    assert_int_equal(b.alerts[1]->time, TRIAL_START + 19 * INT64_C(1000000));
    assert_int_equal(b.alerts[1]->fired_time, TRIAL_START + 40 * NS_PER_S);
    assert_int_equal(b.alerts[1]->changed_time, TRIAL_START + 40 * NS_PER_S);
    rule_trial_close(&b);

    /* Broken off in between: a step ends with 20 of 120, under the threshold. */
    rule_trial_open_with(&b, "spike", SPIKE "for: 30s\n", 16, 1);
    for (int i = 0; i < 20; i++)
        rule_trial_call(&b, i, 10, 503);
    for (int i = 0; i < 100; i++)
        rule_trial_call(&b, 1000 + i, 10, 200);
    for (int i = 0; i < 20; i++) /* it holds again, with 40 of 140, and must hold anew */
        rule_trial_call(&b, 20000 + i, 10, 503);
    assert_int_equal(b.count, 3);
    rule_trial_expect(&b, 0, "pending", "192.0.2.10");
    rule_trial_expect(&b, 1, "passed", "192.0.2.10");
    assert_true(b.alerts[1]->id == b.alerts[0]->id);
    assert_int_equal(b.alerts[1]->ended_time, TRIAL_START + 10 * NS_PER_S);
    assert_int_equal(b.alerts[1]->fired_time, RECORD_NONE);
    rule_trial_expect(&b, 2, "pending", "192.0.2.10");
    assert_true(b.alerts[2]->id != b.alerts[0]->id);
    rule_trial_tick(&b, 59999);
    assert_int_equal(b.count, 3);
    rule_trial_tick(&b, 60000);
    assert_int_equal(b.count, 4);
    rule_trial_expect(&b, 3, "firing", "192.0.2.10");
    rule_trial_close(&b);
}

static void counts_as_told(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(
        &b, "spike",
        "description: d\nseverity: info\non: call.settled\nwindow: 60s\nstep: 10s\n"
        "among: status!=404\nmeasure: count\nthreshold: 5\n"
        "clear: { below: 2, for: 0s }\n",
        16, 1);
    for (int i = 0; i < 50; i++)
        rule_trial_call(&b, i, 10, 404); /* not among them */
    for (int i = 0; i < 4; i++)
        rule_trial_call(&b, i, (uint8_t)i, 200); /* all destinations are one group */
    assert_int_equal(b.count, 0);
    rule_trial_call(&b, 10, 99, 486);
    assert_int_equal(b.count, 1);
    assert_null(b.alerts[0]->group.p);
    rule_trial_expect_text(b.alerts[0]->summary,
                           "spike at all: 5 calls in 60 s (5 of 5), since 10:15:00 UTC");
    rule_trial_tick(&b, 59999);
    assert_int_equal(b.count, 1);
    rule_trial_tick(&b,
                    70000); /* the step that held them leaves at 60 s: empty at 70 s' end of step */
    assert_int_equal(b.count, 2);
    rule_trial_close(&b);
}

/* A deterministic day at work: three destinations, spikes now and then, and odd ticks. */
static void play(struct rule_trial *b, int tick_every)
{
    uint32_t lot = 12345;

    for (int i = 0; i < 40000; i++) {
        int64_t ms = (int64_t)i * 150;
        bool spike = i / 1500 % 3 == 1;

        lot = lot * 1664525 + 1013904223;
        rule_trial_call(b, ms, (uint8_t)(lot >> 30), spike && (lot >> 8 & 3) == 0 ? 503 : 200);
        if (tick_every && i % tick_every == 0)
            rule_trial_tick(b, ms + 1);
    }
    rule_trial_tick(b, INT64_C(40000) * 150 + 400000);
}

static void the_same_records_give_the_same_alerts(void **state)
{
    struct rule_trial a, b;

    (void)state;
    rule_trial_open_with(&a, "spike", SPIKE, 16, 1);
    rule_trial_open_with(&b, "spike", SPIKE, 16, 0xfeedface);
    play(&a, 0);
    play(&b, 7);
    assert_true(a.count >= 20);
    assert_int_equal(a.count % 2, 0); /* every one of them was over in the end */
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) {
        struct strbuf one = { 0 }, other = { 0 };
        struct jsonw j = jsonw_to(&one), k = jsonw_to(&other);

        record_write_json(&j, &record_type_alert, a.alerts[i]);
        record_write_json(&k, &record_type_alert, b.alerts[i]);
        assert_string_equal(one.p, other.p);
        strbuf_fini(&one);
        strbuf_fini(&other);
    }
    rule_trial_close(&a);
    rule_trial_close(&b);
}

static void alerts_of_one_instant_have_different_ids(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(
        &b, "spike",
        "description: d\nseverity: info\non: call.settled\ngroup_by: dst.ip\nwindow: 10s\n"
        "step: 10s\nmeasure: count\nthreshold: 1\nclear: { below: 1, for: 1h }\n",
        256, 1);
    for (unsigned host = 0; host < 200; host++)
        rule_trial_call(&b, 5, (uint8_t)host, 200);
    assert_int_equal(b.count, 200);
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i; k++)
            assert_true(b.alerts[i]->id != b.alerts[k]->id);
    }
    rule_trial_close(&b);
}

static void bounds_its_groups_and_reuses_the_idle(void **state)
{
    struct rule_set_stats stats;
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 4, 1);
    for (unsigned host = 0; host < 6; host++)
        rule_trial_call(&b, (int64_t)host, (uint8_t)host, 200);
    stats = rule_trial_stats(&b);
    assert_int_equal(stats.records, 6); /* two of them in the group `other` */
    assert_int_equal(stats.groups_refused, 2);
    assert_int_equal(stats.groups, 4);
    rule_trial_tick(&b, 70000); /* all idle */
    for (unsigned host = 0; host < 6; host++)
        rule_trial_call(&b, 80000 + (int64_t)host, (uint8_t)(host + 100), 200);
    stats = rule_trial_stats(&b);
    assert_int_equal(stats.records, 12);
    assert_int_equal(stats.groups_refused, 4);
    assert_int_equal(stats.groups, 4);
    rule_trial_close(&b);
}

static void a_firing_group_is_never_reused(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 2, 1);
    raise_spike(&b);
    rule_trial_tick(&b, 100000); /* its window is empty, its alert is not over */
    for (unsigned host = 20; host < 40; host++)
        rule_trial_call(&b, 100000, (uint8_t)host, 200);
    rule_trial_tick(&b, 300000);
    assert_int_equal(b.count, 2);
    rule_trial_expect_text(b.alerts[1]->group, "192.0.2.10");
    rule_trial_close(&b);
}

static void time_may_go_back(void **state)
{
    struct rule_set_stats stats = { 0 };
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    for (int i = 0; i < 19; i++) /* out of order within the window: all are counted */
        rule_trial_call(&b, 30000 - i * 1000, 10, 503);
    rule_trial_call(&b, 25000, 10, 503);
    assert_int_equal(b.count, 1);
    rule_trial_call(&b, -86400000, 11, 503); /* a day back, and on from there */
    stats = rule_trial_stats(&b);
    assert_int_equal(stats.clock_set_back, 1);
    for (int i = 0; i < 19; i++)
        rule_trial_call(&b, -86400000 + i, 11, 503);
    assert_int_equal(b.count, 2);
    rule_trial_tick(&b, -86400000 + 200000);
    assert_int_equal(b.count, 4); /* both are over, none before it began */
    for (size_t i = 2; i < 4; i++)
        assert_true(b.alerts[i]->ended_time >= b.alerts[i]->time);
    rule_trial_tick(&b, INT64_C(200) * 365 * 86400000 / 2); /* a century ahead */
    rule_trial_close(&b);
}

static void the_window_ends_where_it_says(void **state)
{
    struct rule_set_stats stats = { 0 };
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    rule_trial_call(&b, 30000, 10, 503);
    rule_trial_call(&b, -20000, 10, 503); /* the oldest of its six steps */
    stats = rule_trial_stats(&b);
    assert_int_equal(stats.clock_set_back, 0);
    rule_trial_call(&b, -20001, 10, 503);
    stats = rule_trial_stats(&b);
    assert_int_equal(stats.clock_set_back, 1);
    rule_trial_close(&b);
}

static void leaves_out_what_has_no_group(void **state)
{
    struct rule_set_stats stats = { 0 };
    struct call_record call;
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", SPIKE, 16, 1);
    record_clear(&record_type_call, &call);
    call.final_status = 503;
    for (int i = 0; i < 50; i++)
        rule_eval_record(b.eval, &call, TRIAL_START);
    stats = rule_trial_stats(&b);
    assert_int_equal(stats.without_group, 50);
    assert_int_equal(b.count, 0);
    rule_trial_close(&b);
}

static void a_strangers_group_is_printable_and_short(void **state)
{
    char text[2000];
    struct call_record call;
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike",
                         "description: d\nseverity: info\non: call.settled\ngroup_by: from_user\n"
                         "window: 10s\nstep: 10s\nmeasure: count\nthreshold: 1\n"
                         "clear: { below: 1, for: 0s }\nsummary: \"{group}!\"\n",
                         16, 1);
    record_clear(&record_type_call, &call);
    call.from_user = SLICE("a\x1b[31m\n\xe2\x80\xae\xff<b>");
    rule_eval_record(b.eval, &call, TRIAL_START);
    rule_trial_expect_text(b.alerts[0]->group, "a?[31m??\?<b>");
    rule_trial_expect_text(b.alerts[0]->summary, "a?[31m??\?<b>!");
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    call.from_user = slice_of(text, sizeof text);
    rule_eval_record(b.eval, &call, TRIAL_START);
    assert_int_equal(b.count, 2);
    assert_true(b.alerts[1]->group.len <= 200);
    assert_memory_equal(b.alerts[1]->group.p + b.alerts[1]->group.len - 5, "\xc3\xa9...", 5);
    rule_trial_close(&b);
}

#define BAD_MEDIA                                                                                  \
    "description: d\nseverity: warning\non: call.closed\nwindow: 60s\nstep: 10s\n"                 \
    "measure: count\nthreshold: 3\nclear: { below: 1, for: 10s }\n"

/* A call with bad media of which the probe says how far it can be believed; NULL: it does not say. */
static void close_at(struct rule_trial *b, int64_t s, const char *confidence)
{
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = b->next_id++;
    call.mos_lq = 2.0;
    call.jitter_ms_p95 = 90;
    call.loss_ratio = 0.1;
    call.one_way = 1;
    call.media_verdict = SLICE("one_way");
    call.final_status = 200;
    call.capture_confidence = slice_of_text(confidence);
    rule_eval_record(b->eval, &call, TRIAL_START + s * NS_PER_S);
}

/* What the probe itself may have damaged raises no alert about quality, unless the rule says so. */
static void doubtful_calls_raise_no_alert_about_quality(void **state)
{
    static const struct {
        const char *rule;
        bool leaves_out;
    } rows[] = {
        { "where: mos<3\n", true },
        { "among: mos<3\n", true },
        { "where: jitter>50ms\n", true },
        { "where: loss>=5%\n", true },
        { "where: one_way\n", true },
        { "where: verdict:one_way\n", true },
        { "group_by: media_verdict\n", true },
        { "where: status:200\ncapture_confidence: high\n", true },
        { "where: status:200\n", false },
        { "where: one_way\ncapture_confidence: any\n", false },
        { "where: one_way confidence:high,reduced,low\n", false },
    };
    static const char *const doubtful[] = { "reduced", "low" };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rule_set_stats stats = { 0 };
        struct rule_trial b;
        char text[600];

        snprintf(text, sizeof text, "%s%s", BAD_MEDIA, rows[i].rule);
        rule_trial_open_with(&b, "spike", text, 10, 1);
        for (int n = 0; n < 6; n++)
            close_at(&b, n, doubtful[n % 2]);
        stats = rule_trial_stats(&b);
        if (b.count != !rows[i].leaves_out || stats.doubtful != (rows[i].leaves_out ? 6 : 0) ||
            stats.records != (rows[i].leaves_out ? 0 : 6))
            fail_msg("row %zu: %zu alerts, %d left out", i, b.count, (int)stats.doubtful);
        for (int n = 6; n < 9; n++)
            close_at(&b, n, "high");
        assert_int_equal(b.count, 1);
        rule_trial_close(&b);
    }
}

/* Records of versions that did not say it are as good as they were. */
static void calls_without_a_word_on_confidence_count(void **state)
{
    struct rule_trial b;

    (void)state;
    rule_trial_open_with(&b, "spike", BAD_MEDIA "where: one_way\n", 10, 1);
    for (int n = 0; n < 3; n++)
        close_at(&b, n, NULL);
    assert_int_equal(b.count, 1);
    rule_trial_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_once_with_its_evidence),
        cmocka_unit_test(keeps_the_newest_twenty_calls),
        cmocka_unit_test(proves_itself_with_calls_of_the_window_alone),
        cmocka_unit_test(stays_silent_below_each_mark),
        cmocka_unit_test(clears_only_after_two_quiet_minutes),
        cmocka_unit_test(fires_anew_after_it_was_over),
        cmocka_unit_test(waits_for_as_long_as_it_says),
        cmocka_unit_test(counts_as_told),
        cmocka_unit_test(the_same_records_give_the_same_alerts),
        cmocka_unit_test(alerts_of_one_instant_have_different_ids),
        cmocka_unit_test(bounds_its_groups_and_reuses_the_idle),
        cmocka_unit_test(a_firing_group_is_never_reused),
        cmocka_unit_test(time_may_go_back),
        cmocka_unit_test(the_window_ends_where_it_says),
        cmocka_unit_test(leaves_out_what_has_no_group),
        cmocka_unit_test(a_strangers_group_is_printable_and_short),
        cmocka_unit_test(doubtful_calls_raise_no_alert_about_quality),
        cmocka_unit_test(calls_without_a_word_on_confidence_count),
    };

    return cmocka_run_group_tests_name("rule_eval", tests, NULL, NULL);
}
