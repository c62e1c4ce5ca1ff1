/*
 * search_fields - which fields of a call have a column in the index, and by which number.
 *
 * A field that a filter can name and that is not here is looked at in the rows that the rest of the
 * filter leaves: URIs and tags, which would take more room than all others together.
 */
#ifndef STORAGE_SEARCH_SEARCH_FIELDS_H
#define STORAGE_SEARCH_SEARCH_FIELDS_H

#include "analyzer/record.h"

enum {
    SEARCH_VERSION = 1,   /* of the columns' form and of these numbers */
    SEARCH_IDS = 0,       /* the column of the calls' own ids */
    SEARCH_FIELDS = 59,   /* numbers are below */
    SEARCH_PLACE_BITS = 8 /* of search_columns.place, for the number */
};

struct search_field {
    const char *member;    /* of the call record; NULL: SEARCH_IDS */
    const char *names_key; /* of JSON arrays of objects: what of them is searched for */
    uint8_t leans_on;      /* a text that is often the same; 0: none */
    bool is_head;          /* its first bytes alone */
};

/* By number. */
extern const struct search_field search_fields[SEARCH_FIELDS];

/* The number of a field of the call record; −1: it has no column. */
int search_field_number(const struct record_field *field);

#endif
