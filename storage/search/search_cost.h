/*
 * search_cost - which words of a filter are quick to look at, so that they come first.
 *
 * Thread  Pure.
 */
#ifndef STORAGE_SEARCH_SEARCH_COST_H
#define STORAGE_SEARCH_SEARCH_COST_H

#include "analyzer/filter/filter.h"

/* Times and ids of the calls themselves: no column but that of the ids. */
bool search_cost_is_of_ids(const struct filter_test *t);

/* About how long all below the node takes, in parts of a look at a number. */
unsigned search_cost(const struct filter *f, uint16_t node);

#endif
