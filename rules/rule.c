#include "rules/rule.h"

#include <stdlib.h>

void rule_free(struct rule *rule)
{
    if (!rule)
        return;
    rule_filter_fini(&rule->among);
    rule_filter_fini(&rule->where);
    rule_yaml_free(rule->tree);
    free(rule);
}
