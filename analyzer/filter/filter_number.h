/*
 * filter_number - a number as a person writes it in a filter: 3.5, 5%, 250ms, 1h30min.
 *
 * Thread  Pure functions.
 */
#ifndef ANALYZER_FILTER_FILTER_NUMBER_H
#define ANALYZER_FILTER_FILTER_NUMBER_H

#include "analyzer/base/strbuf.h"

struct filter_amount {
    double value;     /* in what was asked for */
    double low, high; /* of what would be rounded to it, as far as it is written; 0 is 0 */
    bool has_unit;
};

enum filter_number_parse {
    FILTER_NUMBER_OK,
    FILTER_NUMBER_NONE,     /* no digits, or something behind them that is no unit at all */
    FILTER_NUMBER_TOO_LONG, /* over 15 digits: a double would not hold it */
    FILTER_NUMBER_UNIT,     /* a unit that does not fit; `word` is it */
};

/* unit: of a number that has none, "" or NULL: none may be there, "%": a ratio, else one of time.
 * scale: value of 1 of that unit. Several numbers stand in a row if each has its unit of time. */
enum filter_number_parse filter_number_parse(struct slice text, const char *unit, double scale,
                                             struct filter_amount *amount, struct slice *word);

/* The digits that filter_number_parse with these reads as this very value; false: none of its
 * units does (it came from a half step), and what was added is as near as 15 digits are. */
bool filter_number_print(struct strbuf *out, double value, const char *unit, double scale);

#endif
