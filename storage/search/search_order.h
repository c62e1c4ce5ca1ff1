/*
 * search_order - what comes before what in an answer, and the cursor that says how far it got.
 *
 * A key is the value that is sorted by and the call's id behind it: no two calls have the same. Of a
 * text its first bytes count, so that a cursor has an end.
 *
 * Thread     Pure.
 */
#ifndef STORAGE_SEARCH_SEARCH_ORDER_H
#define STORAGE_SEARCH_SEARCH_ORDER_H

#include "storage/search/search.h"

enum { SEARCH_KEY_BYTES = 48 };

enum search_key_kind { SEARCH_KEY_UNKNOWN, SEARCH_KEY_NUMBER, SEARCH_KEY_TEXT };

struct search_key {
    uint64_t id;
    double number;
    uint8_t kind, len;
    char text[SEARCH_KEY_BYTES];
};

struct search_order {
    const struct record_field *field; /* of a call; NULL: by id */
    bool ascending;
};

/* 0; −EINVAL: the field cannot be sorted by. */
int search_order_make(struct search_order *order, const struct filter_field *sort, bool ascending);

/* Under 0: a comes first. */
int search_order_compare(const struct search_order *order, const struct search_key *a,
                         const struct search_key *b);

/* The key without its id, of a value of the field; NaN and absent are unknown. */
void search_key_number(struct search_key *key, double value);
void search_key_text(struct search_key *key, struct slice value);
void search_key_addr(struct search_key *key, const struct addr *value);

void search_key_of_call(struct search_key *key, const struct search_order *order,
                        const struct call_record *call);

void search_cursor_print(const struct search_order *order, const struct search_key *key,
                         char out[SEARCH_CURSOR_MAX]);

/* 0; −EINVAL: not of this order. */
int search_cursor_parse(const struct search_order *order, struct slice text,
                        struct search_key *key);

#endif
