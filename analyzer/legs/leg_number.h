/*
 * leg_number - a user part in eight bytes, and how alike two of them are.
 *
 * One side writes 030 123456, the other +49 30 123456: what counts is how many digits agree from
 * the end. A user part that is no number is compared as a whole, by its hash.
 *
 * Source  RFC 3966 §5.1.1 (visual separators), RFC 3323 §4.1.1.3 (anonymous)
 */
#ifndef ANALYZER_LEGS_LEG_NUMBER_H
#define ANALYZER_LEGS_LEG_NUMBER_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/slice.h"

enum {
    LEG_NUMBER_DIGITS = 15, /* E.164's longest; of more the last ones are kept */
    LEG_NUMBER_TAIL = 7,    /* a subscriber's number in most plans: found again by these */
    LEG_NUMBER_FULL = 9,    /* with an area: by chance in a thousand millions */
    LEG_NUMBER_EXTENSION = 3,
};

/* In the upper four bits how many digits, their value below; 0 digits: the hash of a name. */
struct leg_number {
    uint64_t packed; /* 0: none, or withheld */
};

enum leg_likeness {
    LEG_UNKNOWN, /* one is not known, or one is a name and one a number */
    LEG_DIFFERENT,
    LEG_ENDS_ALIKE, /* an extension that the longer number ends with */
    LEG_SHORT,      /* equal, and too short to say much; or equal names */
    LEG_TAIL,       /* LEG_NUMBER_TAIL digits or more agree */
    LEG_EQUAL,      /* LEG_NUMBER_FULL or more, or all of TAIL or more on both sides */
    LEG_LIKENESS_COUNT
};

struct leg_number leg_number_of(const struct siphash_key *key, struct slice user);

enum leg_likeness leg_number_compare(struct leg_number a, struct leg_number b);

/* What both ways of writing it have in common: to find it again. 0: none. */
uint64_t leg_number_tail(struct leg_number n);

const char *leg_likeness_text(enum leg_likeness likeness);

#endif
