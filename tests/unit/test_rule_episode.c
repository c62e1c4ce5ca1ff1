#include "tests/unit/rule_trial.h"

#include "analyzer/base/json_item.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define BUSY                                                                                       \
    "description: d\nseverity: warning\non: call.settled\nwhere: status:503\ngroup_by: dst.ip\n"   \
    "window: 60s\nstep: 10s\nmeasure: count\nthreshold: 10\n"

static void calls_at(struct rule_trial *t, int64_t s, uint8_t host, int64_t status, int count)
{
    for (int i = 0; i < count; i++)
        rule_trial_call(t, s * 1000 + i, host, status);
}

static void tick_at(struct rule_trial *t, int64_t s)
{
    rule_trial_tick(t, s * 1000);
}

static int64_t at(int64_t s)
{
    return TRIAL_START + s * NS_PER_S;
}

static void gets_worse_by_its_measure(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 30s }\n"
                             "escalate: [ { threshold: 20, severity: critical } ]\n");
    calls_at(&t, 0, 1, 503, 19);
    assert_int_equal(t.count, 1);
    rule_trial_expect_text(t.alerts[0]->severity, "warning");
    calls_at(&t, 5, 1, 503, 1);
    assert_int_equal(t.count, 2);
    rule_trial_expect(&t, 1, "firing", "192.0.2.1");
    rule_trial_expect_text(t.alerts[1]->severity, "critical");
    assert_true(t.alerts[1]->id == t.alerts[0]->id);
    assert_int_equal(t.alerts[1]->fired_time, t.alerts[0]->fired_time);
    assert_int_equal(t.alerts[1]->changed_time, at(5));
    assert_float_equal(t.alerts[1]->value, 20, 0);
    calls_at(&t, 6, 1, 503, 30); /* it is told once */
    tick_at(&t, 80);
    assert_int_equal(t.count, 2); /* never less, as long as it goes on */
    tick_at(&t, 200);
    assert_int_equal(t.count, 3);
    rule_trial_expect_text(t.alerts[2]->state, "resolved");
    rule_trial_expect_text(t.alerts[2]->severity, "critical");
    assert_float_equal(t.alerts[2]->value, 50, 0);
    calls_at(&t, 2000, 1, 503, 10); /* the next one begins anew */
    rule_trial_expect_text(t.alerts[3]->severity, "warning");
    rule_trial_close(&t);
}

static void is_worst_at_once_when_it_begins_so(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, BUSY "for: 20s\nclear: { below: 5, for: 30s }\n"
                             "escalate: [ { threshold: 20, severity: critical } ]\n");
    calls_at(&t, 0, 1, 503, 40);
    tick_at(&t, 30);
    assert_int_equal(t.count, 2);
    rule_trial_expect_text(t.alerts[0]->severity, "warning"); /* pending */
    rule_trial_expect(&t, 1, "firing", "192.0.2.1");
    rule_trial_expect_text(t.alerts[1]->severity, "critical");
    rule_trial_close(&t);
}

static void gets_worse_by_time(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 5m }\n"
                             "escalate: [ { after: 3m, severity: critical } ]\n");
    for (int64_t s = 0; s <= 170; s += 10)
        calls_at(&t, s, 1, 503, 10);
    tick_at(&t, 180);
    assert_int_equal(t.count, 1);
    tick_at(&t, 190); /* the first step's end three minutes after 0.009 s */
    assert_int_equal(t.count, 2);
    rule_trial_expect_text(t.alerts[1]->severity, "critical");
    rule_trial_close(&t);

    /* One that is on its way to its end does not. */
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 5m }\n"
                             "escalate: [ { after: 3m, severity: critical } ]\n");
    calls_at(&t, 0, 1, 503, 10);
    tick_at(&t, 600);
    assert_int_equal(t.count, 2);
    rule_trial_expect_text(t.alerts[1]->state, "resolved");
    rule_trial_expect_text(t.alerts[1]->severity, "warning");
    rule_trial_close(&t);
}

