/* A question is opened here, and lists of records are asked for. */
#include "storage/query_days.h"

#include "analyzer/record_id.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <stdlib.h>

int query_open(struct query **qp, const char *store_dir)
{
    struct query *q;
    int err = store_dir_check(store_dir);

    if (err)
        return err;
    q = calloc(1, sizeof *q);
    if (!q)
        return -ENOMEM;
    q->store_dir = strdup(store_dir);
    if (!q->store_dir) {
        free(q);
        return -ENOMEM;
    }
    *qp = q;
    return 0;
}

void query_close(struct query *q)
{
    if (!q)
        return;
    query_days_close(q);
    free(q->days);
    free(q->totals);
    free(q->store_dir);
    free(q);
}

static int ask_all(struct query *q, const struct record_type *type, uint64_t before, size_t limit,
                   query_row_fn row, void *ctx)
{
    struct query_question question = {
        .table = query_days_table(type), .before = before, .limit = limit, .row = row, .ctx = ctx
    };
    int err = query_days_refresh(q);

    if (err == 0)
        err = query_days_ask(q, &question, 0, INT32_MAX);
    query_where_fini(&question.where);
    return err;
}

int query_alerts(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_alert, before, limit, row, ctx);
}

int query_captures(struct query *q, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_capture, 0, limit, row, ctx);
}

int query_certificates(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_certificate, before, limit, row, ctx);
}

int query_transactions(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_transaction, before, limit, row, ctx);
}

int query_registrations(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_registration, before, limit, row, ctx);
}

int query_peers(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_peer, before, limit, row, ctx);
}

int query_security(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_security, before, limit, row, ctx);
}

int query_mirrors(struct query *q, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_mirror, 0, limit, row, ctx);
}

int query_stores(struct query *q, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_store, 0, limit, row, ctx);
}

int query_kpis(struct query *q, const struct kpi_filter *filter, query_row_fn row, void *ctx)
{
    struct query_question question = { .table = query_days_table(&record_type_kpi),
                                       .before = filter->before,
                                       .limit = filter->limit,
                                       .row = row,
                                       .ctx = ctx };
    int err = query_days_refresh(q);

    if (err == 0)
        err = query_where_make_kpis(&question.where, filter);
    if (err)
        return err;
    err = query_days_ask_between(q, &question, filter->since, filter->until);
    query_where_fini(&question.where);
    return err;
}

int query_range(struct query *q, const struct record_type *type, int64_t from, int64_t until,
                query_row_fn row, void *ctx)
{
    struct query_question question = {
        .table = query_days_table(type), .row = row, .ctx = ctx, .oldest_first = true
    };
    int err;

    if (until <= from)
        return 0;
    err = query_days_refresh(q);
    if (err)
        return err;
    query_where_from(&question.where, record_id_make(from, 0), record_id_make(until, 0));
    err = question.where.sql.failed ? -ENOMEM : 0;
    if (err == 0)
        err = query_days_ask_between(q, &question, from, until);
    query_where_fini(&question.where);
    return err;
}

static bool note_time(void *ctx, const void *record)
{
    const struct kpi_record *kpi = record;

    *(int64_t *)ctx = kpi->time;
    return false;
}

int query_newest_kpi(struct query *q, int64_t *time_ns)
{
    *time_ns = RECORD_NONE;
    return ask_all(q, &record_type_kpi, 0, 1, note_time, time_ns);
}
