/*
 * search - the calls that a filter means: over all days, page by page, in the order of any column.
 *
 * Calls lie in blocks of some 16,384 by id, and each block has its searchable fields column by
 * column (search_columns.h): a filter is answered from the columns that it names, and the rows
 * of the page alone are read. Calls that are in no block yet, or that changed since theirs was made,
 * are judged by their row; days of an older version likewise. All of these agree with filter_match.
 *
 * A search for a whole Call-ID goes by its own index and finds the call whatever the time.
 *
 * Order      By id, which is by time, or by the first member of a field; equal values by id in the
 *            same direction, unknown ones last in both.
 * Ownership  As in query.h: records are lent for the time of the row function.
 * Memory     A page's ids and one block's columns: under 8 MiB, however many calls there are.
 * Errors     −errno; −EINVAL: the cursor is none of this order; −EPROTO as in query.h. A day that
 *            cannot be read is missing from the answer and said in the log.
 */
#ifndef STORAGE_SEARCH_SEARCH_H
#define STORAGE_SEARCH_SEARCH_H

#include "analyzer/filter/filter.h"
#include "storage/query.h"

enum {
    SEARCH_CURSOR_MAX = 160, /* with the NUL */
    SEARCH_LIMIT_MAX = 10000 /* of a page in the order of a field; by id there is no limit */
};

struct search_request {
    const struct filter *filter;     /* NULL: every call */
    const struct filter_field *sort; /* one that is_sortable; NULL: by id */
    bool ascending;                  /* otherwise the newest or the largest first */
    struct slice cursor; /* search_end.cursor of the page before; empty: from the first */
    size_t limit;        /* rows; 0: all, or SEARCH_LIMIT_MAX in the order of a field */
};

struct search_end {
    char cursor
        [SEARCH_CURSOR_MAX]; /* of the next page, letters, digits and '.'; "": this is the last */
    uint64_t rows;           /* given */
    uint64_t looked_at;      /* calls that the answer rests on */
    uint64_t days_missing;   /* that could not be read */
    double took_ms;
};

/* struct call_record rows without their streams. A row function that returns false stops the search
 * behind that row, and *end has the cursor to go on. end may be NULL. */
int search_calls(struct query *q, const struct search_request *request, query_row_fn row, void *ctx,
                 struct search_end *end);

/* Return false to stop. */
typedef bool (*query_id_fn)(void *ctx, uint64_t id);

/* The same, ids alone: for what handles a whole result one call at a time. No database is held open
 * in a transaction while the function runs, so it may take its time and use `q` for other questions;
 * a call that is gone when its turn comes is for the caller to leave out. */
int search_ids(struct query *q, const struct search_request *request, query_id_fn each, void *ctx,
               struct search_end *end);

#endif
