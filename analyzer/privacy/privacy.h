/*
 * privacy - what of people is written down: as it is, cut, or under another name.
 *
 * One plain value, made from the configuration before a run; everything in this room is a pure
 * function of it. All that is masked keeps its length, so texts are masked in place, in messages, in
 * packets and in records alike, and the same name or number looks the same in all of them.
 *
 * Ownership  A plain value; it holds the key, so whoever copies it holds the key too.
 * Thread     Pure functions; safe anywhere.
 */
#ifndef ANALYZER_PRIVACY_PRIVACY_H
#define ANALYZER_PRIVACY_PRIVACY_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/slice.h"

enum privacy_way { PRIVACY_CLEAR, PRIVACY_REDACT, PRIVACY_PSEUDONYM };

/* Bits of privacy.blank. */
enum privacy_blank {
    PRIVACY_BLANK_DIGEST = 1, /* answers to a challenge: what a password can be guessed from */
    PRIVACY_BLANK_SDES = 2,   /* keys of SRTP in SDP */
    PRIVACY_BLANK_DTMF = 4,   /* keys that people press */
    PRIVACY_BLANK_MESSAGE = 8 /* what people write each other */
};

enum {
    PRIVACY_KEY_MIN = 32,          /* bytes of a key */
    PRIVACY_PSEUDONYM_DIGITS = 8,  /* of a number that are replaced, from its end */
    PRIVACY_DIGITS_MAX = 32,       /* that redact can hide */
    PRIVACY_NUMBER_DIGITS_MIN = 7, /* a number of fewer is not looked for where none is expected */
};

struct privacy {
    uint8_t numbers, names; /* enum privacy_way */
    uint8_t digits;         /* that redact hides, 1 to PRIVACY_DIGITS_MAX */
    uint8_t blank;          /* enum privacy_blank */
    struct siphash_key number_key, name_key;
};

/* Is anything masked or blanked at all? */
static inline bool privacy_is_on(const struct privacy *p)
{
    return p->numbers || p->names || p->blank;
}

static inline bool privacy_masks(const struct privacy *p)
{
    return p->numbers || p->names;
}

/* From PRIVACY_KEY_MIN bytes or more, all of which count. */
void privacy_set_key(struct privacy *p, struct slice key);

#endif
