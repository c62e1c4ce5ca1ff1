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

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void remove_file(const char *dir, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(unlink(path), 0);
}

static void loads_a_folder_in_order(void **state)
{
    char dir[] = "/tmp/earshot-rules-XXXXXX", error[256], expected[256];
    struct rule_trial told = { .count = 0 };
    struct rule_set *set = NULL;
    struct call_record call;

    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(
        rule_set_load(
            &set, &(struct rule_set_options){ .dir = dir, .alert = rule_trial_keep, .ctx = &told },
            error, sizeof error),
        0);
    assert_int_equal(rule_set_count(set), 0);
    rule_set_free(set);

#define ONE                                                                                        \
    "description: d\nseverity: info\nwindow: 10s\nstep: 10s\nmeasure: count\nthreshold: 1\n"       \
    "clear: { below: 1, for: 0s }\n"
    write_file(dir, "b.yaml", ONE "on: call.settled\n");
    write_file(dir, "a.yaml", ONE "on: call.settled\n");
    write_file(dir, "c.yaml", ONE "on: call.closed\n");
    write_file(dir, "notes.txt", "no rule");
    assert_int_equal(
        rule_set_load(
            &set, &(struct rule_set_options){ .dir = dir, .alert = rule_trial_keep, .ctx = &told },
            error, sizeof error),
        0);
    assert_int_equal(rule_set_count(set), 3);
    record_clear(&record_type_call, &call);
    rule_set_record(set, RULE_CALL_SETTLED, &record_type_call, &call, RECORD_NONE);
    assert_int_equal(told.count, 0);
    rule_set_record(set, RULE_CALL_SETTLED, &record_type_call, &call, TRIAL_START);
    assert_int_equal(told.count, 2);
    rule_trial_expect_text(told.alerts[0]->rule, "a");
    rule_trial_expect_text(told.alerts[1]->rule, "b");
    assert_true(told.alerts[0]->id != told.alerts[1]->id);
    rule_set_free(set);
    rule_trial_forget(&told);

    set = NULL;
    write_file(dir, "b.yaml", ONE "on: call.settled\nseverty: info\n");
    assert_int_equal(
        rule_set_load(
            &set, &(struct rule_set_options){ .dir = dir, .alert = rule_trial_keep, .ctx = &told },
            error, sizeof error),
        -EINVAL);
    assert_null(set);
    snprintf(expected, sizeof expected,
             "%s/b.yaml:9:1: unknown key 'severty', did you mean 'severity'?", dir);
    assert_string_equal(error, expected);
    remove_file(dir, "b.yaml");
    snprintf(expected, sizeof expected, "%s/b.yaml", dir);
    assert_int_equal(mkfifo(expected, 0600), 0); /* must not be waited for */
    assert_int_equal(
        rule_set_load(
            &set, &(struct rule_set_options){ .dir = dir, .alert = rule_trial_keep, .ctx = &told },
            error, sizeof error),
        -EINVAL);
    remove_file(dir, "a.yaml");
    remove_file(dir, "b.yaml");
    remove_file(dir, "c.yaml");
    remove_file(dir, "notes.txt");
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(
        rule_set_load(
            &set, &(struct rule_set_options){ .dir = dir, .alert = rule_trial_keep, .ctx = &told },
            error, sizeof error),
        -ENOENT);
    snprintf(expected, sizeof expected, "%s: cannot be read: No such file or directory", dir);
    assert_string_equal(error, expected);
    assert_null(set);
}

/* A folder of rules, and what a set of them told. */
struct folder {
    char dir[40];
    struct rule_set *set;
    struct rule_trial told;
    char error[512];
};

