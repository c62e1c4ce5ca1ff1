/*
 * rule_place - where a character of a scalar stands in its file, so that an error within a filter
 * points into it.
 */
#ifndef RULES_RULE_PLACE_H
#define RULES_RULE_PLACE_H

#include "rules/rule_yaml.h"

/* `character` from 1, of the node's text; line and column from 1. Folded and quoted texts are
 * followed; where that fails, the place where the text begins. */
void rule_place_find(struct slice file, const struct rule_node *node, size_t character, int *line,
                     int *column);

#endif
