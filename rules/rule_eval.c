#include "rules/rule_eval.h"

#include "rules/rule_evidence.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

uint64_t rule_eval_take_id(struct rule_eval *e, const struct rule_group *g, int64_t time_ns)
{
    const struct siphash_key fixed = { { e->id_salt, 0 } };
    uint64_t hash = siphash(&fixed, g->key.p, g->key.len);
    struct rule_alert_ids *ids = e->options.ids;

    if (ids->us != time_ns / 1000)
        *ids = (struct rule_alert_ids){ .us = time_ns / 1000 };
    for (size_t tries = 0; tries < 1u << RECORD_ID_HASH_BITS; tries++, hash++) {
        size_t bit = hash & ((1u << RECORD_ID_HASH_BITS) - 1);

        if (!(ids->taken[bit / 64] & UINT64_C(1) << bit % 64)) {
            ids->taken[bit / 64] |= UINT64_C(1) << bit % 64;
            break;
        }
    }
    return record_id_make(time_ns, hash);
}

/* A quarter's groups are all told of the same instant, and may be more than an id of it can tell
 * apart: each gets its own microsecond of the quarter. */
static uint64_t baseline_id(const struct rule_eval *e, struct slice labels, int64_t time_ns)
{
    const struct siphash_key fixed = { { e->id_salt, 1 } };
    uint64_t hash = siphash(&fixed, labels.p, labels.len);
    uint64_t us = (hash >> RECORD_ID_HASH_BITS) % (RULE_QUARTER_NS / 1000);

    return record_id_make(time_ns + (int64_t)us * 1000, hash);
}

static void tell_normal(struct rule_eval *e, struct rule_group *g, double value, double samples)
{
    struct baseline_record b;

    rule_evidence_write_group(e->rule, g, e->fields, &e->group);
    rule_evidence_write_labels(e->rule, e->fields, &e->labels);
    record_clear(&record_type_baseline, &b);
    b.time = e->quarter * RULE_QUARTER_NS;
    b.rule = slice_of_text(e->rule->name);
    b.labels = strbuf_slice(&e->labels);
    b.id = baseline_id(e, b.labels, b.time);
    b.value = value;
    b.samples = (int64_t)(samples + 0.5);
    e->options.baseline(e->options.ctx, &b);
}

/* The quarter is over at the end of the newest step. */
static void turn_quarter(struct rule_eval *e, int64_t next)
{
    int64_t first = e->quarter * RULE_QUARTER_NS / e->rule->step_ns;
    int64_t watched = e->newest - (e->began_step > first ? e->began_step : first);
    bool is_whole = watched * e->rule->step_ns * 2 >= RULE_QUARTER_NS;
    struct rule_group_list *lists[] = { &e->groups.active, &e->groups.idle };

    for (size_t i = 0; e->quarter_used && i < 2; i++) {
        for (struct rule_group *g = lists[i]->first; g; g = g->after) {
            double samples, value;

            if (!(g->normal->quarter_weight > 0) && !g->normal->quarter_spoiled)
                continue;
            value = rule_normal_turn(g->normal, &e->plan.normal, watched, next, &samples);
            if (is_whole && !isnan(value) && samples > 0 && !g->is_other && e->options.baseline)
                tell_normal(e, g, value, samples);
        }
    }
    e->quarter = next;
    e->quarter_used = false;
}

static void mind_quarter(struct rule_eval *e)
{
    int64_t quarter = e->newest * e->rule->step_ns / RULE_QUARTER_NS;

    if (quarter != e->quarter && e->plan.has_normal)
        turn_quarter(e, quarter);
}

/* Nothing of it is in the window, and nothing is to come of that. */
static bool is_done(const struct rule_eval *e, const struct rule_group *g)
{
    const struct rule_newest *n = g->newest;

    if (g->window.samples || g->episode)
        return false;
    if (e->plan.keeps_watch && e->newest - g->used_step < e->plan.watch_steps)
        return false;
    return !(e->rule->measure == RULE_ABSENCE && n->time_ns != RECORD_NONE &&
             e->newest * e->rule->step_ns - n->time_ns < e->rule->window_ns);
}

static void end_newest(struct rule_eval *e)
{
    int64_t next = e->newest + 1;
    struct rule_group *after;

    for (struct rule_group *g = e->groups.active.first; g; g = after) {
        after = g->after;
        rule_episode_look_at_end(e, g, next * e->rule->step_ns);
    }
    if (e->all_room)
        rule_window_slide(&e->all, next);
    e->newest = next;
    e->idle_steps++;
    for (struct rule_group *g = e->groups.active.first; g; g = after) {
        after = g->after;
        rule_group_slide(g, next);
        if (is_done(e, g))
            rule_group_retire(&e->groups, g);
    }
    mind_quarter(e);
}

/* Steps are skipped, in which nothing is left in any window. (Of all groups together there may be:
 * what a group counted that had to go.) */
