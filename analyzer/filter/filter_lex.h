/*
 * filter_lex - a filter's text in words: what stands next, field names, operators, values.
 *
 * Ownership  Borrows the text and the error; what quotes held is unescaped into `memory`, which has
 *            room for as many bytes as the text.
 * Errors     −EINVAL and the error filled.
 */
#ifndef ANALYZER_FILTER_FILTER_LEX_H
#define ANALYZER_FILTER_FILTER_LEX_H

#include "analyzer/filter/filter.h"

struct filter_lex {
    struct slice text;
    size_t at;
    char *memory;
    size_t used;
    struct filter_error *error;
};

enum filter_token {
    FILTER_TOKEN_END,
    FILTER_TOKEN_OPEN,
    FILTER_TOKEN_CLOSE,
    FILTER_TOKEN_OR,
    FILTER_TOKEN_AND,
    FILTER_TOKEN_NOT,
    FILTER_TOKEN_WORD
};

enum filter_operator {
    FILTER_IS,    /* : */
    FILTER_EQUAL, /* = == */
    FILTER_UNEQUAL,
    FILTER_LESS,
    FILTER_AT_MOST,
    FILTER_MORE,
    FILTER_AT_LEAST
};

/* Where a word stands, in bytes. */
struct filter_place {
    size_t at, len;
};

struct filter_value {
    struct slice text; /* without quotes, escapes and stars */
    bool star_before, star_after, is_quoted;
    struct filter_place place;
};

/* What comes behind the blanks; lex->at stands before it. */
enum filter_token filter_lex_peek(struct filter_lex *lex, struct filter_place *place);

/* At a word: whether it is a field with its operator, which it then takes. `place` is of the name;
 * the operator ends at lex->at. */
bool filter_lex_take_field(struct filter_lex *lex, struct filter_place *place,
                           enum filter_operator *operator_);

/* A value that ends at a blank, a parenthesis that it did not open, or in a list at a comma; nothing
 * there is an empty one without quotes. */
int filter_lex_take_value(struct filter_lex *lex, bool is_list, struct filter_value *value);

/* −EINVAL, with the sentence and the place in characters. */
int filter_lex_fail(const struct filter_lex *lex, struct filter_place place, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* A stranger's word as a sentence quotes it: short and fit for a terminal. */
struct filter_shown {
    char text[64];
};
struct filter_shown filter_lex_show(struct slice word);

#endif
