/*
 * rule_values - what a rule measures just now: its groups that are nearest to firing.
 */
#ifndef RULES_RULE_VALUES_H
#define RULES_RULE_VALUES_H

#include "rules/rule_eval.h"

enum { RULE_VALUES_MAX = 100 };

/* One object of rule_set_write_values; at most RULE_VALUES_MAX groups. */
void rule_values_write(struct rule_eval *e, struct jsonw *j, size_t values_max, int64_t now_ns);

#endif