static void open_folder(struct folder *f)
{
    memset(f, 0, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/earshot-rules-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
}

static void load(struct folder *f, struct rule_set_options options)
{
    options.dir = f->dir;
    options.alert = rule_trial_keep;
    options.baseline = rule_trial_keep_baseline;
    options.ctx = &f->told;
    if (rule_set_load(&f->set, &options, f->error, sizeof f->error) != 0)
        fail_msg("%s", f->error);
}

static void close_folder(struct folder *f, const char *const *files)
{
    rule_set_free(f->set);
    rule_trial_forget(&f->told);
    for (size_t i = 0; files[i]; i++)
        remove_file(f->dir, files[i]);
    assert_int_equal(rmdir(f->dir), 0);
}

static void settle(struct folder *f, int64_t s, uint8_t host, int64_t status, int count)
{
    const uint8_t ip[4] = { 192, 0, 2, host };
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.dst = addr_v4(ip, 5060);
    call.final_status = status;
    for (int i = 0; i < count; i++) {
        call.id = record_id_make(TRIAL_START + s * NS_PER_S, (uint64_t)i);
        rule_set_record(f->set, RULE_CALL_SETTLED, &record_type_call, &call,
                        TRIAL_START + s * NS_PER_S);
    }
}

#define MANY                                                                                       \
    "description: Too many.\nseverity: info\non: call.settled\ngroup_by: dst.ip\nwindow: 60s\n"    \
    "step: 10s\nmeasure: count\nthreshold: 3\nclear: { below: 1, for: 0s }\n"

static void a_reload_goes_on_where_the_file_is_the_same(void **state)
{
    static const char *const files[] = { "changed.yaml", "new.yaml", "same.yaml", NULL };
    struct folder f;

    (void)state;
    open_folder(&f);
    write_file(f.dir, "changed.yaml", MANY);
    write_file(f.dir, "gone.yaml", MANY);
    write_file(f.dir, "same.yaml", MANY);
    load(&f, (struct rule_set_options){ .dir = NULL });
    settle(&f, 0, 1, 200, 3);
    settle(&f, 0, 2, 200, 2); /* one to go */
    assert_int_equal(f.told.count, 3);

    write_file(f.dir, "changed.yaml", MANY "for: 5s\n");
    write_file(f.dir, "new.yaml", MANY "labels: { a: b }\n");
    remove_file(f.dir, "gone.yaml");
    if (rule_set_reload(f.set, TRIAL_START + 5 * NS_PER_S, f.error, sizeof f.error) != 0)
        fail_msg("%s", f.error);
    assert_int_equal(rule_set_count(f.set), 3);
    assert_int_equal(f.told.count, 5);
    for (size_t i = 3; i < 5; i++) {
        const struct alert_record *a = f.told.alerts[i];
        bool is_gone = slice_eq(a->rule, SLICE("gone"));

        rule_trial_expect_text(a->state, "resolved");
        assert_int_equal(a->ended_time, TRIAL_START + 5 * NS_PER_S);
        rule_trial_expect_text(a->description,
                               is_gone ? "Too many. It ended because its rule was taken away, not "
                                         "because it was over."
                                       : "Too many. It ended because its rule was changed, not "
                                         "because it was over: the new one begins anew.");
    }
    settle(&f, 6, 2, 200, 1); /* the third: for the rule that is the same */
    assert_int_equal(f.told.count, 6);
    rule_trial_expect_text(f.told.alerts[5]->rule, "same");
    rule_set_tick(f.set, TRIAL_START + 200 * NS_PER_S);
    assert_int_equal(f.told.count, 8);
    assert_true(f.told.alerts[6]->id == f.told.alerts[2]->id ||
                f.told.alerts[7]->id == f.told.alerts[2]->id);
    close_folder(&f, files);
}

static void on_an_error_the_old_rules_stay(void **state)
{
    static const char *const files[] = { "a.yaml", "b.yaml", NULL };
    struct folder f;

    (void)state;
    open_folder(&f);
    write_file(f.dir, "a.yaml", MANY);
    write_file(f.dir, "b.yaml", MANY);
    load(&f, (struct rule_set_options){ .dir = NULL });
    settle(&f, 0, 1, 200, 2);
    write_file(f.dir, "a.yaml", MANY "labels: { a: b }\n");
    write_file(f.dir, "b.yaml", MANY "treshold: 4\n");
    assert_int_equal(rule_set_reload(f.set, TRIAL_START, f.error, sizeof f.error), -EINVAL);
    assert_non_null(strstr(f.error, "/b.yaml:10:1: unknown key 'treshold'"));
    assert_int_equal(rule_set_count(f.set), 2);
    settle(&f, 1, 1, 200, 1);
    assert_int_equal(f.told.count, 2); /* both go on counting */
    rule_trial_expect_text(f.told.alerts[0]->labels,
                           "{\"rule\":\"a\",\"severity\":\"info\",\"dst.ip\":\"192.0.2.1\"}");
    close_folder(&f, files);
}

static void loads_one_rule_or_those_of_some_occasions(void **state)
{
    static const char *const files[] = { "a.yaml", "ab.yaml", "b.yaml", NULL };
    struct folder f;

    (void)state;
    open_folder(&f);
    write_file(f.dir, "a.yaml", MANY);
    write_file(f.dir, "ab.yaml", MANY);
    write_file(f.dir, "b.yaml",
               "description: d\nseverity: info\non: peer\nwindow: 10s\nstep: 10s\n"
               "measure: count\nthreshold: 1\nclear: { below: 1, for: 0s }\n");
    load(&f, (struct rule_set_options){ .only = "a" });
    assert_int_equal(rule_set_count(f.set), 1);
    settle(&f, 0, 1, 200, 3);
    assert_int_equal(f.told.count, 1);
    rule_trial_expect_text(f.told.alerts[0]->rule, "a");
    rule_set_free(f.set);
    load(&f, (struct rule_set_options){ .occasions = UINT32_C(1) << RULE_PEER });
    assert_int_equal(rule_set_count(f.set), 1);
    settle(&f, 0, 1, 200, 3);
    assert_int_equal(f.told.count, 1);
    close_folder(&f, files);
}

static void shows_what_is_nearest_to_firing(void **state)
{
    static const char *const files[] = { "many.yaml", NULL };
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);
    struct folder f;

    (void)state;
    open_folder(&f);
    write_file(f.dir, "many.yaml", MANY);
    load(&f, (struct rule_set_options){ .dir = NULL });
    settle(&f, 0, 1, 200, 1);
    settle(&f, 0, 2, 200, 5);
    settle(&f, 0, 3, 200, 2);
    jsonw_object_open(&j);
    rule_set_write_values(f.set, &j, 2);
    jsonw_object_close(&j);
    rule_trial_expect_text(
        strbuf_slice(&out),
        "{\"rules\":[{\"rule\":\"many\",\"severity\":\"info\",\"by\":\"dst.ip\",\"on\":\"call."
        "settled\","
        "\"threshold\":3.0000,\"unit\":\"calls\",\"groups\":3,\"firing\":1,\"pending\":0,"
        "\"values\":[{\"group\":\"192.0.2.2\",\"value\":5.0000,\"baseline\":null,\"samples\":5,"
        "\"state\":\"firing\"},{\"group\":\"192.0.2.3\",\"value\":2.0000,\"baseline\":null,"
        "\"samples\":2,\"state\":\"quiet\"}]}]}");
    strbuf_fini(&out);
    close_folder(&f, files);
}