static void skip_to(struct rule_eval *e, int64_t step)
{
    if (e->all_room)
        rule_window_clear(&e->all);
    e->newest = step;
    mind_quarter(e);
}

/* The step to begin next; −1: none must be looked at. */
static int64_t next_step(const struct rule_eval *e)
{
    if (e->newest < 0)
        return -1;
    if (e->groups.active.first && e->idle_steps <= e->plan.horizon_steps)
        return e->newest + 1;
    if (e->quarter_used) {
        int64_t end_ns = (e->quarter + 1) * RULE_QUARTER_NS;
        int64_t step = (end_ns + e->rule->step_ns - 1) / e->rule->step_ns;

        return step > e->newest ? step : e->newest + 1;
    }
    return -1;
}

int64_t rule_eval_next_ns(const struct rule_eval *e)
{
    int64_t step = next_step(e);

    return step < 0 ? INT64_MAX : step * e->rule->step_ns;
}

void rule_eval_end_step(struct rule_eval *e)
{
    int64_t step = next_step(e);

    if (step == e->newest + 1) {
        end_newest(e);
    } else if (step >= 0) {
        skip_to(e, step);
    }
}

/* The clock was set back past the window: what was counted is of another time. */
static void begin_anew(struct rule_eval *e, int64_t step, int64_t now_ns)
{
    struct rule_group *after;

    for (struct rule_group *g = e->groups.active.first; g; g = after) {
        after = g->after;
        if (g->episode && g->episode->life == RULE_PENDING)
            rule_episode_end(e, g, now_ns, NULL);
        g->known_step = g->used_step = step;
        if (!g->episode) {
            rule_group_retire(&e->groups, g);
            continue;
        }
        rule_group_clear(&e->groups, g);
        g->episode->quiet_since_ns = RECORD_NONE;
    }
    for (struct rule_group *g = e->groups.idle.first; g; g = g->after) {
        g->known_step = step;
        g->over_ns = RECORD_NONE;
    }
    if (e->all_room)
        rule_window_clear(&e->all);
    e->newest = e->began_step = step;
    mind_quarter(e);
    e->stats.clock_set_back++;
}

/* The number of the step that a time falls into; mostly the newest, so mostly no division. */
static int64_t step_of(const struct rule_eval *e, int64_t now_ns)
{
    int64_t since_ns = now_ns - e->newest * e->rule->step_ns;

    return since_ns >= 0 && since_ns < e->rule->step_ns ? e->newest : now_ns / e->rule->step_ns;
}

static int64_t advance(struct rule_eval *e, int64_t now_ns)
{
    int64_t step = step_of(e, now_ns), next;

    if (step == e->newest)
        return step;
    if (e->newest < 0) {
        e->newest = e->began_step = step;
        e->quarter = step * e->rule->step_ns / RULE_QUARTER_NS;
    }
    if (step <= e->newest - e->plan.steps)
        begin_anew(e, step, now_ns);
    while ((next = next_step(e)) >= 0 && next <= step)
        rule_eval_end_step(e);
    if (e->newest < step)
        skip_to(e, step);
    return step;
}

int rule_eval_new(struct rule_eval **ep, const struct rule *rule,
                  const struct rule_eval_options *options)
{
    static const struct siphash_key fixed;
    struct rule_eval *e = calloc(1, sizeof *e);
    int err = e ? 0 : -ENOMEM;

    if (!e)
        return err;
    e->rule = rule;
    e->options = *options;
    e->hash_key = *options->hash_key;
    e->options.hash_key = &e->hash_key;
    if (!e->options.max_groups)
        e->options.max_groups = RULE_GROUPS_MAX;
    rule_plan_make(&e->plan, rule);
    e->newest = -1;
    e->key = &e->own_key;
    e->id_salt = siphash(&fixed, rule->name, strlen(rule->name));
    if (rule->measure == RULE_SHARE) {
        uint32_t steps = (uint32_t)e->plan.steps;

        e->all_room = malloc(rule_window_bytes(steps, 0));
        err = e->all_room ? 0 : -ENOMEM;
        if (!err)
            rule_window_init(&e->all, e->all_room, steps, 0);
    }
    if (!err && e->plan.has_normal)
        err = rule_past_init(&e->past, e->options.max_groups);
    if (!err)
        err = rule_group_set_init(&e->groups, e->options.max_groups, &e->plan);
    if (err) {
        rule_eval_free(e);
        return err;
    }
    *ep = e;
    return 0;
}

void rule_eval_free(struct rule_eval *e)
{
    if (!e)
        return;
    rule_group_set_fini(&e->groups);
    rule_past_fini(&e->past);
    rule_mute_fini(&e->mute);
    free(e->all_room);
    for (size_t i = 0; i < RULE_GROUP_FIELDS_MAX; i++)
        strbuf_fini(&e->fields[i]);
    rule_key_fini(&e->own_key);
    strbuf_fini(&e->part);
    strbuf_fini(&e->group);
    strbuf_fini(&e->summary);
    strbuf_fini(&e->description);
    strbuf_fini(&e->calls);
    strbuf_fini(&e->labels);
    strbuf_fini(&e->search);
    free(e);
}

