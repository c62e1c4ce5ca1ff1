#include "rules/rule_eval.h"

#include "rules/rule_group.h"
#include "rules/rule_summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct rule_eval {
    const struct rule *rule;
    struct rule_groups groups;
    struct rule_alert_ids *ids;
    rule_alert_fn alert;
    void *ctx;
    const struct record_field *id_field;
    int64_t steps;  /* in a window */
    int64_t newest; /* number of the newest step since 1970; −1 before the first */
    uint64_t id_salt;
    struct strbuf group, summary, calls; /* texts of the alert being told */
    struct rule_set_stats stats;
};

static double measure(const struct rule_eval *e, const struct rule_window *w)
{
    if (e->rule->measure == RULE_COUNT)
        return w->matching;
    return w->samples ? (double)w->matching / w->samples : 0;
}

static bool is_hot(const struct rule_eval *e, const struct rule_window *w)
{
    return w->samples >= e->rule->min_samples && w->matching >= e->rule->min_matching &&
           measure(e, w) >= e->rule->threshold;
}

/* The same rule, group and instant give the same id, whatever the run's hash key. */
static uint64_t take_id(struct rule_eval *e, const struct rule_group *g, int64_t time_ns)
{
    const struct siphash_key fixed = { { e->id_salt, 0 } };
    uint64_t hash = siphash(&fixed, g->key.p, g->key.len);
    struct rule_alert_ids *ids = e->ids;

    if (ids->us != time_ns / 1000) {
        *ids = (struct rule_alert_ids){ .us = time_ns / 1000 };
    }
    for (size_t tries = 0; tries < 1u << RECORD_ID_HASH_BITS; tries++, hash++) {
        size_t bit = hash & ((1u << RECORD_ID_HASH_BITS) - 1);

        if (!(ids->taken[bit / 64] & UINT64_C(1) << bit % 64)) {
            ids->taken[bit / 64] |= UINT64_C(1) << bit % 64;
            break;
        }
    }
    return record_id_make(time_ns, hash);
}

static void write_group(struct rule_eval *e, const struct rule_group *g)
{
    strbuf_reset(&e->group);
    rule_field_write(&e->rule->group[0], g->key, &e->group);
}

static void write_summary(struct rule_eval *e, const struct rule_episode *ep, int64_t ended_ns,
                          const struct rule_facts *facts)
{
    strbuf_reset(&e->summary);
    if (ended_ns != RECORD_NONE) {
        strbuf_add_text(&e->summary, "Over after ");
        rule_summary_add_duration(&e->summary, ended_ns - ep->fired_ns);
        strbuf_add_text(&e->summary, ", at worst: ");
    }
    rule_summary_write(&e->summary, e->rule->summary, facts);
}

static void write_calls(struct rule_eval *e, const struct rule_episode *ep)
{
    strbuf_reset(&e->calls);
    strbuf_add_char(&e->calls, '[');
    for (size_t i = 0; i < ep->evidence_count; i++)
        strbuf_addf(&e->calls, "%s\"%016" PRIx64 "\"", i ? "," : "", ep->evidence[i]);
    strbuf_add_char(&e->calls, ']');
}

/* ended_ns: RECORD_NONE while it fires. */
static void tell(struct rule_eval *e, const struct rule_group *g, int64_t ended_ns)
{
    const struct rule *rule = e->rule;
    const struct rule_episode *ep = g->episode;
    struct rule_facts facts = { .rule = slice_of_text(rule->name),
                                .matching = ep->worst_matching,
                                .samples = ep->worst_samples,
                                .window_ns = rule->window_ns,
                                .since_ns = ep->since_ns };
    struct alert_record alert;

    if (rule->group_count) {
        write_group(e, g);
        facts.group = strbuf_slice(&e->group);
    }
    write_summary(e, ep, ended_ns, &facts);
    write_calls(e, ep);
    record_clear(&record_type_alert, &alert);
    alert.id = ep->id;
    alert.rule = facts.rule;
    alert.severity = slice_of_text(rule_severity_name(rule->severity));
    alert.state = ended_ns == RECORD_NONE ? SLICE("firing") : SLICE("resolved");
    alert.group = facts.group;
    alert.summary = strbuf_slice(&e->summary);
    alert.description = rule->description;
    alert.runbook = rule->runbook;
    alert.since = ep->since_ns;
    alert.time = alert.fired_time = ep->fired_ns;
    alert.changed_time = ended_ns == RECORD_NONE ? ep->fired_ns : ended_ns;
    alert.ended_time = ended_ns;
    alert.value = ep->worst;
    alert.threshold = rule->threshold;
    alert.samples = ep->worst_samples;
    alert.window_s = rule->window_ns / 1000000000;
    alert.calls = strbuf_slice(&e->calls);
    e->alert(e->ctx, &alert);
}

