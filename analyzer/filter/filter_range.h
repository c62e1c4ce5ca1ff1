/*
 * filter_range - what a number, a port or a time is asked for: from where to where.
 *
 * Errors  −EINVAL and the error of the lexer filled.
 */
#ifndef ANALYZER_FILTER_FILTER_RANGE_H
#define ANALYZER_FILTER_FILTER_RANGE_H

#include "analyzer/filter/filter_value.h"

/* least and most, as far as the operator closes them. */
int filter_range_read_number(struct filter_lex *lex, const struct filter_asked *asked,
                             const struct filter_value *value, struct filter_test *test);

/* from and to. */
int filter_range_read_time(struct filter_lex *lex, const struct filter_asked *asked,
                           const struct filter_value *value, struct filter_test *test);

#endif
