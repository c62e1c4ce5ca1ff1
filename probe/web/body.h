/*
 * body - the JSON object in the body of a request, checked against one table.
 *
 * Whatever is not in the table, is of another type or too long is refused with a sentence that names
 * it, never ignored.
 *
 * Ownership  Texts belong to the body until body_fini.
 * Thread     Pure functions.
 * Source     RFC 8259
 */
#ifndef PROBE_WEB_BODY_H
#define PROBE_WEB_BODY_H

#include "analyzer/base/strbuf.h"

enum { BODY_DEPTH_MAX = 8, BODY_FIELDS_MAX = 8 };

enum body_kind {
    BODY_TEXT,
    BODY_TIME,
    BODY_COUNT, /* a whole number, from 1 on */
    BODY_FLAG,
    BODY_WORDS, /* a list of short texts, without commas; of one field of a body at most */
};

struct body_field {
    const char *name;
    enum body_kind kind;
    bool is_needed;
    size_t max_bytes;   /* of a text, of all words with commas between them */
    struct slice *text; /* or its words so; absent: it is not there, or null */
    int64_t *number;    /* of a TIME ms since 1970, on the wire seconds; 0: not there, or null.
                         * Of a FLAG 1, 0, −1: not there, or null */
};

struct body {
    void *root;
    struct strbuf words;
};

/* Nothing at all is an empty object. False: `error` has one sentence; body_fini either way. */
bool body_read(struct body *b, struct slice text, const struct body_field *fields, size_t count,
               struct strbuf *error);
void body_fini(struct body *b);

#endif
