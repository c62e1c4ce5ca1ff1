#include "rules/rule_normal.h"

#include <math.h>

void rule_normal_init(struct rule_normal *n)
{
    *n = (struct rule_normal){ .step = -1, .quarter = -1, .past = NAN, .past_quarter = -1 };
}

/* Steps that nobody looked at, since nothing was there: an amount was 0 in each. */
static void catch_up(struct rule_normal *n, const struct rule_normal_plan *plan, int64_t step)
{
    double missed = n->step < 0 ? 0 : (double)(step - n->step - 1);
    double decay;

    if (!(missed > 0))
        return;
    decay = pow(plan->decay, missed);
    n->sum *= decay;
    n->samples *= decay;
    n->weight *= decay;
    if (plan->is_amount && plan->decay < 1)
        n->weight += (1 - decay) / (1 - plan->decay);
}

static void add_to_quarter(struct rule_normal *n, const struct rule_normal_step *what)
{
    if (isnan(what->value))
        return;
    n->quarter_sum += what->weight * what->value;
    n->quarter_weight += what->weight;
    n->quarter_samples += what->samples;
}

void rule_normal_add(struct rule_normal *n, const struct rule_normal_plan *plan, int64_t step,
                     const struct rule_normal_step *what)
{
    catch_up(n, plan, step);
    n->step = step;
    n->sum *= plan->decay;
    n->weight *= plan->decay;
    n->samples = n->samples * plan->decay + what->samples;
    if (isnan(what->value))
        return;
    n->sum += what->weight * what->value;
    n->weight += what->weight;
    add_to_quarter(n, what);
}

void rule_normal_note(struct rule_normal *n, int64_t step, const struct rule_normal_step *what)
{
    n->step = step;
    add_to_quarter(n, what);
}

void rule_normal_skip(struct rule_normal *n, int64_t step, bool is_firing)
{
    n->step = step;
    n->quarter_spoiled = n->quarter_spoiled || is_firing;
}

double rule_normal_slow(const struct rule_normal *n, double min_samples)
{
    return n->weight > 0 && n->samples >= min_samples ? n->sum / n->weight : NAN;
}

double rule_normal_turn(struct rule_normal *n, const struct rule_normal_plan *plan, int64_t steps,
                        int64_t next, double *samples)
{
    double weight = plan->is_amount ? (double)steps : n->quarter_weight;
    double value =
        n->quarter_weight > 0 && weight > 0 && !n->quarter_spoiled ? n->quarter_sum / weight : NAN;

    *samples = n->quarter_samples;
    n->quarter_sum = n->quarter_weight = n->quarter_samples = 0;
    n->quarter_spoiled = false;
    n->quarter = next;
    return value;
}
