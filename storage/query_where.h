/*
 * query_where - a call_filter as a WHERE clause with bound values.
 */
#ifndef STORAGE_QUERY_WHERE_H
#define STORAGE_QUERY_WHERE_H

#include "analyzer/base/strbuf.h"
#include "storage/query.h"

struct sqlite3_stmt;

enum { QUERY_BINDS_MAX = 40, QUERY_SCRATCH_MAX = 6 };

struct query_bind {
    enum { QUERY_BIND_INT, QUERY_BIND_REAL, QUERY_BIND_TEXT } kind;
    int64_t number;
    double real;
    struct slice text;
};

struct query_where {
    struct strbuf sql; /* " WHERE …", empty when everything matches */
    struct query_bind binds[QUERY_BINDS_MAX];
    size_t count;
    struct strbuf scratch[QUERY_SCRATCH_MAX]; /* the ends of text ranges */
    size_t scratch_count;
    /* On a column that days of an older version lack: none of their rows matches. Of several, the
     * one that came last. NULL: none. */
    const char *new_column;
};

/* How the `text` of a filter is to be understood. */
enum query_text { QUERY_TEXT_NONE, QUERY_TEXT_CALL_ID, QUERY_TEXT_IP, QUERY_TEXT_PART };

/* Borrows the filter's texts. −EINVAL: `ip` is no address. −ENOMEM. */
int query_where_make(struct query_where *where, const struct call_filter *filter,
                     enum query_text text);
int query_where_make_kpis(struct query_where *where, const struct kpi_filter *filter);

/* What is bound to the next parameter of a clause that the caller has written. */
void query_where_bind_id(struct query_where *where, uint64_t id);

void query_where_fini(struct query_where *where);

/* Only rows below the cursor; for the cursor's own day. */
void query_where_before(struct query_where *where, uint64_t before);

/* Binds from the first parameter on; 0 or an SQLite error code. */
int query_where_bind(const struct query_where *where, struct sqlite3_stmt *s);

#endif
