/*
 * filter_vocabulary - the words of a filter over records that are no calls: the fields of their
 * type, by the names of docs/METRICS.md; of an address its port as well (server_port).
 *
 * A field's kind follows from what the record holds, its unit from its name (_ms, _s, _ratio). What
 * a text can be is said here where there are but a few, so that a slip is told with what was meant.
 *
 * Ownership  The array is the caller's, to be freed with free().
 */
#ifndef ANALYZER_FILTER_FILTER_VOCABULARY_H
#define ANALYZER_FILTER_FILTER_VOCABULARY_H

#include "analyzer/filter/filter.h"

struct filter_vocabulary {
    const struct filter_field *fields;
    size_t count;
    bool is_of_calls; /* filter_fields: a word may stand alone */
};

/* Of a type that is none of a call. 0 or −ENOMEM. */
int filter_vocabulary_make(struct filter_field **fields, size_t *count,
                           const struct record_type *type);

/* By name or alias, whatever their case; '-', '.' and '_' are one. NULL: none. */
const struct filter_field *filter_vocabulary_find(const struct filter_vocabulary *v,
                                                  struct slice name);

#endif
