/*
 * rule_normal - what is normal for one group of a rule with a baseline.
 *
 * Two things are kept: a slow average of the measure at the ends of steps, older ones counting half
 * after each half-life; and the same over the quarter of an hour that goes on, which becomes a
 * baseline_record for the same quarter of weeks to come. Both stand still while it is not normal; but
 * where no past week is known, the quarter goes on: what fires may be how each morning is, and would
 * never become known. A week that was an outage is outvoted by others (rule_past.h).
 *
 * What is a share or a mean is weighed by its samples; how much there was in a window is not, and
 * counts as nothing in steps without any.
 *
 * Ownership  Embedded by value.
 */
#ifndef RULES_RULE_NORMAL_H
#define RULES_RULE_NORMAL_H

#include <stdbool.h>
#include <stdint.h>

struct rule_normal {
    double sum, weight; /* of the slow average */
    double samples;     /* that it rests on */
    int64_t step;       /* up to which it knows; −1: nothing yet */
    double quarter_sum, quarter_weight, quarter_samples;
    int64_t quarter;      /* number since 1970 */
    bool quarter_spoiled; /* something fired in it */
    bool labels_known;
    uint64_t labels_hash; /* of the group, where past weeks are looked up */
    double past;          /* of past weeks, looked up for … */
    int64_t past_quarter;
    uint64_t past_version;
};

/* How a rule takes its steps. */
struct rule_normal_plan {
    double decay;   /* of one step */
    bool is_amount; /* how much there was: nothing is 0 */
};

/* What a step came to: the measure over the window that it ends. */
struct rule_normal_step {
    double value;   /* NaN: not known */
    double weight;  /* of that value */
    double samples; /* of this step alone */
};

void rule_normal_init(struct rule_normal *n);
void rule_normal_add(struct rule_normal *n, const struct rule_normal_plan *plan, int64_t step,
                     const struct rule_normal_step *what);

/* The step counts for the quarter alone. */
void rule_normal_note(struct rule_normal *n, int64_t step, const struct rule_normal_step *what);

/* The step counts neither way; a quarter in which something fires is not normal. */
void rule_normal_skip(struct rule_normal *n, int64_t step, bool is_firing);

/* The slow average; NaN: it does not rest on so many samples. */
double rule_normal_slow(const struct rule_normal *n, double min_samples);

/* What the quarter came to; NaN: it was not normal, or nothing is known. `steps`: that were watched
 * in it. Begins the quarter `next`. */
double rule_normal_turn(struct rule_normal *n, const struct rule_normal_plan *plan, int64_t steps,
                        int64_t next, double *samples);

#endif