/* The newest matches of the window, newest first. */
static void freeze_evidence(const struct rule_eval *e, const struct rule_group *g,
                            struct rule_episode *ep)
{
    uint64_t kept = g->matched < RULE_EVIDENCE_MAX ? g->matched : RULE_EVIDENCE_MAX;

    for (uint64_t i = 1; i <= kept; i++) {
        size_t at = (g->matched - i) % RULE_EVIDENCE_MAX;

        if (g->matched_step[at] > e->newest - e->steps && g->matched_id[at])
            ep->evidence[ep->evidence_count++] = g->matched_id[at];
    }
}

static void note_worst(struct rule_episode *ep, double value, const struct rule_window *w)
{
    if (value <= ep->worst)
        return;
    ep->worst = value;
    ep->worst_matching = w->matching;
    ep->worst_samples = w->samples;
}

static void fire(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    struct rule_episode *ep = calloc(1, sizeof *ep);
    int64_t step_us = e->rule->step_ns / 1000;
    int64_t since_us;

    if (!ep) {
        e->stats.no_memory++; /* tried again with the next record or step */
        return;
    }
    since_us = rule_window_first_match_us(&g->window, e->newest, step_us);
    ep->id = take_id(e, g, now_ns);
    ep->fired_ns = now_ns;
    ep->since_ns = since_us >= 0 ? since_us * 1000 : now_ns;
    ep->quiet_since_ns = RECORD_NONE;
    note_worst(ep, measure(e, &g->window), &g->window);
    freeze_evidence(e, g, ep);
    g->episode = ep;
    g->pending_since_ns = RECORD_NONE;
    e->stats.fired++;
    tell(e, g, RECORD_NONE);
}

static void resolve(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    tell(e, g, now_ns > g->episode->fired_ns ? now_ns : g->episode->fired_ns);
    e->stats.resolved++;
    free(g->episode);
    g->episode = NULL;
}

/* After a record: it can only start an alert or worsen it. */
static void look(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    if (g->episode) {
        note_worst(g->episode, measure(e, &g->window), &g->window);
        return;
    }
    if (!is_hot(e, &g->window))
        return;
    if (g->pending_since_ns == RECORD_NONE)
        g->pending_since_ns = now_ns;
    if (now_ns - g->pending_since_ns >= e->rule->for_ns)
        fire(e, g, now_ns);
}

/* At the end of a step, while the window is whole. */
static void look_at_step_end(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    struct rule_episode *ep = g->episode;

    if (!ep) {
        if (is_hot(e, &g->window))
            look(e, g, now_ns);
        else
            g->pending_since_ns = RECORD_NONE;
        return;
    }
    note_worst(ep, measure(e, &g->window), &g->window);
    if (measure(e, &g->window) >= e->rule->clear) {
        ep->quiet_since_ns = RECORD_NONE;
        return;
    }
    if (ep->quiet_since_ns == RECORD_NONE)
        ep->quiet_since_ns = now_ns;
    if (now_ns - ep->quiet_since_ns >= e->rule->clear_for_ns)
        resolve(e, g, now_ns);
}

static void end_step(struct rule_eval *e)
{
    int64_t next = e->newest + 1;
    struct rule_group *after;

    for (struct rule_group *g = e->groups.active.first; g; g = after) {
        after = g->after;
        look_at_step_end(e, g, next * e->rule->step_ns);
        rule_window_slide(&g->window, next);
        if (g->window.samples == 0 && !g->episode)
            rule_group_retire(&e->groups, g);
    }
    e->newest = next;
}

/* The clock was set back past the window: what was counted is of another time. */
static void begin_anew(struct rule_eval *e, int64_t step)
{
    struct rule_group *after;

    for (struct rule_group *g = e->groups.active.first; g; g = after) {
        after = g->after;
        if (!g->episode) {
            rule_group_retire(&e->groups, g);
            continue;
        }
        rule_window_clear(&g->window);
        g->matched = 0;
        g->episode->quiet_since_ns = RECORD_NONE;
    }
    e->newest = step;
    e->stats.clock_set_back++;
}

