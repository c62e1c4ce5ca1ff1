/*
 * number_forms - the ways in which one phone number is written, found in any text.
 *
 * Digits count, wherever '+', blanks and the separators - . ( ) / stand between them, %-escaped or not.
 * With a dial plan the number is known in E.164, and these are its forms:
 *
 *     …4930123456    whatever stands before: +, 00, a prefix for an outside line
 *     030123456      as it is dialled within its country, and what the plan's rules make of it:
 *                    the whole number
 *
 * Without one the number is what was given without '+' and leading zeros, at least seven digits, and
 * every number that ends so is meant.
 *
 * Ownership  A plain value.
 * Thread     Pure functions.
 */
#ifndef STORAGE_UPKEEP_NUMBER_FORMS_H
#define STORAGE_UPKEEP_NUMBER_FORMS_H

#include "analyzer/base/slice.h"

struct plan;
struct privacy;

enum { NUMBER_FORMS_MAX = 32, NUMBER_FORM_DIGITS = 24, NUMBER_FORM_DIGITS_MIN = 7 };

struct number_form {
    char digits[NUMBER_FORM_DIGITS + 1];
    uint8_t len;
    bool is_whole; /* no digit stands before it */
};

struct number_forms {
    struct number_form forms[NUMBER_FORMS_MAX];
    size_t count;
};

/* plan NULL: none is known. 0; −EINVAL: no number, or none that the plan can tell; −ERANGE: too few
 * digits to be told from others, or too many. */
int number_forms_make(struct number_forms *out, struct slice number, const struct plan *plan);

/* The pseudonyms of all forms, too. */
void number_forms_add_pseudonyms(struct number_forms *f, const struct privacy *privacy);

/* How often the text names the number. */
size_t number_forms_count(const struct number_forms *f, struct slice text);

/* Its digits become X. Returns how often. */
size_t number_forms_blank(const struct number_forms *f, char *text, size_t len);

#endif
