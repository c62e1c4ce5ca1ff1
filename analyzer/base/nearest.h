/*
 * nearest - what somebody probably meant: the known name closest to a mistyped one.
 *
 * For the one line a person reads after a typing mistake ("did you mean 'jitter'?"). A wrong guess
 * is worse than none, so a word that needs too many edits for its length gets no suggestion.
 */
#ifndef ANALYZER_BASE_NEAREST_H
#define ANALYZER_BASE_NEAREST_H

#include "analyzer/base/slice.h"

/* The name with the fewest edits (insert, remove, replace, swap of neighbours; the case of ASCII
 * letters is free) from the word, the first of equals; NULL when none is near enough: at most a
 * third of the word's length, at least 1 and at most 3 edits. NULL entries are passed over. */
const char *nearest_name(struct slice word, const char *const *names, size_t n);

#endif
