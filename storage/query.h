/*
 * query - what is found again: one call, alerts, ledgers, over all days, newest first. Calls by what
 * they are: storage/search/search.h.
 *
 * Opens the day databases read-only; a store that a probe is writing to is fine. Only prepared
 * statements with bound values.
 *
 * Ownership  query_open/close. Records handed to a row function are lent for that call.
 * Thread     One thread a struct query; open several.
 * Errors     −errno; −EPROTO when the store was made by a newer version.
 */
#ifndef STORAGE_QUERY_H
#define STORAGE_QUERY_H

#include "analyzer/record.h"

struct query;

/* Return false to stop. */
typedef bool (*query_row_fn)(void *ctx, const void *record);

int query_open(struct query **qp, const char *store_dir);
void query_close(struct query *q);

/* One struct call_record with its streams; −ENOENT when there is none. */
int query_call(struct query *q, uint64_t id, query_row_fn row, void *ctx);

/* `text` is an id in hex or a Call-ID (the newest call that has it). 0 or −ENOENT. */
int query_find_call(struct query *q, struct slice text, uint64_t *id);

/* struct alert_record rows, newest first. before: cursor as above; limit 0: all. */
int query_alerts(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx);

/* struct capture_record rows, newest first. */
int query_captures(struct query *q, size_t limit, query_row_fn row, void *ctx);

/* struct certificate_record rows, newest first. before: cursor as above; limit 0: all. */
int query_certificates(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx);

/* struct mirror_record rows, newest first. */
int query_mirrors(struct query *q, size_t limit, query_row_fn row, void *ctx);

/* struct store_record rows, newest first. */
int query_stores(struct query *q, size_t limit, query_row_fn row, void *ctx);

/*
 * The same of what days before version 4 lack: they have no rows of it.
 */

/* struct transaction_record, registration_record, peer_record, security_record rows. */
int query_transactions(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx);
int query_registrations(struct query *q, uint64_t before, size_t limit, query_row_fn row,
                        void *ctx);
int query_peers(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx);
int query_security(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx);

/* Which minutes of which groups. Zeroed texts: any; a text that is there and empty: the rows of all,
 * which have none. */
struct kpi_filter {
    int64_t since, until; /* of the minutes' beginnings, both inclusive; RECORD_NONE: open */
    struct slice trunk, direction, destination;
    uint64_t before; /* cursor as above */
    size_t limit;    /* 0: all */
};

/* struct kpi_record rows, newest first. */
int query_kpis(struct query *q, const struct kpi_filter *filter, query_row_fn row, void *ctx);

/* The newest minute that there is; RECORD_NONE: none. */
int query_newest_kpi(struct query *q, int64_t *time_ns);

/* Rows of any type that has a table of its own, oldest first: those whose ids lie from `from` to
 * before `until`, ns; of a call that is when it began, of a kpi or baseline its time. Calls come
 * without their streams. */
int query_range(struct query *q, const struct record_type *type, int64_t from, int64_t until,
                query_row_fn row, void *ctx);

enum { QUERY_LEG_CALLS_MAX = 16, QUERY_LEGS_MAX = 128 };

/* struct leg_record rows that tie the call to others, and those to others still: of up to
 * QUERY_LEG_CALLS_MAX calls, by time. None: it stands alone. */
int query_legs(struct query *q, uint64_t call, query_row_fn row, void *ctx);

struct store_totals {
    uint64_t calls, alerts, chunks, days, bytes;
    int64_t first_time, last_time; /* of the calls; RECORD_NONE when empty */
};
int query_totals(struct query *q, struct store_totals *totals);

#endif