/* Between the mark and the clear mark it goes on; a break in the quiet begins that anew. */
static void clears_with_hysteresis(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 30s }\n");
    calls_at(&t, 0, 1, 503, 10);
    for (int64_t s = 10; s < 300; s += 10) /* six of them in each window */
        calls_at(&t, s, 1, 503, 1);
    assert_int_equal(t.count, 1);
    tick_at(&t, 340); /* quiet from 320 s on: four */
    assert_int_equal(t.count, 1);
    tick_at(&t, 349);
    assert_int_equal(t.count, 1);
    tick_at(&t, 350);
    assert_int_equal(t.count, 2);
    assert_int_equal(t.alerts[1]->ended_time, at(350));
    rule_trial_close(&t);
}

static void below_is_the_other_way_round(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: warning\non: call.settled\nwhere: status:200\n"
                        "group_by: dst.ip\nwindow: 60s\nstep: 10s\nmeasure: ratio\n"
                        "direction: below\nthreshold: 40%\nmin_samples: 20\nconfidence: off\n"
                        "clear: { above: 60%, for: 20s }\n"
                        "escalate: [ { threshold: 10%, severity: critical } ]\n");
    calls_at(&t, 0, 1, 200, 50);
    calls_at(&t, 1, 1, 503, 74);
    assert_int_equal(t.count, 0);
    calls_at(&t, 2, 1, 503, 1); /* 50 of 125 */
    assert_int_equal(t.count, 1);
    assert_float_equal(t.alerts[0]->value, 0.4, 1e-12);
    calls_at(&t, 61, 1, 503, 30); /* the answered ones left: 0 of 30 is an answer too */
    tick_at(&t, 70);
    assert_int_equal(t.count, 2);
    rule_trial_expect_text(t.alerts[1]->severity, "critical");
    tick_at(&t, 150); /* nobody calls: nothing to act on */
    assert_int_equal(t.count, 3);
    rule_trial_expect_text(t.alerts[2]->state, "resolved");
    assert_float_equal(t.alerts[2]->value, 0, 0); /* the worst is the least */
    rule_trial_close(&t);
}

/* Each time it comes back soon it waits twice as long for its end, up to sixteen times. */
static void flaps_wait_longer_each_time(void **state)
{
    static const int64_t waits[] = { 1, 2, 4, 8, 16, 16 };
    struct rule_trial t;
    int64_t s = 0;

    (void)state;
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 60s }\n");
    for (size_t i = 0; i < COUNT(waits); i++) {
        calls_at(&t, s, 1, 503, 10);
        assert_int_equal(t.count, 2 * i + 1);
        assert_int_equal(t.alerts[2 * i]->flaps, i);
        /* Gone from the window at 60 s, seen at the end of the step. */
        tick_at(&t, s + 70 + waits[i] * 60 - 1);
        assert_int_equal(t.count, 2 * i + 1);
        tick_at(&t, s + 70 + waits[i] * 60);
        assert_int_equal(t.count, 2 * i + 2);
        assert_int_equal(t.alerts[2 * i + 1]->flaps, i);
        s += 70 + waits[i] * 60 + 500;
    }
    s += 700; /* later than ten minutes after its end it is another trouble */
    calls_at(&t, s, 1, 503, 10);
    assert_int_equal(t.alerts[2 * COUNT(waits)]->flaps, 0);
    rule_trial_close(&t);
}

static void flaps_of_what_clears_at_once_wait_too(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 0s }\n");
    calls_at(&t, 0, 1, 503, 10);
    tick_at(&t, 70);
    assert_int_equal(t.count, 2);
    calls_at(&t, 100, 1, 503, 10);
    tick_at(&t, 189);
    assert_int_equal(t.count, 3);
    tick_at(&t, 190); /* two steps */
    assert_int_equal(t.count, 4);
    rule_trial_close(&t);
}

