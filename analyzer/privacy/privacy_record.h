/*
 * privacy_record - a record as it may be written down.
 *
 * A table says of every text of every record type what it holds; one that the table does not know is a
 * failing test. Alerts are made of records that were masked already, so nothing of them is masked again.
 *
 * Ownership  The copy borrows from the record and from the scratch, until the scratch is used again.
 * Thread     One thread a scratch.
 */
#ifndef ANALYZER_PRIVACY_PRIVACY_RECORD_H
#define ANALYZER_PRIVACY_PRIVACY_RECORD_H

#include "analyzer/privacy/mask.h"
#include "analyzer/record.h"

enum privacy_class {
    PRIVACY_UNCLASSED, /* the table lacks it */
    PRIVACY_PLAIN,     /* Earshot's own words, or the configuration's */
    PRIVACY_TEXT,      /* a stranger's words: URIs in it, and numbers of the record */
    PRIVACY_USER,      /* a user part or a number */
    PRIVACY_USER_AT,   /* user@host */
    PRIVACY_URI,       /* a URI, or what a header said of one */
    PRIVACY_CALL_ID,
    PRIVACY_SUBJECT, /* of a fact: a user for most of them */
    PRIVACY_JSON,    /* its texts; keys tell which are users */
};

enum privacy_class privacy_class_of(const struct record_type *type,
                                    const struct record_field *field);

/* Of a field of that name in any type; the first that is not plain. PRIVACY_PLAIN: none. */
enum privacy_class privacy_class_of_key(struct slice key);
/* By its name; NULL: the table knows none. */
const struct record_type *privacy_type_of(struct slice name);

struct privacy_scratch {
    char *bytes;
    size_t room;
};

void privacy_scratch_fini(struct privacy_scratch *scratch);

/* The record itself where nothing is to be masked; a call's streams are copied with it. NULL without
 * memory: then it must not be written. */
const void *privacy_record(const struct privacy *p, const struct record_type *type,
                           const void *record, struct privacy_scratch *scratch);

#endif
