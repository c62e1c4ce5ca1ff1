#include "rules/rule_episode.h"

#include "rules/rule_alert.h"
#include "rules/rule_evidence.h"

#include <math.h>
#include <stdlib.h>

/* A group as it is looked at. */
struct look {
    struct rule_eval *e;
    struct rule_group *g;
    int64_t now_ns;
    struct rule_moment_told found;
    bool is_enough; /* samples and matches are there, and the window is full where it must be */
};

static void list_append(struct rule_eval *e, struct rule_episode *ep)
{
    ep->before = e->last_episode;
    if (e->last_episode)
        e->last_episode->after = ep;
    else
        e->first_episode = ep;
    e->last_episode = ep;
}

static void list_remove(struct rule_eval *e, struct rule_episode *ep)
{
    if (ep->before)
        ep->before->after = ep->after;
    else
        e->first_episode = ep->after;
    if (ep->after)
        ep->after->before = ep->before;
    else
        e->last_episode = ep->before;
}

void rule_episode_free(struct rule_episode *ep)
{
    if (!ep)
        return;
    strbuf_fini(&ep->evidence);
    strbuf_fini(&ep->top);
    free(ep);
}

size_t rule_episode_bytes(const struct rule_episode *ep)
{
    return sizeof *ep + ep->evidence.room + ep->top.room;
}

double rule_episode_normal(struct rule_eval *e, struct rule_group *g)
{
    struct rule_normal *n = g->normal;
    double min_samples = e->rule->baseline.min_samples;

    if (!n)
        return NAN;
    if (!n->labels_known) {
        static const struct siphash_key fixed;

        rule_evidence_write_group(e->rule, g, e->fields, &e->group);
        rule_evidence_write_labels(e->rule, e->fields, &e->labels);
        n->labels_hash = siphash(&fixed, e->labels.p, e->labels.len);
        n->labels_known = true;
    }
    if (n->past_quarter != e->quarter || n->past_version != e->past.version) {
        n->past = rule_past_find(&e->past, e->quarter, n->labels_hash, min_samples,
                                 e->rule->baseline.is_rise);
        n->past_quarter = e->quarter;
        n->past_version = e->past.version;
    }
    return isnan(n->past) ? rule_normal_slow(n, min_samples) : n->past;
}

/* Where it is no longer normal by that change. */
static double limit(const struct rule *rule, double normal, double change)
{
    const struct rule_baseline *b = &rule->baseline;
    double by = b->is_points ? change : change * fabs(normal);

    return b->is_rise ? normal + by : normal - by;
}

static bool is_full(const struct rule_eval *e, const struct rule_group *g)
{
    return e->newest - g->known_step >= e->plan.steps;
}

static struct look look_at(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    struct look l = { .e = e, .g = g, .now_ns = now_ns };
    const struct rule_reading *r = &l.found.reading;

    l.found.reading = rule_measure_read(&e->plan, g, now_ns, e->all.matching);
    l.found.baseline = NAN;
    l.found.mark = e->rule->threshold;
    l.is_enough = !isnan(r->value) && r->samples >= e->plan.min_samples &&
                  r->matching >= e->plan.min_matching && (!e->plan.keeps_watch || is_full(e, g));
    return l;
}

/* Nothing is beyond a normal of 0 by some part of it: there a threshold must say how much is bad. */
static bool is_abnormal(struct look *l)
{
    const struct rule *rule = l->e->rule;
    double normal, mark;

    if (!rule->baseline.is_used)
        return true;
    normal = l->found.baseline = rule_episode_normal(l->e, l->g);
    if (isnan(normal))
        return false;
    mark = limit(rule, normal, rule->baseline.change);
    if (isnan(rule->threshold))
        l->found.mark = mark;
    if (l->found.reading.value == mark && mark == normal)
        return false;
    if (normal == 0 && !rule->baseline.is_points && isnan(rule->threshold))
        return false;
    return rule_measure_is_beyond(&l->e->plan, l->g, &l->found.reading, mark, true);
}

static bool is_hot(struct look *l)
{
    const struct rule *rule = l->e->rule;

    if (!l->is_enough)
        return false;
    if (isnan(rule->threshold)
            ? !rule->baseline.is_used
            : !rule_measure_is_beyond(&l->e->plan, l->g, &l->found.reading, rule->threshold, false))
        return false;
    return is_abnormal(l);
}

/* Is a value at the good side of a mark, not at the mark itself? */
static bool is_near_side(const struct rule_plan *plan, double value, double mark)
{
    return plan->is_below ? value > mark : value < mark;
}

