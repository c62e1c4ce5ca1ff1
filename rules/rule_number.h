/*
 * rule_number - numbers and lengths of time as a rule writes them.
 *
 * Digits and one decimal point; no exponent, hex, infinity or locale.
 */
#ifndef RULES_RULE_NUMBER_H
#define RULES_RULE_NUMBER_H

#include "analyzer/base/slice.h"

/* "-12", "3.1", "20%" (0.2, when percent is allowed). False on anything else. */
bool rule_number_real(struct slice text, bool percent, double *out);
bool rule_number_whole(struct slice text, int64_t *out);

/* "10s", "2m", "1h", "1d": a whole number and a unit. */
bool rule_number_duration(struct slice text, int64_t *out_ns);

#endif
