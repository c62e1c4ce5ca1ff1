/*
 * filter_value - what a field is asked for, made a test: its text, its range, its network.
 *
 * Errors  −EINVAL and the error of the lexer filled.
 */
#ifndef ANALYZER_FILTER_FILTER_VALUE_H
#define ANALYZER_FILTER_FILTER_VALUE_H

#include "analyzer/filter/filter_lex.h"

struct filter_asked {
    const struct filter_field *field;
    enum filter_operator
        operator_;             /* FILTER_UNEQUAL is read as FILTER_EQUAL: the caller turns it */
    struct filter_place place; /* of the field's name */
    int64_t now_ns;
};

/* < <= > >= */
static inline bool filter_asked_compares(const struct filter_asked *asked)
{
    return asked->operator_ > FILTER_UNEQUAL;
}

/* "FIELD: 'WORD' is not EXPECTED, as in …" */
int filter_value_refuse(struct filter_lex *lex, const struct filter_asked *asked,
                        const struct filter_value *value, const char *expected);

/* "FIELD is KIND: it takes : = and !=, as in …" */
int filter_value_refuse_operator(struct filter_lex *lex, const struct filter_asked *asked,
                                 const char *kind);

/* Nothing asked for: everything open. */
void filter_value_clear(struct filter_test *test, const struct filter_field *field);

int filter_value_read(struct filter_lex *lex, const struct filter_asked *asked,
                      const struct filter_value *value, struct filter_test *test);

/* An address as FILTER_ADDR takes it; false: it is none. */
bool filter_value_is_addr(const struct filter_value *value, struct filter_test *test);

/* 16 hex digits. */
bool filter_value_is_id(struct slice text, uint64_t *id);

#endif
