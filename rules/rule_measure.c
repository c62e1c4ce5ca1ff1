#include "rules/rule_measure.h"

#include "rules/rule_chance.h"

#include <math.h>

#define SECOND INT64_C(1000000000)

/* The fields of `of` added up, as far as they are known. */
static double number_of(const struct rule *rule, const void *record)
{
    double sum = NAN;

    for (size_t i = 0; i < rule->of_count; i++) {
        double value = rule_field_number(&rule->of[i], record);

        if (!isnan(value))
            sum = isnan(sum) ? value : sum + value;
    }
    return sum;
}

/* The key is fixed: which values are remembered when there are too many for all of them must not
 * differ from run to run. What somebody can win by values chosen for it is bounded in
 * rule_distinct_add. */
static uint64_t distinct_hash(const struct rule *rule, const void *record, struct strbuf *room,
                              bool *known)
{
    static const struct siphash_key fixed = { { 0x6561727368, 0x6f742d7275 } };
    struct slice key;

    strbuf_reset(room);
    key = rule_field_key(&rule->of[0], record, room);
    *known = key.p != NULL;
    return key.p ? siphash(&fixed, key.p, key.len) : 0;
}

/* By how much a counter grew; one that fell has begun anew. */
static double grown(double now, double before)
{
    return now >= before ? now - before : now;
}

static void add_growth(const struct rule_plan *plan, struct rule_group *g,
                       const struct rule_moment *at, double value, double per)
{
    struct rule_newest *n = g->newest;

    if (n->time_ns != RECORD_NONE && at->now_ns - n->time_ns <= plan->rule->window_ns) {
        rule_window_add_sum(&g->window, at->step, 0, grown(value, n->value));
        if (plan->lanes > 1)
            rule_window_add_sum(&g->window, at->step, 1, grown(per, n->per));
    }
}

static void note_newest(struct rule_newest *n, const struct rule_moment *at, double value,
                        double per)
{
    n->seen++;
    n->time_ns = at->now_ns;
    n->value = value;
    n->per = per;
}

/* Of a record that matches and knows what it must. One that came late is no newest. */
static void add_values(const struct rule_plan *plan, struct rule_group *g,
                       const struct rule_moment *at, double value, double per)
{
    bool is_late =
        g->newest && g->newest->time_ns != RECORD_NONE && at->now_ns < g->newest->time_ns;

    switch (plan->rule->measure) {
    case RULE_SUM:
        rule_window_add_sum(&g->window, at->step, 0, value);
        if (plan->lanes > 1)
            rule_window_add_sum(&g->window, at->step, 1, per);
        break;
    case RULE_MEAN:
        rule_window_add_sum(&g->window, at->step, 0, value);
        rule_window_add_sum(&g->window, at->step, 1, value * value);
        break;
    case RULE_PERCENTILE:
        rule_histogram_add(g->histogram, at->step, value);
        break;
    case RULE_GROWTH:
        if (!is_late)
            add_growth(plan, g, at, value, per);
        break;
    default:
        break;
    }
    if (g->newest && !is_late)
        note_newest(g->newest, at, value, per);
}

bool rule_measure_add(const struct rule_plan *plan, struct rule_group *g, const void *record,
                      bool matches, const struct rule_moment *at, struct strbuf *room)
{
    const struct rule *rule = plan->rule;
    double value = NAN, per = NAN;

    if (plan->is_of_values && !matches)
        return false;
    if (plan->has_distinct && matches) {
        bool known;
        uint64_t hash = distinct_hash(rule, record, room, &known);

        if (!known && plan->is_of_values)
            return false;
        if (known)
            rule_distinct_add(g->distinct, at->step, hash);
    } else if (plan->is_of_values && rule->measure != RULE_ABSENCE) {
        value = number_of(rule, record);
        per = rule->per.field ? rule_field_number(&rule->per, record) : 1;
        if (isnan(value) || isnan(per))
            return false;
    } else if (rule->measure == RULE_LAST) {
        value = matches;
        per = 1;
    }
    if (plan->is_of_values || plan->has_newest)
        add_values(plan, g, at, value, per);
    rule_window_add(&g->window, at->step, matches, at->offset_us);
    return true;
}

static double by(double value, double per)
{
    return per > 0 ? value / per : NAN;
}