static bool is_quiet(struct look *l)
{
    const struct rule *rule = l->e->rule;
    const struct rule_plan *plan = &l->e->plan;
    double value = l->found.reading.value, normal, change;

    if (isnan(value))
        return true; /* nothing is there to act on */
    if (!isnan(rule->clear) && is_near_side(plan, value, rule->clear))
        return true;
    if (!rule->baseline.is_used)
        return isnan(rule->clear) && is_near_side(plan, value, rule->threshold);
    if (!isnan(rule->clear) && !(rule->clear_within > 0))
        return false;
    if (!isnan(rule->threshold) && is_near_side(plan, value, rule->threshold))
        return true;
    normal = rule_episode_normal(l->e, l->g);
    if (isnan(normal)) /* that of when it fired */
        normal = l->g->episode->told.baseline;
    change = rule->clear_within > 0 ? rule->clear_within : rule->baseline.change / 2;
    return is_near_side(plan, value, limit(rule, normal, change));
}

static enum rule_severity severity_of(struct look *l, const struct rule_episode *ep)
{
    const struct rule *rule = l->e->rule;
    enum rule_severity worst = rule->severity;

    for (size_t i = 0; i < rule->escalation_count; i++) {
        const struct rule_escalation *x = &rule->escalations[i];

        if (!isnan(x->threshold) &&
            !(l->is_enough &&
              rule_measure_is_beyond(&l->e->plan, l->g, &l->found.reading, x->threshold, false)))
            continue;
        if (x->after_ns && !(ep->life == RULE_FIRING && ep->quiet_since_ns == RECORD_NONE &&
                             l->now_ns - ep->fired_ns >= x->after_ns))
            continue;
        if (x->severity > worst)
            worst = x->severity;
    }
    return worst;
}

/* Of the window before the one that is now. */
static double value_before(const struct rule_eval *e, const struct rule_group *g)
{
    int64_t at = (e->newest - e->plan.steps) / e->plan.series_every;

    return rule_series_get(&g->series, e->plan.series_room, at);
}

static struct rule_episode *begin(struct look *l)
{
    struct rule_eval *e = l->e;
    struct rule_episode *ep = calloc(1, sizeof *ep);
    int64_t first_us;

    if (!ep) {
        e->stats.no_memory++; /* tried again with the next record or step */
        return NULL;
    }
    first_us = rule_window_first_match_us(&l->g->window, e->newest, e->rule->step_ns / 1000);
    ep->group = l->g;
    ep->id = rule_eval_take_id(e, l->g, l->now_ns);
    ep->life = RULE_PENDING;
    ep->severity = e->rule->severity;
    ep->begun_ns = l->now_ns;
    ep->fired_ns = ep->quiet_since_ns = ep->unmute_ns = RECORD_NONE;
    ep->since_ns = first_us >= 0 && first_us * 1000 <= l->now_ns ? first_us * 1000 : l->now_ns;
    ep->before_value = value_before(e, l->g);
    ep->told = ep->worst = l->found;
    l->g->episode = ep;
    list_append(e, ep);
    ep->muted_by = rule_mute_find(e, l->g);
    return ep;
}

static void note_worst(struct look *l, struct rule_episode *ep)
{
    double worst = ep->worst.reading.value, value = l->found.reading.value;

    if (l->is_enough && (l->e->plan.is_below ? value < worst : value > worst)) {
        ep->worst.reading = l->found.reading;
    }
}

static void fire(struct look *l, struct rule_episode *ep)
{
    struct rule_group *g = l->g;
    bool is_back =
        g->over_ns != RECORD_NONE && ep->begun_ns - g->over_ns <= rule_plan_flap_ns(&l->e->plan);

    g->flaps = is_back && g->flaps < UINT16_MAX ? (uint16_t)(g->flaps + 1) : 0;
    ep->life = RULE_FIRING;
    ep->fired_ns = l->now_ns;
    ep->told = l->found;
    note_worst(l, ep);
    ep->severity = severity_of(l, ep);
    if (!ep->muted_by)
        ep->muted_by = rule_mute_find(l->e, g);
    rule_evidence_freeze(l->e, g, ep);
    l->e->stats.fired++;
    rule_alert_tell(l->e, ep, l->now_ns, NULL);
    rule_mute_begin(l->e, ep, l->now_ns);
}

static void end(struct rule_eval *e, struct rule_group *g, int64_t now_ns, const char *why)
{
    struct rule_episode *ep = g->episode;
    bool has_fired = ep->life == RULE_FIRING;
    int64_t least_ns = has_fired ? ep->fired_ns : ep->begun_ns;

    if (now_ns < least_ns) /* the clock was set back */
        now_ns = least_ns;
    ep->life = has_fired ? RULE_RESOLVED : RULE_PASSED;
    rule_alert_tell(e, ep, now_ns, why);
    list_remove(e, ep);
    if (has_fired) {
        g->over_ns = now_ns;
        e->stats.resolved++;
        rule_mute_end(e, ep, now_ns);
    }
    g->episode = NULL;
    rule_episode_free(ep);
}

