/*
 * query_scan - rows that are looked at in some of their columns, newest first, and rows fetched by their ids.
 *
 * A question of a hundred thousand rows looks at the few columns that decide, and fetches whole what is
 * shown of them.
 *
 * Ownership  Records handed to a row function are lent for that call; fields that were not asked for are
 *            unknown.
 * Errors     As query.h.
 */
#ifndef STORAGE_QUERY_SCAN_H
#define STORAGE_QUERY_SCAN_H

#include "storage/query.h"

enum { QUERY_SCAN_FIELDS_MAX = 24, QUERY_SCAN_TEXTS_MAX = 4 };

struct query_scan {
    const struct record_type *type;
    const char *const
        *fields; /* by name; the id comes by itself. NULL behind the last; NULL: all */
    /* Conditions as "method = ?", with their texts; absent texts ask for nothing. */
    struct {
        const char *condition;
        struct slice text;
    } texts[QUERY_SCAN_TEXTS_MAX];
    uint64_t before;      /* a cursor; 0: from the newest */
    int64_t since, until; /* ns of the ids, until not included; RECORD_NONE: open */
    size_t rows_max;      /* that are handed over; 0: all */
    query_row_fn row;
    void *ctx;
};

/* *cut, unless NULL: rows_max was reached, there may be more. */
int query_scan_rows(struct query *q, const struct query_scan *scan, bool *cut);

/* The row of that id, if there is one. */
int query_scan_one(struct query *q, const struct record_type *type, uint64_t id, query_row_fn row,
                   void *ctx);

#endif
