/*
 * query_where - what is asked of a table as a WHERE clause with bound values.
 */
#ifndef STORAGE_QUERY_WHERE_H
#define STORAGE_QUERY_WHERE_H

#include "analyzer/base/strbuf.h"
#include "storage/query.h"

struct sqlite3_stmt;

enum { QUERY_BINDS_MAX = 16 };

struct query_bind {
    enum { QUERY_BIND_INT, QUERY_BIND_TEXT } kind;
    int64_t number;
    struct slice text;
};

struct query_where {
    struct strbuf sql; /* " WHERE …", empty when everything matches */
    struct query_bind binds[QUERY_BINDS_MAX];
    size_t count;
};

/* Borrows the filter's texts. −ENOMEM. */
int query_where_make_kpis(struct query_where *where, const struct kpi_filter *filter);

/* What is bound to the next parameter of a clause that the caller has written. */
void query_where_bind_id(struct query_where *where, uint64_t id);

/* A condition that the caller has written, as "method = ?", with the text that is bound to it. */
void query_where_text(struct query_where *where, const char *condition, struct slice text);

void query_where_fini(struct query_where *where);

/* Only rows below the cursor; for the cursor's own day. */
void query_where_before(struct query_where *where, uint64_t before);

/* Only rows from the one id to before the other. */
void query_where_from(struct query_where *where, uint64_t from, uint64_t until);

/* Binds from the first parameter on; 0 or an SQLite error code. */
int query_where_bind(const struct query_where *where, struct sqlite3_stmt *s);

#endif
