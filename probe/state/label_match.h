/*
 * label_match - which alerts are meant, by their labels: "trunk=carrier-a severity=critical rule=sip-*".
 *
 * Words side by side must all hold; `!=` is not; a * at the end of a value is any rest; a value with
 * blanks stands in "". A label that an alert lacks is the empty text.
 *
 * Ownership  A plain value: it may be copied.
 * Thread     Pure.
 */
#ifndef PROBE_STATE_LABEL_MATCH_H
#define PROBE_STATE_LABEL_MATCH_H

#include "analyzer/base/slice.h"

enum { LABEL_MATCH_TEXT_MAX = 512, LABEL_MATCHES_MAX = 16, LABEL_MATCH_ERROR_MAX = 256 };

struct label_match {
    struct {
        uint16_t name, name_len, value, value_len; /* in `unquoted`; value without the star */
        bool is_not, is_prefix;
    } words[LABEL_MATCHES_MAX];
    size_t count;                        /* 0: every alert */
    char text[LABEL_MATCH_TEXT_MAX];     /* as it was given */
    char unquoted[LABEL_MATCH_TEXT_MAX]; /* names and values one behind the other */
};

/* 0; −EINVAL with a sentence that names the column. */
int label_match_parse(struct label_match *m, struct slice text, char error[LABEL_MATCH_ERROR_MAX]);

/* labels: the JSON object of an alert record. */
bool label_match_fits(const struct label_match *m, struct slice labels);

#endif
