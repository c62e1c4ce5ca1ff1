/*
 * mask - one number, one name, one user, one Call-ID made unreadable, in place and as long as it was.
 *
 * A number is digits with '+', and the separators - . ( ) and blanks of RFC 3966 between them; a digit
 * may be %-escaped. redact makes X of its last digits. A pseudonym puts other digits in the place of
 * its last eight (of all, when it has fewer): a keyed permutation, so no two numbers become one, and
 * +49 30 12345678, 004930… and 030… become numbers that end alike, as they did before.
 *
 * In a name the letters are replaced, and the digits too; "anonymous" and its like are left. A group of
 * five digits or more within a name is masked as a number.
 *
 * What was masked is remembered, so that it is found where nobody would look for it (mask_sweep).
 *
 * Ownership  Everything is the caller's.
 * Thread     Pure functions; safe anywhere.
 */
#ifndef ANALYZER_PRIVACY_MASK_H
#define ANALYZER_PRIVACY_MASK_H

#include "analyzer/privacy/privacy.h"

enum { MASK_SEEN_MAX = 32 };

/* The ends of numbers, up to eight digits each. */
struct mask_seen {
    uint8_t count;
    uint8_t digits[MASK_SEEN_MAX]; /* 7 or 8 */
    uint32_t ends[MASK_SEEN_MAX];
};

/* Digits with the signs above, at least one of them a digit? */
bool mask_is_number(struct slice text);

/* Remembers a number of PRIVACY_NUMBER_DIGITS_MIN digits or more. */
void mask_note(struct mask_seen *seen, struct slice number);

/* All of them take seen == NULL. */
void mask_number(const struct privacy *p, char *text, size_t len, struct mask_seen *seen);
void mask_name(const struct privacy *p, char *text, size_t len, struct mask_seen *seen);

/* A user part or a display name, whichever it is; parameters of a user (";phone-context=") too. */
void mask_user(const struct privacy *p, char *text, size_t len, struct mask_seen *seen);

/* What stands before the '@' of user@host, or all of it. */
void mask_user_at(const struct privacy *p, char *text, size_t len, struct mask_seen *seen);

/* In a Call-ID every group of 7 to 15 digits that no letter touches is taken for a number: it must look
 * the same wherever it stands, whatever stands around it. */
void mask_call_id(const struct privacy *p, char *text, size_t len);

/* Masks what was seen wherever else it stands in the text. Returns how often. */
size_t mask_sweep(const struct privacy *p, const struct mask_seen *seen, char *text, size_t len);

/* Letters and digits become x; all else stays. */
void mask_blank(char *text, size_t len);

#endif