static void escalate(struct look *l, struct rule_episode *ep)
{
    enum rule_severity severity = severity_of(l, ep);

    if (severity <= ep->severity)
        return;
    ep->severity = severity;
    ep->told.reading = l->found.reading;
    rule_alert_tell(l->e, ep, l->now_ns, NULL);
}

/* It holds: begins, goes on pending, or fires. */
static void look_at_hot(struct look *l)
{
    struct rule_episode *ep = l->g->episode;
    bool is_new = !ep;

    if (is_new)
        ep = begin(l);
    if (!ep)
        return;
    if (l->now_ns - ep->begun_ns >= l->e->rule->for_ns) {
        fire(l, ep);
    } else if (is_new) {
        rule_evidence_freeze(l->e, l->g, ep);
        rule_alert_tell(l->e, ep, l->now_ns, NULL);
    }
}

void rule_episode_look(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    struct look l;

    if (e->plan.waits_for_step)
        return;
    l = look_at(e, g, now_ns);
    if (g->episode && g->episode->life == RULE_FIRING) {
        note_worst(&l, g->episode);
        if (e->rule->escalation_count)
            escalate(&l, g->episode);
    } else if (is_hot(&l)) {
        look_at_hot(&l);
    }
}

/* What explained it is over, and its time to follow too. */
static void look_at_mute(struct look *l, struct rule_episode *ep)
{
    uint64_t other;

    if (ep->unmute_ns == RECORD_NONE)
        return;
    other = rule_mute_find(l->e, l->g);
    if (other || l->now_ns >= ep->unmute_ns)
        rule_episode_mute(l->e, ep, other, l->now_ns);
}

static void look_at_firing(struct look *l, struct rule_episode *ep)
{
    note_worst(l, ep);
    if (!is_quiet(l)) {
        ep->quiet_since_ns = RECORD_NONE;
        escalate(l, ep);
        look_at_mute(l, ep);
        return;
    }
    if (ep->quiet_since_ns == RECORD_NONE)
        ep->quiet_since_ns = l->now_ns;
    if (l->now_ns - ep->quiet_since_ns >= rule_plan_clear_ns(&l->e->plan, l->g->flaps))
        end(l->e, l->g, l->now_ns, NULL);
}

/* What the step that ends came to, for what is normal: nothing counts that is not. */
static void note_normal(struct look *l)
{
    struct rule_eval *e = l->e;
    struct rule_group *g = l->g;
    const struct rule_reading *r = &l->found.reading;
    const struct rule_window *w = e->rule->measure == RULE_SHARE ? &e->all : &g->window;
    const struct rule_bucket *b = rule_window_bucket(w, e->newest);
    struct rule_normal_step step = { .value = r->value, .weight = 1 };

    if (g->episode && !isnan(g->normal->past)) {
        rule_normal_skip(g->normal, e->newest, g->episode->life == RULE_FIRING);
        return;
    }
    if (e->plan.is_amount && !is_full(e, g)) {
        rule_normal_skip(g->normal, e->newest, false);
        return;
    }
    if (!e->plan.is_amount && !e->plan.is_newest)
        step.weight = r->samples;
    step.samples = e->rule->measure == RULE_SHARE ? b->matching : b->samples;
    if (g->episode)
        rule_normal_note(g->normal, e->newest, &step);
    else
        rule_normal_add(g->normal, &e->plan.normal, e->newest, &step);
    e->quarter_used = true;
}

void rule_episode_look_at_end(struct rule_eval *e, struct rule_group *g, int64_t now_ns)
{
    struct look l = look_at(e, g, now_ns);

    if (g->episode && g->episode->life == RULE_FIRING)
        look_at_firing(&l, g->episode);
    else if (is_hot(&l))
        look_at_hot(&l);
    else if (g->episode)
        end(e, g, now_ns, NULL);
    if (g->normal)
        note_normal(&l);
    if (e->newest % e->plan.series_every == e->plan.series_every - 1)
        rule_series_put(&g->series, e->plan.series_room, e->newest / e->plan.series_every,
                        l.found.reading.value);
}

void rule_episode_end(struct rule_eval *e, struct rule_group *g, int64_t now_ns, const char *why)
{
    if (g->episode)
        end(e, g, now_ns, why);
}

void rule_episode_mute(struct rule_eval *e, struct rule_episode *ep, uint64_t muted_by,
                       int64_t now_ns)
{
    bool is_told = ep->muted_by != muted_by;

    ep->muted_by = muted_by;
    ep->unmute_ns = RECORD_NONE;
    if (is_told)
        rule_alert_tell(e, ep, now_ns, NULL);
}
