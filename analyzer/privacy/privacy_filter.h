/*
 * privacy_filter - a filter as a person writes it, made to fit records that were masked.
 *
 * Who has the key asks for numbers and names as they are, and what is compared is their pseudonym:
 *
 *     whole, *end     of a number: as it is written; *end with eight digits or more
 *     beginning*      as it stands: it fits as far as it ends before what was masked
 *     *part*          the same; or, with eight digits or more, as an end
 *     a name          whole alone
 *
 * What was cut (redact) is cut in what is asked for as well: several numbers may fit.
 *
 * Thread  Pure; the filter is the caller's.
 */
#ifndef ANALYZER_PRIVACY_PRIVACY_FILTER_H
#define ANALYZER_PRIVACY_PRIVACY_FILTER_H

#include "analyzer/filter/filter.h"
#include "analyzer/privacy/privacy.h"

/* 0; −EINVAL with *error (its column is 0: the word is named in the text); −ENOMEM. Once a filter. */
int privacy_filter(const struct privacy *p, struct filter *f, struct filter_error *error);

#endif
