/*
 * json_item - looks into small JSON of our own making, arrays of objects, key by key.
 *
 * It may have come through a damaged store: what does not fit is the
 * end, never a fault.
 *
 * Ownership  Items borrow from the JSON.
 * Thread     Pure functions.
 */
#ifndef ANALYZER_BASE_JSON_ITEM_H
#define ANALYZER_BASE_JSON_ITEM_H

#include "analyzer/base/strbuf.h"

/* Takes the next element off an array, which loses its '[' with the first; false at the end. */
bool json_item_next(struct slice *array, struct slice *item);

/* Takes the next member off an object, which loses its '{' with the first; the name without its
 * quotes, as it stands there. False at the end. */
bool json_item_next_member(struct slice *object, struct slice *name, struct slice *value);

/* The value of a key of an object, as it stands there: quoted texts, numbers, objects, arrays. Absent
 * when it is not there or null. */
struct slice json_item_get(struct slice object, const char *key);

/* NaN when it is no number. */
double json_item_number(struct slice object, const char *key);

/* Seconds since 1970 as nanoseconds; INT64_MIN for NaN, and for a time that no clock shows. */
int64_t json_item_time(double seconds);

/* True for the value true alone. */
bool json_item_is_true(struct slice object, const char *key);

/* What a text says, as its writer had it; nothing for what is no text. */
void json_item_add_raw(struct strbuf *out, struct slice value);

/* The same made fit for a terminal. */
void json_item_add_text(struct strbuf *out, struct slice value);

#endif