static double value_of(const struct rule_plan *plan, const struct rule_group *g, int64_t now_ns,
                       uint32_t total)
{
    const struct rule_window *w = &g->window;
    double matching = w->matching;

    switch (plan->rule->measure) {
    case RULE_RATE:
        return matching * SECOND / (double)plan->rule->window_ns;
    case RULE_RATIO:
        return by(matching, w->samples);
    case RULE_SHARE:
        return by(matching, total);
    case RULE_SUM:
    case RULE_GROWTH:
        return plan->lanes > 1 ? by(w->totals[0], w->totals[1]) : w->totals[0];
    case RULE_MEAN:
        return by(w->totals[0], matching);
    case RULE_PERCENTILE:
        return rule_histogram_at(g->histogram, plan->rule->percentile / 100);
    case RULE_DISTINCT:
        return rule_distinct_estimate(g->distinct);
    case RULE_REPEATS:
        return by(matching, rule_distinct_estimate(g->distinct));
    case RULE_LAST:
        return w->samples ? by(g->newest->value, g->newest->per) : NAN;
    case RULE_REMAINING:
        return w->samples ? (g->newest->value - (double)now_ns / SECOND) / 86400 : NAN;
    case RULE_ABSENCE:
        return g->newest->time_ns == RECORD_NONE ? NAN
                                                 : (double)(now_ns - g->newest->time_ns) / SECOND;
    default:
        return matching;
    }
}

static double samples_of(const struct rule_plan *plan, const struct rule_group *g, uint32_t total)
{
    if (plan->rule->measure == RULE_SHARE)
        return total;
    return plan->rule->measure == RULE_ABSENCE ? (double)g->newest->seen : g->window.samples;
}

struct rule_reading rule_measure_read(const struct rule_plan *plan, const struct rule_group *g,
                                      int64_t now_ns, uint32_t total)
{
    return (struct rule_reading){ value_of(plan, g, now_ns, total), samples_of(plan, g, total),
                                  g->window.matching };
}

/* The end of what is plausible that lies nearer to the mark; NaN: it cannot be told. */
static double near_end(const struct rule_plan *plan, const struct rule_group *g,
                       const struct rule_reading *r, bool of_normal)
{
    const struct rule_window *w = &g->window;
    double z = plan->z, error;

    switch (plan->rule->measure) {
    case RULE_RATIO:
    case RULE_SHARE:
        return plan->is_below ? rule_chance_share_high(r->matching, r->samples, z)
                              : rule_chance_share_low(r->matching, r->samples, z);
    case RULE_MEAN:
        error = rule_chance_mean_error(w->matching, w->totals[0], w->totals[1]);
        return plan->is_below ? r->value + z * error : r->value - z * error;
    case RULE_COUNT:
    case RULE_RATE:
        if (!of_normal)
            return r->value;
        error = plan->is_below ? rule_chance_count_high(r->matching, z)
                               : rule_chance_count_low(r->matching, z);
        return plan->rule->measure == RULE_COUNT ? error
                                                 : error * SECOND / (double)plan->rule->window_ns;
    default:
        return r->value;
    }
}

/* A percentile is beyond the mark when more values are than its rank leaves room for. */
static bool percentile_is_sure(const struct rule_plan *plan, const struct rule_group *g,
                               double mark)
{
    double share = plan->rule->percentile / 100, n = g->histogram->total;
    double from = rule_histogram_from(g->histogram, mark);

    if (plan->is_below)
        return rule_chance_share_low(n - from, n, plan->z) >= share;
    return rule_chance_share_low(from, n, plan->z) >= 1 - share;
}

bool rule_measure_is_beyond(const struct rule_plan *plan, const struct rule_group *g,
                            const struct rule_reading *r, double mark, bool of_normal)
{
    double end;

    if (plan->is_below ? !(r->value <= mark) : !(r->value >= mark))
        return false;
    if (!(plan->z > 0))
        return true;
    if (plan->rule->measure == RULE_PERCENTILE)
        return percentile_is_sure(plan, g, mark);
    end = near_end(plan, g, r, of_normal);
    return plan->is_below ? end <= mark : end >= mark;
}

double rule_measure_of_nothing(const struct rule_plan *plan)
{
    return plan->is_amount ? 0 : NAN;
}
