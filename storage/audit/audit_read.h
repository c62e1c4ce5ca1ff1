/*
 * audit_read - lines of the trail, the newest first, page by page.
 *
 * Thread  Any. Reads backwards from the end; a page looks at AUDIT_PAGE_SCAN_BYTES at most, and the next
 *         one goes on behind them.
 * Errors  −errno; a store without a trail has no lines.
 */
#ifndef STORAGE_AUDIT_AUDIT_READ_H
#define STORAGE_AUDIT_AUDIT_READ_H

#include "storage/audit/audit_line.h"

enum { AUDIT_PAGE_SCAN_BYTES = 32 << 20 };

/* Absent slices: any. */
struct audit_query {
    struct slice user, deed;
    struct slice call;    /* Earshot's id of it, or its Call-ID */
    int64_t since, until; /* ns; INT64_MIN: open */
    size_t limit;         /* 0: none, and the whole trail is looked at */
    uint64_t before;      /* the cursor; 0: from the newest */
};

/* False: enough. What is lent is so until it returns. */
typedef bool audit_row_fn(void *ctx, const struct audit_line *line);

/* *next: the cursor of the page behind; 0: there is none. */
int audit_read(const char *store_dir, const struct audit_query *query, audit_row_fn *row, void *ctx,
               uint64_t *next);

#endif
