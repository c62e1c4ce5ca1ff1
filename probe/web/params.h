/*
 * params - the parameters of a request, checked against one table.
 *
 * The server hands them over split and percent-decoded ("name=value"); what they mean is a table:
 * to learn a parameter is to add a row. Whatever is not in the table, twice there or out of range
 * is refused with a sentence that names it, never ignored.
 *
 * Ownership  Slices point into the caller's fragments, the filter's too.
 * Thread     Pure functions.
 */
#ifndef PROBE_WEB_PARAMS_H
#define PROBE_WEB_PARAMS_H

#include "analyzer/base/strbuf.h"
#include "storage/query.h"

enum {
    PARAMS_MAX = 32,
    PARAMS_VALUE_MAX_BYTES = 512,
    PARAMS_LIMIT_MAX = 1000,
    PARAMS_LIMIT_DEFAULT = 100,
};

struct param {
    struct slice name, value;
};

struct params {
    struct param list[PARAMS_MAX];
    size_t count;
    bool too_many;
};

/* What a route accepts. */
enum params_set {
    PARAMS_NONE = 0,
    PARAMS_PAGE = 1,   /* limit, cursor */
    PARAMS_FILTER = 2, /* the filters of /calls */
};

/* One decoded fragment; an empty one (from "?" alone, or "&&") is nothing. */
void params_add(struct params *p, struct slice fragment);

/* An id as records print it: 16 hex digits, not all 0. */
bool params_parse_id(struct slice text, uint64_t *id);

/* True: the filter holds what was asked, `limit` set. False: `error` has one sentence. */
bool params_read(const struct params *p, unsigned accepted, struct call_filter *filter,
                 struct strbuf *error);

#endif