/* 2 of 3 failed calls are 67 %, and nothing to wake anybody for. */
static void chance_wakes_nobody(void **state)
{
    static const struct {
        const char *confidence;
        int bad, all;
        bool fires;
    } rows[] = {
        { "off", 2, 3, true },   { "95%", 2, 3, false },   { "95%", 20, 30, true },
        { "95%", 14, 30, true }, { "95%", 13, 30, false }, { "99.9%", 14, 30, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rule_trial t;
        char text[512];

        snprintf(text, sizeof text,
                 "description: d\nseverity: warning\non: call.settled\nwhere: status:503\n"
                 "group_by: dst.ip\nwindow: 60s\nstep: 10s\nmeasure: ratio\nthreshold: 30%%\n"
                 "min_samples: %d\nconfidence: %s\nclear: { below: 5%%, for: 30s }\n",
                 rows[i].all, rows[i].confidence);
        rule_trial_open(&t, text);
        calls_at(&t, 0, 1, 200, rows[i].all - rows[i].bad);
        calls_at(&t, 1, 1, 503, rows[i].bad);
        if (t.count != rows[i].fires)
            fail_msg("row %zu: %zu alerts", i, t.count);
        rule_trial_close(&t);
    }
}

static void freezes_its_evidence(void **state)
{
    static const char *const reasons[] = { "No circuits", "Overload", "No circuits" };
    const uint8_t ip[4] = { 192, 0, 2, 7 };
    const struct alert_record *a;
    struct call_record call;
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, BUSY "clear: { below: 5, for: 30s }\ntop: [final_reason, src.ip]\n"
                             "labels: { area: \"signal \\\"x\\\"\" }\n");
    t.next_id = record_id_make(at(80), 0);
    for (int64_t s = 0; s < 130; s += 10)
        calls_at(&t, s, 7, 503, 1); /* six a window */
    record_clear(&record_type_call, &call);
    call.final_status = 503;
    call.dst = addr_v4(ip, 5060);
    for (uint64_t i = 0; i < 6; i++) {
        call.id = record_id_make(at(100), i);
        call.final_reason = slice_of_text(reasons[i % 3]);
        rule_eval_record(t.eval, &call, at(131));
    }
    assert_int_equal(t.count, 1);
    a = t.alerts[0];
    rule_trial_expect_text(a->evidence,
                           "{\"step_s\":10,\"series\":[2.0000,3.0000,4.0000,5.0000,6.0000,6.0000,"
                           "6.0000,6.0000,6.0000,6.0000,6.0000,6.0000,10.0000],\"top\":["
                           "{\"field\":\"final_reason\",\"values\":[{\"value\":\"No circuits\","
                           "\"count\":3},{\"value\":\"Overload\",\"count\":2}]},"
                           "{\"field\":\"src.ip\",\"values\":[]}]}");
    rule_trial_expect_text(a->labels, "{\"rule\":\"trial\",\"severity\":\"warning\",\"dst.ip\":"
                                      "\"192.0.2.7\",\"area\":\"signal \\\"x\\\"\"}");
    rule_trial_expect_text(a->search, "status:503 dst:192.0.2.7 since:2026-11-21T10:16:20Z "
                                      "until:2026-11-21T10:17:11Z");
    assert_float_equal(a->before, 6, 0); /* the window that ended a minute ago */
    assert_int_equal(a->matching, 10);
    assert_int_equal(a->samples, 10);
    assert_int_equal(a->since, at(80));
    rule_trial_close(&t);
}

/* What a stranger wrote is a value of the filter, whatever it is. */
static void its_search_is_a_filter(void **state)
{
    static const char *const users[] = { "alice", "a b", "x) or status:200", "\"*\\", "49*", "" };

    (void)state;
    for (size_t i = 0; i < COUNT(users); i++) {
        struct filter_error error;
        struct filter *filter = NULL;
        struct call_record call;
        struct rule_trial t;

        rule_trial_open(&t, "description: d\nseverity: info\non: call.settled\nwhere: status:503\n"
                            "group_by: [from_user, transport]\nwindow: 10s\nstep: 10s\n"
                            "measure: count\nthreshold: 1\nclear: { below: 1, for: 0s }\n");
        record_clear(&record_type_call, &call);
        call.id = record_id_make(at(0), 1);
        call.final_status = 503;
        call.from_user = slice_of_text(users[i]);
        call.transport = SLICE("tls");
        call.invite_time = at(0);
        rule_eval_record(t.eval, &call, at(1));
        assert_int_equal(t.count, 1);
        assert_true(t.alerts[0]->search.len > 0);
        assert_int_equal(filter_parse(&filter, t.alerts[0]->search, at(1), &error), 0);
        assert_true(filter_match(filter, &call, NULL));
        if (users[i][0]) {
            call.from_user = SLICE("another");
            assert_false(filter_match(filter, &call, NULL));
        }
        filter_free(filter);
        rule_trial_close(&t);
    }
}

