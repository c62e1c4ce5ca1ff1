/*
 * rule_chance - how far a measure may be from the truth by chance alone.
 *
 * A rule with a confidence fires only when the near end of what is plausible is over its mark too.
 *
 * Units   z: standard errors to one side; 1.645 leaves 5 % to chance.
 * Source  E. B. Wilson, Probable inference (1927); F. J. Anscombe, The transformation of Poisson,
 *         binomial and negative-binomial data (1948)
 */
#ifndef RULES_RULE_CHANCE_H
#define RULES_RULE_CHANCE_H

/* The least and the largest share that `matching` of `samples` can come from: 2 of 3 is 0.25 to
 * 0.92. NaN without samples. */
double rule_chance_share_low(double matching, double samples, double z);
double rule_chance_share_high(double matching, double samples, double z);

/* Standard error of the mean of `count` values with that sum and sum of squares; NaN under two. */
double rule_chance_mean_error(double count, double sum, double squares);

/* The same of how many come in a time, when each comes on its own. */
double rule_chance_count_low(double count, double z);
double rule_chance_count_high(double count, double z);

#endif