static uint32_t draw(uint32_t *lot, uint32_t below)
{
    *lot = *lot * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*lot * below >> 32);
}

/* Calls of every kind over three trunks, in good and in bad times. */
static void play_calls(struct rule_set *set, bool ticks)
{
    static const char *const trunks[] = { "alpha", "beta", "gamma" };
    static const int16_t statuses[] = { 200, 200, 200, 486, 404, 480, 487, 503, 408, 403 };
    uint32_t lot = 4711;
    int64_t now_ns = TRIAL_START;

    for (int i = 0; i < 6000; i++) {
        bool is_bad_time = i / 700 % 2;
        uint32_t trunk = draw(&lot, 3);
        const uint8_t ip[4] = { 192, 0, 2, (uint8_t)trunk };
        struct call_record call;
        int64_t early_ns;

        now_ns += (int64_t)draw(&lot, 700) * 1000000;
        record_clear(&record_type_call, &call);
        call.id = record_id_make(now_ns, draw(&lot, 2048));
        call.dst = call.src = addr_v4(ip, 5060);
        call.trunk_out = slice_of_text(trunks[trunk]);
        call.destination = SLICE("Canada");
        call.invite_time = call.settled_time = now_ns;
        call.final_status = statuses[draw(&lot, is_bad_time && trunk == 1 ? 10 : 5)];
        call.outcome = call.final_status == 200   ? SLICE("success")
                       : call.final_status >= 500 ? SLICE("failure")
                                                  : SLICE("nos");
        call.post_dial_delay_ms = is_bad_time ? 9000 : 800;
        call.duration_ms = draw(&lot, is_bad_time ? 5000 : 300000);
        call.capture_confidence = SLICE("high");
        call.mos_lq = is_bad_time && trunk == 2 ? 2.5 : 4.2;
        call.one_way = is_bad_time && trunk == 0;
        early_ns = (int64_t)draw(&lot, 50) * 1000000;
        if (draw(&lot, 3) == 0 && ticks)
            rule_set_tick(set, now_ns - early_ns);
        rule_set_record(set, RULE_CALL_OPENED, &record_type_call, &call, now_ns);
        rule_set_record(set, RULE_CALL_SETTLED, &record_type_call, &call, now_ns);
        rule_set_record(set, RULE_CALL_CLOSED, &record_type_call, &call, now_ns);
    }
    rule_set_tick(set, now_ns + 7200 * NS_PER_S);
}

