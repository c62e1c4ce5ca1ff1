/*
 * rule_words - what a rule watches and when it fires, in words.
 *
 * Thread  Pure.
 */
#ifndef RULES_RULE_WORDS_H
#define RULES_RULE_WORDS_H

#include "analyzer/base/strbuf.h"
#include "rules/rule.h"

/* "share of calls that are status:503", "95th percentile of post_dial_delay_ms of calls" */
void rule_words_measure(struct strbuf *out, const struct rule *rule);

/* "20 % or more", "15 % or more under normal", "3.1 or less" */
void rule_words_level(struct strbuf *out, const struct rule *rule);

/* Both, and of what, over which time, with how many: one sentence without its full stop. */
void rule_words_condition(struct strbuf *out, const struct rule *rule);

/* When it is over; one sentence without its full stop. */
void rule_words_clear(struct strbuf *out, const struct rule *rule);

/* "critical from 50 % or after 30 min"; nothing without escalations. */
void rule_words_escalations(struct strbuf *out, const struct rule *rule);

#endif
