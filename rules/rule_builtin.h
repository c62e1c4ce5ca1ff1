/*
 * rule_builtin - the alerts that come from no rule file, described like those that do.
 *
 * What raises them needs more than records: the web process notices that the probe says nothing, the
 * probe that its store takes less in. `earshot rules list` and docs/ALERTS.md show them with the rest.
 *
 * Thread  Constants.
 */
#ifndef RULES_RULE_BUILTIN_H
#define RULES_RULE_BUILTIN_H

#include "analyzer/base/slice.h"

struct rule_builtin {
    struct slice name;
    struct slice severity; /* at worst */
    struct slice raised_by;
    struct slice description, reason, runbook;
};

enum { RULE_BUILTINS = 2 };

extern const struct rule_builtin rule_builtins[RULE_BUILTINS];

/* NULL: there is none of that name. */
const struct rule_builtin *rule_builtin_find(struct slice name);

#endif
