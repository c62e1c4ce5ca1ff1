/*
 * rule_plan - what follows from a rule for its evaluation, worked out once.
 *
 * Thread  Immutable once it is made.
 */
#ifndef RULES_RULE_PLAN_H
#define RULES_RULE_PLAN_H

#include "rules/rule.h"
#include "rules/rule_normal.h"

struct rule_plan {
    const struct rule *rule;
    int64_t steps;     /* in a window */
    uint32_t lanes;    /* sums of each bucket */
    bool is_below;     /* bad is little */
    bool is_amount;    /* of how much there was: nothing is 0, and not unknown */
    bool is_of_values; /* what does not match, or does not know `of`, is no sample */
    bool is_newest;    /* it rests on the newest record, not on what the window adds up to */
    bool has_histogram, has_distinct, has_newest, has_normal;
    /* While a step goes on less is counted than will be: what is too little is told at its end. */
    bool waits_for_step;
    bool keeps_watch;    /* of groups that nothing comes of any more */
    int64_t watch_steps; /* for so long */
    /* After so many steps without a record nothing changes that has not changed. */
    int64_t horizon_steps;
    int64_t series_every;
    uint32_t series_room;
    double min_samples, min_matching;
    double z; /* of chance; 0: not asked */
    struct rule_normal_plan normal;
    const struct record_field *proof; /* id of the call that a record shows; NULL: none */
};

void rule_plan_make(struct rule_plan *p, const struct rule *rule);

/* How long it must be quiet to be over. */
int64_t rule_plan_clear_ns(const struct rule_plan *p, unsigned flaps);
/* How soon after its end an alert that comes back is the same trouble. */
int64_t rule_plan_flap_ns(const struct rule_plan *p);

#endif
