/*
 * filter_scope - what follows from a filter for all that matches: when it began, its Call-ID.
 */
#ifndef ANALYZER_FILTER_FILTER_SCOPE_H
#define ANALYZER_FILTER_FILTER_SCOPE_H

#include "analyzer/filter/filter.h"

/* Fills since, until and call_id, and opens the tests of times where the whole call is meant. */
void filter_scope_find(struct filter *f);

#endif
