/*
 * privacy_field - one text of a record masked, as its class has it; alone or within JSON.
 *
 * Thread  Pure functions; in place.
 */
#ifndef ANALYZER_PRIVACY_PRIVACY_FIELD_H
#define ANALYZER_PRIVACY_PRIVACY_FIELD_H

#include "analyzer/privacy/privacy_record.h"

/* is_nobody: of PRIVACY_SUBJECT, it is no person's. seen: not NULL. */
void privacy_mask_field(const struct privacy *p, enum privacy_class what, bool is_nobody,
                        char *text, size_t len, struct mask_seen *seen);

/* Only within strings: what stands outside of them must stay JSON. sweep: the second time, for numbers that
 * were found anywhere. */
void privacy_mask_json(const struct privacy *p, char *text, size_t len, bool sweep,
                       struct mask_seen *seen);

/* Where the string that begins behind text[at − 1] ends: at its quote, or len. */
size_t privacy_string_end(const char *text, size_t len, size_t at);

/* Facts whose subject is a destination, an address, a word. */
bool privacy_field_names_nobody(struct slice fact);

#endif
