#include "rules/rule_plan.h"

#include "rules/rule_series.h"

#include <math.h>

#define SECOND INT64_C(1000000000)

enum {
    FLAPS_COUNTED = 4,       /* the wait for the end doubles with each of them */
    WATCH_S = 3 * 24 * 3600, /* a weekend */
    WATCH_STEPS_MAX = 8640,
    HISTORY_S = 24 * 3600,
};

static const struct {
    uint8_t lanes;
    bool is_amount, is_of_values, is_newest, has_newest;
} traits[RULE_MEASURES] = {
    [RULE_COUNT] = { .is_amount = true },
    [RULE_RATE] = { .is_amount = true },
    [RULE_RATIO] = { 0 },
    [RULE_SHARE] = { 0 },
    [RULE_SUM] = { .lanes = 1, .is_amount = true, .is_of_values = true },
    [RULE_MEAN] = { .lanes = 2, .is_of_values = true },
    [RULE_PERCENTILE] = { .is_of_values = true },
    [RULE_DISTINCT] = { .is_amount = true },
    [RULE_REPEATS] = { .is_of_values = true },
    [RULE_LAST] = { .is_of_values = true, .is_newest = true, .has_newest = true },
    [RULE_GROWTH] = { .lanes = 1, .is_amount = true, .is_of_values = true, .has_newest = true },
    [RULE_REMAINING] = { .is_of_values = true, .is_newest = true, .has_newest = true },
    [RULE_ABSENCE] = { .is_of_values = true, .is_newest = true, .has_newest = true },
};

static int64_t longest_wait_ns(const struct rule_plan *p)
{
    const struct rule *rule = p->rule;
    int64_t longest = rule_plan_clear_ns(p, FLAPS_COUNTED) + rule->for_ns;
    double last_mark = rule->threshold;

    for (size_t i = 0; i < rule->escalation_count; i++) {
        longest += rule->escalations[i].after_ns;
        last_mark = fmax(last_mark, rule->escalations[i].threshold);
    }
    if (rule->measure == RULE_ABSENCE && last_mark > 0 && last_mark < 1e9)
        longest += (int64_t)(last_mark * 1e9);
    if (rule->baseline.is_used)
        longest += HISTORY_S * SECOND;
    return longest;
}

/* What a rule says of ratios, shares and means; a percentile of a few, and a count against what is
 * normal, are always asked. */
static double z_of(const struct rule *rule)
{
    const double usual = 1.6449; /* 95 % to one side */
    bool is_count = rule->measure == RULE_COUNT || rule->measure == RULE_RATE;

    if (rule->z > 0)
        return rule->z;
    return rule->measure == RULE_PERCENTILE || (is_count && rule->baseline.is_used) ? usual : 0;
}

static const struct record_field *proof_of(const struct rule *rule)
{
    if (rule->type == &record_type_call)
        return record_field_find(rule->type, SLICE("id"));
    if (rule->type == &record_type_security)
        return record_field_find(rule->type, SLICE("call"));
    return NULL;
}

static void plan_time(struct rule_plan *p)
{
    const struct rule *rule = p->rule;

    p->steps = rule->window_ns / rule->step_ns;
    p->watch_steps = WATCH_S * SECOND / rule->step_ns;
    if (p->watch_steps > WATCH_STEPS_MAX)
        p->watch_steps = WATCH_STEPS_MAX;
    if (!p->keeps_watch)
        p->watch_steps = 0;
    p->horizon_steps = 2 * p->steps + p->watch_steps + longest_wait_ns(p) / rule->step_ns + 4;
    p->series_every = rule_series_every(p->steps);
    p->series_room = rule_series_room(p->steps);
}

void rule_plan_make(struct rule_plan *p, const struct rule *rule)
{
    enum rule_measure m = rule->measure;
    bool has_per = rule->per.field != NULL;

    *p = (struct rule_plan){ .rule = rule };
    p->lanes = traits[m].lanes;
    if (p->lanes == 1 && has_per)
        p->lanes = 2;
    p->is_below = rule->baseline.is_used ? !rule->baseline.is_rise : rule->is_below;
    p->is_amount = traits[m].is_amount && !has_per;
    p->is_of_values = traits[m].is_of_values && (m != RULE_LAST || rule->of_count > 0);
    p->is_newest = traits[m].is_newest;
    p->has_newest = traits[m].has_newest;
    p->has_histogram = m == RULE_PERCENTILE;
    p->has_distinct = m == RULE_DISTINCT || m == RULE_REPEATS;
    p->has_normal = rule->baseline.is_used;
    p->keeps_watch = p->is_below && (p->is_amount || m == RULE_SHARE);
    p->waits_for_step = p->keeps_watch || m == RULE_ABSENCE;
    plan_time(p);
    p->min_samples = rule->min_samples > 1 ? (double)rule->min_samples : 0;
    p->min_matching = rule->min_matching > 1 && !p->is_below ? (double)rule->min_matching : 0;
    p->z = z_of(rule);
    p->normal.is_amount = p->is_amount;
    if (p->has_normal && rule->baseline.half_life_ns > 0)
        p->normal.decay = pow(0.5, (double)rule->step_ns / (double)rule->baseline.half_life_ns);
    p->proof = proof_of(rule);
}

int64_t rule_plan_clear_ns(const struct rule_plan *p, unsigned flaps)
{
    int64_t clear_ns = p->rule->clear_for_ns;

    if (flaps > FLAPS_COUNTED)
        flaps = FLAPS_COUNTED;
    if (flaps && clear_ns < p->rule->step_ns)
        clear_ns = p->rule->step_ns;
    return clear_ns << flaps;
}

int64_t rule_plan_flap_ns(const struct rule_plan *p)
{
    int64_t ns = 4 * p->rule->clear_for_ns;

    return ns > 600 * SECOND ? ns : 600 * SECOND;
}