static void groups_have_several_fields(void **state)
{
    struct call_record call;
    struct rule_trial t;
    struct slice label;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: info\non: call.settled\n"
                        "group_by: [trunk_out, destination, dst.ip]\nwindow: 10s\nstep: 10s\n"
                        "measure: count\nthreshold: 2\nclear: { below: 1, for: 0s }\n");
    record_clear(&record_type_call, &call);
    rule_eval_record(t.eval, &call, at(0));
    assert_int_equal(rule_trial_stats(&t).without_group, 1); /* the first must be known */
    call.trunk_out = SLICE("a");
    call.destination = SLICE("bc");
    rule_eval_record(t.eval, &call, at(0));
    call.trunk_out = SLICE("ab"); /* not the same when they are put one behind the other */
    call.destination = SLICE("c");
    rule_eval_record(t.eval, &call, at(0));
    assert_int_equal(t.count, 0);
    rule_eval_record(t.eval, &call, at(1));
    assert_int_equal(t.count, 1);
    rule_trial_expect(&t, 0, "firing", "ab, c");
    label = json_item_get(t.alerts[0]->labels, "dst.ip");
    assert_null(label.p); /* not known is no label */
    rule_trial_close(&t);
}

static void a_flood_keeps_the_largest(void **state)
{
    struct rule_set_stats stats;
    struct rule_trial t;

    (void)state;
    rule_trial_open_with(&t, "trial", BUSY "clear: { below: 5, for: 30s }\n", 8, 1);
    for (int i = 0; i < 8; i++) /* eight small ones hold all places */
        calls_at(&t, 0, (uint8_t)(100 + i), 200, 2);
    for (int i = 0; i < 90; i++) { /* a crowd, and one of it that comes again and again */
        calls_at(&t, 1 + i / 10, (uint8_t)i, 200, 1);
        calls_at(&t, 1 + i / 10, 99, 503, i % 3 == 0);
    }
    stats = rule_trial_stats(&t);
    assert_int_equal(stats.groups, 8);
    assert_true(stats.groups_refused > 80);
    assert_int_equal(t.count, 1); /* it got a place of its own, and fired */
    rule_trial_expect(&t, 0, "firing", "192.0.2.99");
    for (int i = 0; i < 90; i++)
        calls_at(&t, 20, (uint8_t)i, 503, 1);
    assert_int_equal(t.count, 2);
    rule_trial_expect(&t, 1, "firing", "other");
    rule_trial_expect_text(json_item_get(t.alerts[1]->labels, "dst.ip"), "\"other\"");
    assert_non_null(strstr(t.alerts[1]->description.p, "more than 8 groups"));
    assert_null(t.alerts[1]->search.p);
    rule_trial_close(&t);
}

static void a_jump_ahead_costs_little_and_ends_all(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: warning\non: call.settled\ngroup_by: dst.ip\n"
                        "window: 4m\nstep: 1s\nmeasure: count\nthreshold: 1\n"
                        "clear: { below: 1, for: 1h }\n");
    for (unsigned host = 0; host < 100; host++)
        rule_trial_call(&t, 0, (uint8_t)host, 200);
    rule_trial_tick(&t, INT64_C(40) * 365 * 86400 * 1000);
    assert_int_equal(t.count, 200);
    assert_int_equal(t.alerts[199]->ended_time, at(241 + 3600));
    rule_trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_worse_by_its_measure),
        cmocka_unit_test(is_worst_at_once_when_it_begins_so),
        cmocka_unit_test(gets_worse_by_time),
        cmocka_unit_test(clears_with_hysteresis),
        cmocka_unit_test(below_is_the_other_way_round),
        cmocka_unit_test(flaps_wait_longer_each_time),
        cmocka_unit_test(flaps_of_what_clears_at_once_wait_too),
        cmocka_unit_test(chance_wakes_nobody),
        cmocka_unit_test(freezes_its_evidence),
        cmocka_unit_test(its_search_is_a_filter),
        cmocka_unit_test(groups_have_several_fields),
        cmocka_unit_test(a_flood_keeps_the_largest),
        cmocka_unit_test(a_jump_ahead_costs_little_and_ends_all),
    };

    return cmocka_run_group_tests_name("rule_episode", tests, NULL, NULL);
}