/* Whatever ticks come in between: all shipped rules, with what they mute of each other. */
static void ticks_change_nothing(void **state)
{
    struct rule_trial told[2];
    char error[512];

    (void)state;
    memset(told, 0, sizeof told);
    for (size_t i = 0; i < 2; i++) {
        const struct rule_set_options options = { .dir = TEST_DATA "/../../../rules",
                                                  .alert = rule_trial_keep,
                                                  .baseline = rule_trial_keep_baseline,
                                                  .ctx = &told[i] };
        struct rule_set *set;

        if (rule_set_load(&set, &options, error, sizeof error) != 0)
            fail_msg("%s", error);
        play_calls(set, i == 1);
        rule_set_free(set);
    }
    assert_true(told[0].count > 20);
    assert_true(told[0].baseline_count > 10);
    assert_int_equal(told[0].count, told[1].count);
    assert_int_equal(told[0].baseline_count, told[1].baseline_count);
    for (size_t i = 0; i < told[0].count; i++) {
        struct strbuf one = { 0 }, other = { 0 };
        struct jsonw j = jsonw_to(&one), k = jsonw_to(&other);

        record_write_json(&j, &record_type_alert, told[0].alerts[i]);
        record_write_json(&k, &record_type_alert, told[1].alerts[i]);
        assert_string_equal(one.p, other.p);
        strbuf_fini(&one);
        strbuf_fini(&other);
    }
    for (size_t i = 0; i < told[0].baseline_count; i++) {
        assert_true(told[0].baselines[i]->id == told[1].baselines[i]->id);
        assert_true(told[0].baselines[i]->value == told[1].baselines[i]->value);
    }
    rule_trial_forget(&told[0]);
    rule_trial_forget(&told[1]);
}

static void forget_alert(void *ctx, const struct alert_record *alert)
{
    (void)ctx;
    (void)alert;
}

/* One of the host's calls; bad ones are bad in all that a call can be bad in. */
static void flood_call(struct rule_set *set, unsigned host, int n)
{
    const uint8_t ip[4] = { 10, 0, (uint8_t)(host >> 8), (uint8_t)host };
    int64_t now_ns = TRIAL_START + n * NS_PER_S;
    struct call_record call;
    char name[24];

    snprintf(name, sizeof name, "+4930%06u", host);
    record_clear(&record_type_call, &call);
    call.id = record_id_make(now_ns, host);
    call.src = call.dst = addr_v4(ip, 5060);
    call.trunk_in = call.trunk_out = call.destination = slice_of_text(name);
    call.from_user = call.to_user = slice_of_text(name);
    call.invite_time = call.settled_time = call.closed_time = now_ns;
    call.final_status = n % 4 ? 200 : 503;
    call.final_reason = n % 4 ? SLICE("OK") : SLICE("Service Unavailable");
    call.outcome = n % 4 ? SLICE("success") : SLICE("failure");
    call.capture_confidence = SLICE("high");
    call.post_dial_delay_ms = 800 + 100 * n;
    call.duration_ms = n % 4 ? 60000 : 3000;
    call.mos_lq = n % 4 ? 4.2 : 2.0;
    call.loss_ratio = n % 4 ? 0 : 0.1;
    call.one_way = n % 4 == 0;
    rule_set_record(set, RULE_CALL_OPENED, &record_type_call, &call, now_ns);
    rule_set_record(set, RULE_CALL_SETTLED, &record_type_call, &call, now_ns);
    rule_set_record(set, RULE_CALL_CLOSED, &record_type_call, &call, now_ns);
}

