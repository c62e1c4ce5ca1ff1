/*
 * rule_trial - one rule, or a set of them, fed by hand: what the tests of the rules share.
 *
 * Ownership  rule_trial_open/close.
 */
#ifndef TESTS_UNIT_RULE_TRIAL_H
#define TESTS_UNIT_RULE_TRIAL_H

#include "rules/rule_eval.h"

#define NS_PER_S INT64_C(1000000000)
/* 2026-11-21 10:15:00 UTC, a whole quarter of an hour. */
#define TRIAL_START (INT64_C(1795256100) * NS_PER_S)

enum { TRIAL_ALERTS_MAX = 400, TRIAL_BASELINES_MAX = 400 };

struct rule_trial {
    struct rule *rule;
    struct rule_eval *eval;
    struct rule_alert_ids ids;
    struct alert_record *alerts[TRIAL_ALERTS_MAX];
    struct baseline_record *baselines[TRIAL_BASELINES_MAX];
    size_t count, baseline_count;
    uint64_t next_id; /* of calls */
    uint64_t hash_seed;
};

/* The rule of that text, named "trial"; the test fails on one that does not parse. */
void rule_trial_open(struct rule_trial *t, const char *text);
void rule_trial_open_with(struct rule_trial *t, const char *name, const char *text,
                          size_t max_groups, uint64_t hash_seed);
void rule_trial_close(struct rule_trial *t);
void rule_trial_forget(struct rule_trial *t);

/* A settled call to 192.0.2.<host>, `ms` after TRIAL_START. */
void rule_trial_call(struct rule_trial *t, int64_t ms, uint8_t host, int64_t status);
void rule_trial_tick(struct rule_trial *t, int64_t ms);

/* rule_alert_fn, rule_baseline_fn; ctx: the trial. */
void rule_trial_keep(void *ctx, const struct alert_record *alert);
void rule_trial_keep_baseline(void *ctx, const struct baseline_record *baseline);

/* "firing", "192.0.2.10": the alert of that number, from 0. */
void rule_trial_expect(const struct rule_trial *t, size_t which, const char *state,
                       const char *group);
void rule_trial_expect_text(struct slice s, const char *text);

struct rule_set_stats rule_trial_stats(const struct rule_trial *t);

#endif
