/*
 * rewrap_args - a step as a person types it: name=value,option,option=value.
 *
 * Ownership  Borrows the text, and cuts it in place.
 * Errors     What cannot be used ends the program with status 2 and a word on stderr.
 */
#ifndef TESTS_SUPPORT_REWRAP_ARGS_H
#define TESTS_SUPPORT_REWRAP_ARGS_H

#include <stdbool.h>
#include <stdint.h>

enum { REWRAP_OPTIONS_MAX = 8 };

struct rewrap_args {
    const char *name, *value; /* value NULL: there is none */
    struct {
        const char *name, *value;
    } options[REWRAP_OPTIONS_MAX];
    int count;
};

void rewrap_args_split(struct rewrap_args *a, char *text);

bool rewrap_args_has(const struct rewrap_args *a, const char *option);
/* NULL when the option is not there; "" when it has no value. */
const char *rewrap_args_text(const struct rewrap_args *a, const char *option);
/* option NULL: the step's own value. What is missing is `otherwise`. */
int64_t rewrap_args_number(const struct rewrap_args *a, const char *option, int64_t low,
                           int64_t high, int64_t otherwise);
/* Percent; as rng.h has chances. */
uint64_t rewrap_args_chance(const struct rewrap_args *a, const char *option);
/* "1.2.3" or "1-3": how many there are, at least one and at most max. */
int rewrap_args_numbers(const struct rewrap_args *a, const char *option, char between, int64_t low,
                        int64_t high, int64_t *out, int max);

#endif
