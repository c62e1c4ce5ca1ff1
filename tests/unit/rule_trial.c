#include "tests/unit/rule_trial.h"

#include "rules/rule_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void rule_trial_keep(void *ctx, const struct alert_record *alert)
{
    struct rule_trial *t = ctx;

    assert_true(t->count < TRIAL_ALERTS_MAX);
    t->alerts[t->count] = record_clone(&record_type_alert, alert);
    assert_non_null(t->alerts[t->count]);
    t->count++;
}

void rule_trial_keep_baseline(void *ctx, const struct baseline_record *baseline)
{
    struct rule_trial *t = ctx;

    assert_true(t->baseline_count < TRIAL_BASELINES_MAX);
    t->baselines[t->baseline_count] = record_clone(&record_type_baseline, baseline);
    assert_non_null(t->baselines[t->baseline_count]);
    t->baseline_count++;
}

void rule_trial_forget(struct rule_trial *t)
{
    while (t->count)
        free(t->alerts[--t->count]);
    while (t->baseline_count)
        free(t->baselines[--t->baseline_count]);
}

void rule_trial_open_with(struct rule_trial *t, const char *name, const char *text,
                          size_t max_groups, uint64_t hash_seed)
{
    struct siphash_key key = { { hash_seed, ~hash_seed } };
    struct rule_eval_options options = {
        max_groups, &key, &t->ids, rule_trial_keep, rule_trial_keep_baseline, t
    };
    char error[512] = "", file[RULE_NAME_MAX + 8];

    memset(t, 0, sizeof *t);
    t->ids.us = -1;
    t->next_id = 0x1000;
    snprintf(file, sizeof file, "%s.yaml", name);
    if (rule_parse(&t->rule, file, slice_of_text(text), error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_int_equal(rule_eval_new(&t->eval, t->rule, &options), 0);
}

void rule_trial_open(struct rule_trial *t, const char *text)
{
    rule_trial_open_with(t, "trial", text, 0, 1);
}

void rule_trial_close(struct rule_trial *t)
{
    rule_eval_free(t->eval);
    rule_free(t->rule);
    rule_trial_forget(t);
}

void rule_trial_call(struct rule_trial *t, int64_t ms, uint8_t host, int64_t status)
{
    const uint8_t ip[4] = { 192, 0, 2, host };
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = t->next_id++;
    call.final_status = status;
    call.dst = addr_v4(ip, 5060);
    rule_eval_record(t->eval, &call, TRIAL_START + ms * 1000000);
}

void rule_trial_tick(struct rule_trial *t, int64_t ms)
{
    rule_eval_tick(t->eval, TRIAL_START + ms * 1000000);
}

void rule_trial_expect_text(struct slice s, const char *text)
{
    char shown[1024];

    snprintf(shown, sizeof shown, "%.*s", (int)s.len, s.p ? s.p : "");
    assert_string_equal(shown, text);
}

void rule_trial_expect(const struct rule_trial *t, size_t which, const char *state,
                       const char *group)
{
    assert_true(which < t->count);
    rule_trial_expect_text(t->alerts[which]->state, state);
    rule_trial_expect_text(t->alerts[which]->group, group);
}

struct rule_set_stats rule_trial_stats(const struct rule_trial *t)
{
    struct rule_set_stats stats = { 0 };

    rule_eval_add_stats(t->eval, &stats);
    return stats;
}
