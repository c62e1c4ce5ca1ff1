/*
 * privacy_json - a record as JSON text, masked in place: what may be shown to somebody who is not to see
 * numbers and names.
 *
 * Records of the probe are masked field by field, by the table of privacy_record.h. Alerts are sentences
 * made of records: whatever their labels and their top offenders name of a person is looked for in all of
 * their texts. Of a line of "rules", the groups of rules that group by people.
 *
 * Nothing changes its length, and JSON stays JSON. What is not known here is masked as far as its keys and
 * its URIs tell.
 *
 * Thread  Pure functions.
 */
#ifndef ANALYZER_PRIVACY_PRIVACY_JSON_H
#define ANALYZER_PRIVACY_PRIVACY_JSON_H

#include "analyzer/privacy/privacy.h"

/* One that shows as little as can be: numbers without their last digits (as many as redact hides, where it
 * says so, 4 at least), names not at all. stored: how the store is masked; NULL: it is not. */
struct privacy privacy_of_viewer(const struct privacy *stored);

/* One object, like a line of the live feed; its "type" says what it is. Without memory everything in
 * it is blanked. */
void privacy_json(const struct privacy *p, char *text, size_t len);

#endif
