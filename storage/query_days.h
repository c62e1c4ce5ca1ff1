/*
 * query_days - the days of a store, asked one after the other: what all questions of query.h share.
 *
 * Days are asked from the newest to the oldest; the ids of a day all lie in that day, so the rows
 * come out in the order of their ids over all days. Connections are kept open: to open a day costs
 * a millisecond, and a search for a Call-ID asks every day there is.
 *
 * What one day cannot answer (its database is damaged, or was removed meanwhile) is missing from
 * the answer and said in the log; the other days answer. A day of an older version lacks tables that
 * it did not know of, and has no rows of them.
 *
 * Ownership  A day's reader is lent until the next query_days_use.
 * Errors     −errno.
 */
#ifndef STORAGE_QUERY_DAYS_H
#define STORAGE_QUERY_DAYS_H

#include "storage/query_where.h"
#include "storage/record_sql.h"

#include <sqlite3.h>
#include <sys/stat.h>

enum { READERS_MAX = 64 };

/* An open day. */
struct day_reader {
    sqlite3 *db; /* NULL: free */
    sqlite3_stmt *by_call_id, *call_by_id;
    sqlite3_stmt *search[4]; /* storage/search/search_block.c's */
    int32_t day;
    dev_t device; /* the file may have been replaced */
    ino_t inode;
    uint64_t used; /* the query's turn */
};

/* What was counted of a day, as long as its files stay as they were. */
struct day_totals {
    int32_t day;
    struct timespec changed[2]; /* database and WAL */
    off_t size[2];
    uint64_t calls, alerts, chunks;
    int64_t first_time, last_time;
};

struct query {
    char *store_dir;
    int32_t *days; /* as of the question being asked, oldest first */
    size_t day_count;
    struct day_reader readers[READERS_MAX];
    uint64_t turn;
    struct day_totals *totals;
    size_t total_count;
};

/* What is asked of each day. */
struct query_question {
    const struct record_table *table;
    const uint16_t *fields; /* places in the type's table; NULL: the whole record */
    size_t field_count;
    struct query_where where;
    uint64_t before;
    size_t limit; /* 0: all */
    bool oldest_first;
    query_row_fn row;
    void *ctx;
    size_t rows;
    bool stopped;
};

const struct record_table *query_days_table(const struct record_type *type);

/* The days there are now. */
int query_days_refresh(struct query *q);

int query_days_stat(const struct query *q, int32_t day, const char *file, struct stat *st);

/* The day, open; −ENOENT when there is nothing in it. */
int query_days_use(struct query *q, int32_t day, struct day_reader **rp);

/* What became of a day: 0 when the question goes on to the others. */
int query_days_result(struct query *q, int32_t day, int err);

/* Its rows of one day, in the order that is asked for. */
int query_days_ask_one(struct query_question *question, struct day_reader *r);

/* Its rows of all days in that range, newest first, as the cursor has it, or oldest first (without
 * one). */
int query_days_ask(struct query *q, struct query_question *question, int32_t first_day,
                   int32_t last_day);

/* The same of the days from one time to the other, ns; RECORD_NONE: without an end on that side. */
int query_days_ask_between(struct query *q, struct query_question *question, int64_t since,
                           int64_t until);

void query_days_close(struct query *q);

#endif