/* What the probe or its mirror lost must not be blamed on a network: no alert about quality comes
 * from such a call, neither as one of the bad nor as one of all. */
static bool is_doubtful(const struct rule_eval *e, const void *record)
{
    const struct call_record *call = record;

    return e->rule->confident && e->rule->type == &record_type_call && call->capture_confidence.p &&
           !slice_eq(call->capture_confidence, SLICE("high"));
}

static bool matches_all(const struct filter *f, const void *record)
{
    return !f || filter_match_record(f, record);
}

static void note_proof(struct rule_eval *e, struct rule_group *g, const void *record, int64_t step)
{
    if (!e->plan.proof && !e->rule->top_count)
        return;
    if (!g->proof)
        g->proof = rule_proof_new(step);
    if (g->proof)
        rule_proof_add(g->proof, &e->plan, record, step, &e->part);
}

static struct rule_group *group_of(struct rule_eval *e, const void *record, int64_t step)
{
    struct rule_key *key = e->key;
    struct rule_group *g;

    if (!e->record || key->record != e->record) {
        rule_key_make(key, e->rule, &e->hash_key, record);
        key->record = e->record;
    }
    if (!key->is_known) {
        e->stats.without_group++;
        return NULL;
    }
    g = rule_group_take(&e->groups, strbuf_slice(&key->bytes), key->hash, step);
    if (!g) {
        e->stats.no_memory++;
        return NULL;
    }
    if (!g->is_other)
        return g;
    e->stats.groups_refused++;
    return e->plan.has_newest ? NULL : g; /* the newest of many says nothing */
}

void rule_eval_record(struct rule_eval *e, const void *record, int64_t now_ns)
{
    struct rule_moment at = { .now_ns = now_ns, .step = advance(e, now_ns) };
    struct rule_group *g;
    bool matches;

    if (!matches_all(e->rule->among, record))
        return;
    if (is_doubtful(e, record)) {
        e->stats.doubtful++;
        return;
    }
    matches = matches_all(e->rule->where, record);
    if (!matches && e->plan.is_of_values)
        return;
    g = group_of(e, record, at.step);
    if (!g)
        return;
    at.offset_us = (uint32_t)((now_ns - at.step * e->rule->step_ns) / 1000);
    if (!rule_measure_add(&e->plan, g, record, matches, &at, &e->part))
        return;
    e->stats.records++;
    e->idle_steps = 0;
    g->used_step = at.step;
    rule_group_activate(&e->groups, g);
    if (e->all_room)
        rule_window_add(&e->all, at.step, matches, 0);
    if (matches)
        note_proof(e, g, record, at.step);
    /* With nothing bad in the window nothing can begin. */
    if (g->episode || g->window.matching || e->plan.is_below)
        rule_episode_look(e, g, now_ns);
}

void rule_eval_record_of(struct rule_eval *e, const void *record, uint64_t number, int64_t now_ns)
{
    e->record = number;
    rule_eval_record(e, record, now_ns);
    e->record = 0;
}

void rule_eval_share_key(struct rule_eval *e, struct rule_key *key)
{
    e->key = key ? key : &e->own_key;
}

void rule_eval_tick(struct rule_eval *e, int64_t now_ns)
{
    advance(e, now_ns);
}

void rule_eval_history(struct rule_eval *e, const struct baseline_record *past, int64_t now_ns)
{
    static const struct siphash_key fixed;

    if (!e->plan.has_normal || !past->labels.p || now_ns < 0)
        return;
    rule_past_put(&e->past, now_ns / RULE_QUARTER_NS, past->time,
                  siphash(&fixed, past->labels.p, past->labels.len), past->value,
                  (double)past->samples);
    e->idle_steps = 0;
}

void rule_eval_end(struct rule_eval *e, int64_t now_ns, const char *why)
{
    while (e->first_episode)
        rule_episode_end(e, e->first_episode->group, now_ns, why);
}

void rule_eval_add_stats(const struct rule_eval *e, struct rule_set_stats *stats)
{
    stats->records += e->stats.records;
    stats->without_group += e->stats.without_group;
    stats->doubtful += e->stats.doubtful;
    stats->groups_refused += e->stats.groups_refused;
    stats->clock_set_back += e->stats.clock_set_back;
    stats->no_memory += e->stats.no_memory;
    stats->fired += e->stats.fired;
    stats->resolved += e->stats.resolved;
    stats->groups += e->groups.by_key.used;
    stats->bytes += sizeof *e + rule_group_set_bytes(&e->groups) + rule_past_bytes(&e->past) +
                    (e->all_room ? rule_window_bytes(e->all.count, e->all.lanes) : 0);
}
