/*
 * rule_number - numbers and lengths of time as a rule writes them.
 *
 * Digits and one decimal point, and a unit where one fits; no exponent, hex, infinity or locale. The
 * units are those of filters: ms s m min h d w, %.
 */
#ifndef RULES_RULE_NUMBER_H
#define RULES_RULE_NUMBER_H

#include "analyzer/base/slice.h"

/* unit: what a number without one is in, "ms" "s" "d"; "%": a ratio, 0.2 or 20%; NULL: none may be
 * there. False on anything else. */
bool rule_number_real(struct slice text, const char *unit, double *out);
bool rule_number_whole(struct slice text, int64_t *out);

/* "10s", "2m", "1h30min": at least one number with its unit. */
bool rule_number_duration(struct slice text, int64_t *out_ns);

#endif