/* Ten thousand groups over all shipped rules stay under 50 MB, and a flood of them under a bound. */
static void ten_thousand_groups_are_small(void **state)
{
    const struct rule_set_options options = { .dir = TEST_DATA "/../../../rules",
                                              .alert = forget_alert,
                                              .max_groups = 600 };
    struct rule_set_stats stats = { 0 };
    struct rule_set *set;
    char error[512];
    unsigned host = 0;

    (void)state;
    if (rule_set_load(&set, &options, error, sizeof error) != 0)
        fail_msg("%s", error);
    for (; stats.groups < 10000 && host < 600; host++) {
        for (int n = 0; n < 8; n++)
            flood_call(set, host, n);
        if (host % 50 == 49)
            rule_set_read_stats(set, &stats);
    }
    assert_true(stats.groups >= 10000);
    assert_true(stats.bytes > 1000000); /* it is counted at all */
    assert_true(stats.bytes < 50 * 1000 * 1000);
    for (; host < 1200; host++)
        flood_call(set, host, 7);
    rule_set_read_stats(set, &stats);
    assert_true(stats.groups <= 600 * rule_set_count(set));
    assert_true(stats.groups_refused > 0);
    rule_set_free(set);
}

static void the_shipped_rules_load_and_the_spike_fires(void **state)
{
    const uint8_t ip[4] = { 198, 51, 100, 7 };
    struct rule_trial told = { .count = 0 };
    struct rule_set *set = NULL;
    struct rule_set_stats stats;
    struct call_record call;
    char error[256];

    (void)state;
    if (rule_set_load(&set,
                      &(struct rule_set_options){ .dir = TEST_DATA "/../../../rules",
                                                  .only = "sip-503-spike",
                                                  .alert = rule_trial_keep,
                                                  .ctx = &told },
                      error, sizeof error) != 0)
        fail_msg("%s", error);
    record_clear(&record_type_call, &call);
    call.dst = addr_v4(ip, 5060);
    for (int i = 0; i < 60; i++) {
        call.id = (uint64_t)i + 1;
        call.final_status = i % 3 ? 200 : 503;
        rule_set_record(set, RULE_CALL_SETTLED, &record_type_call, &call,
                        TRIAL_START + i * NS_PER_S);
    }
    assert_int_equal(told.count, 1);
    rule_trial_expect_text(told.alerts[0]->rule, "sip-503-spike");
    rule_trial_expect_text(
        told.alerts[0]->summary,
        "503 spike at 198.51.100.7: 10 of 28 calls answered 503 in the last 60 s (36 %), "
        "since 10:15:00 UTC");
    assert_true(told.alerts[0]->runbook.len > 0);
    rule_set_tick(set, TRIAL_START + 600 * NS_PER_S);
    assert_int_equal(told.count, 2);
    rule_set_read_stats(set, &stats);
    assert_int_equal(stats.records, 60);
    assert_int_equal(stats.fired, 1);
    assert_int_equal(stats.resolved, 1);
    rule_set_free(set);
    rule_trial_forget(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_a_folder_in_order),
        cmocka_unit_test(a_reload_goes_on_where_the_file_is_the_same),
        cmocka_unit_test(on_an_error_the_old_rules_stay),
        cmocka_unit_test(loads_one_rule_or_those_of_some_occasions),
        cmocka_unit_test(shows_what_is_nearest_to_firing),
        cmocka_unit_test(ticks_change_nothing),
        cmocka_unit_test(ten_thousand_groups_are_small),
        cmocka_unit_test(the_shipped_rules_load_and_the_spike_fires),
    };

    return cmocka_run_group_tests_name("rule_set", tests, NULL, NULL);
}
