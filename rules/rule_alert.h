/*
 * rule_alert - an episode as the record that everybody is told.
 */
#ifndef RULES_RULE_ALERT_H
#define RULES_RULE_ALERT_H

#include "rules/rule_eval.h"

/* As it is at that time. why: something to add to the description; NULL: nothing. */
void rule_alert_tell(struct rule_eval *e, const struct rule_episode *ep, int64_t now_ns,
                     const char *why);

#endif
