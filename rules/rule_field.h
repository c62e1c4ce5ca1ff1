/*
 * rule_field - a field of a record as a rule names it, and the bytes that tell one value from another.
 *
 * By its name in docs/METRICS.md ('.', '_' and '-' are one); of an address `.ip` leaves the port out,
 * of a user or number `.shape` says what it looks like ("+49 and 10 digits", "11 digits", "letters",
 * "anonymous"), so that strangers' numbers become a few groups. `trunk` of a call is the one that it
 * went to, or else came from.
 *
 * Thread  Pure.
 */
#ifndef RULES_RULE_FIELD_H
#define RULES_RULE_FIELD_H

#include "analyzer/base/strbuf.h"
#include "analyzer/record.h"

enum rule_view {
    RULE_VIEW_WHOLE,
    RULE_VIEW_IP,
    RULE_VIEW_SHAPE,
    RULE_VIEW_TRUNK /* of calls, "trunk": trunk_out, or else trunk_in */
};

struct rule_field {
    const struct record_field *field; /* NULL: none */
    uint8_t view;                     /* enum rule_view */
};

/* Longer texts are one value with those that begin alike; nothing real is that long. */
enum { RULE_FIELD_KEY_MAX = 1024 };

/* False: there is none of that name. */
bool rule_field_find(struct rule_field *out, const struct record_type *type, struct slice name);

/* What is meant by a name that there is none of; NULL: nothing near. */
const char *rule_field_nearest(const struct record_type *type, struct slice name);

/* May a rule group by it? Only what takes few values: no ids, times, measures, Call-IDs, tags. */
bool rule_field_is_groupable(const struct rule_field *f, const struct record_type *type);

/* Of one that is not groupable: what to group by instead, "src.ip, trunk_in"; never NULL. */
const char *rule_field_instead(const struct rule_field *f, const struct record_type *type);

/* Has it values that can be told apart and counted (distinct, repeats, top)? Of a measured one those are
 * the stretches 1 to 2, 2 to 5, 5 to 10 and so on. */
bool rule_field_has_key(const struct rule_field *f);

/* Has it a value for rule_field_number? */
bool rule_field_is_number(const struct rule_field *f);

/* The bytes of its value, lent from the record or `room`, which is emptied first; absent: not known. */
struct slice rule_field_key(const struct rule_field *f, const void *record, struct strbuf *room);

/* Those bytes as a person reads them, printable, at most RULE_GROUP_TEXT_MAX bytes. */
void rule_field_write(const struct rule_field *f, struct slice key, struct strbuf *out);

/* "dst.ip" */
void rule_field_name(const struct rule_field *f, struct strbuf *out);

/* Whether a person who writes `name` means this one: "dst_ip" is "dst.ip". */
bool rule_field_is_called(const struct rule_field *f, struct slice name);

/* The value as a number; NaN: not known or none. A bool is 0 or 1, a time its seconds since 1970. */
double rule_field_number(const struct rule_field *f, const void *record);

#endif