/* The number of the step that a time falls into; mostly the newest, so mostly no division. */
static int64_t step_of(const struct rule_eval *e, int64_t now_ns)
{
    int64_t since_ns = now_ns - e->newest * e->rule->step_ns;

    return since_ns >= 0 && since_ns < e->rule->step_ns ? e->newest : now_ns / e->rule->step_ns;
}

static void advance(struct rule_eval *e, int64_t now_ns)
{
    int64_t step = step_of(e, now_ns);

    if (step == e->newest)
        return;
    if (e->newest < 0)
        e->newest = step;
    if (step <= e->newest - e->steps)
        begin_anew(e, step);
    /* Ends: a group leaves after its window, at the latest after `clear.for` of quiet. */
    while (e->newest < step && e->groups.active.first)
        end_step(e);
    if (e->newest < step)
        e->newest = step;
}

/* The raw bytes that tell the record's group; absent when the record does not know it. */
static struct slice group_key(struct rule_eval *e, const void *record)
{
    return e->rule->group_count ? rule_field_key(&e->rule->group[0], record, &e->group) : SLICE("");
}

static void note_match(struct rule_eval *e, struct rule_group *g, const void *record, int64_t step)
{
    size_t at = g->matched++ % RULE_EVIDENCE_MAX;

    g->matched_step[at] = step;
    g->matched_id[at] = e->id_field ? *(const uint64_t *)record_at(record, e->id_field) : 0;
}

int rule_eval_new(struct rule_eval **ep, const struct rule *rule, size_t max_groups,
                  const struct siphash_key *hash_key, struct rule_alert_ids *ids,
                  rule_alert_fn alert, void *ctx)
{
    static const struct siphash_key fixed;
    struct rule_eval *e = calloc(1, sizeof *e);
    int err;

    if (!e)
        return -ENOMEM;
    e->rule = rule;
    e->ids = ids;
    e->alert = alert;
    e->ctx = ctx;
    e->steps = rule->window_ns / rule->step_ns;
    e->newest = -1;
    e->id_salt = siphash(&fixed, rule->name, strlen(rule->name));
    if (rule->type == &record_type_call) /* an alert proves itself with calls alone */
        e->id_field = record_field_find(rule->type, SLICE("id"));
    err = rule_group_set_init(&e->groups, max_groups, (uint32_t)e->steps, hash_key);
    if (err) {
        free(e);
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
    strbuf_fini(&e->group);
    strbuf_fini(&e->summary);
    strbuf_fini(&e->calls);
    free(e);
}

/* What the probe or its mirror lost must not be blamed on a network: no alert about quality comes
 * from such a call, neither as one of the bad nor as one of all. */
static bool is_doubtful(const struct rule_eval *e, const void *record)
{
    const struct call_record *call = record;

    return e->rule->confident && call->capture_confidence.p &&
           !slice_eq(call->capture_confidence, SLICE("high"));
}

static bool matches_all(const struct filter *f, const void *record)
{
    return !f || filter_match_record(f, record);
}

void rule_eval_record(struct rule_eval *e, const void *record, int64_t now_ns)
{
    struct rule_group *g;
    int64_t step;
    struct slice key;
    bool matches;

    advance(e, now_ns);
    if (!matches_all(e->rule->among, record))
        return;
    if (is_doubtful(e, record)) {
        e->stats.doubtful++;
        return;
    }
    key = group_key(e, record);
    if (!key.p) {
        e->stats.without_group++;
        return;
    }
    g = rule_group_take(&e->groups, key);
    if (!g) {
        e->stats.groups_refused++;
        return;
    }
    e->stats.records++;
    matches = matches_all(e->rule->where, record);
    step = step_of(e, now_ns);
    rule_group_activate(&e->groups, g);
    rule_window_add(&g->window, step, matches,
                    (uint32_t)((now_ns - step * e->rule->step_ns) / 1000));
    if (matches)
        note_match(e, g, record, step);
    look(e, g, now_ns);
}

void rule_eval_tick(struct rule_eval *e, int64_t now_ns)
{
    advance(e, now_ns);
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
}
