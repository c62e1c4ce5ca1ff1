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

/* Of who is not shown numbers and names: does the field hold any of them, by the classes of
 * privacy_record.h? A stranger's words do, too, where URIs are taken out of them. */
bool privacy_filter_is_masked(const struct filter_field *field);
/* The first field that a filter asks of, of those; NULL: none. A word alone asks of some. */
const struct filter_field *privacy_filter_find_masked(const struct filter *f);

/* 0; −EINVAL with *error (its column is 0: the word is named in the text); −ENOMEM. Once a filter. */
int privacy_filter(const struct privacy *p, struct filter *f, struct filter_error *error);

#endif
