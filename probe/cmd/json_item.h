/*
 * json_item - looks into the JSON that a record carries: its arrays of objects, key by key.
 *
 * For JSON of our own making, which may have come through a damaged store: what does not fit is the
 * end, never a fault.
 *
 * Ownership  Items borrow from the JSON.
 * Thread     Pure functions.
 */
#ifndef PROBE_CMD_JSON_ITEM_H
#define PROBE_CMD_JSON_ITEM_H

#include "analyzer/base/strbuf.h"
#include "analyzer/record.h"

/* Takes the next element off an array, which loses its '[' with the first; false at the end. */
bool json_item_next(struct slice *array, struct slice *item);

/* The value of a key of an object, as it stands there: quoted texts, numbers, objects, arrays. Absent
 * when it is not there or null. */
struct slice json_item_get(struct slice object, const char *key);

/* NaN when it is no number. */
double json_item_number(struct slice object, const char *key);

/* Seconds since 1970 as nanoseconds; RECORD_NONE for NaN, and for a time that no clock shows. */
int64_t json_item_time(double seconds);

/* What a text says, made fit for a terminal; nothing for what is no text. */
void json_item_add_text(struct strbuf *out, struct slice value);

#endif
