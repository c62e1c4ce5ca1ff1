/*
 * rule_unit - what a rule measures in, and values as a person reads them.
 */
#ifndef RULES_RULE_UNIT_H
#define RULES_RULE_UNIT_H

#include "analyzer/base/strbuf.h"
#include "rules/rule.h"

/* Of the measure, once `of` and `per` are known: "ratio" "ms" "s" "days" "bytes" "calls" "calls/s"
 * …; NULL: a plain number. */
const char *rule_unit_of(const struct rule *rule);

/* Of a field by its name: "pdd_ms.p95" is in ms. NULL: a plain number. */
const char *rule_unit_of_field(const struct record_field *field);

/* What rule_number_real takes for levels in it. */
const char *rule_unit_number(struct slice unit);

/* A unit that the numbers themselves depend on: another word for it would make them wrong. */
bool rule_unit_is_fixed(struct slice unit);

/* "42 %", "250 ms", "3.4 s", "1.8 min", "12 calls", "3.2 days", "1.3 GB"; NaN: "unknown". */
void rule_unit_write(struct strbuf *out, double value, struct slice unit);

#endif
