#include "storage/query_scan.h"

#include "analyzer/record_id.h"
#include "storage/query_days.h"

#include <errno.h>

/* The places of the fields in the type's table; 0: one is not there. */
static size_t find_fields(const struct record_type *type, const char *const *names,
                          uint16_t *places)
{
    size_t n = 0;

    places[n++] = 0; /* the id */
    for (; *names && n < QUERY_SCAN_FIELDS_MAX; names++) {
        const struct record_field *field = record_field_find(type, slice_of_text(*names));

        if (!field)
            return 0;
        places[n++] = (uint16_t)(field - type->fields);
    }
    return n;
}

static void make_where(struct query_where *where, const struct query_scan *scan)
{
    int64_t since = scan->since == RECORD_NONE ? 0 : scan->since;
    int64_t until = scan->until == RECORD_NONE ? INT64_MAX : scan->until;

    if (scan->since != RECORD_NONE || scan->until != RECORD_NONE)
        query_where_from(where, record_id_make(since, 0),
                         until == INT64_MAX ? INT64_MAX : record_id_make(until, 0));
    for (size_t i = 0; i < QUERY_SCAN_TEXTS_MAX; i++) {
        if (scan->texts[i].condition && scan->texts[i].text.p)
            query_where_text(where, scan->texts[i].condition, scan->texts[i].text);
    }
}

int query_scan_rows(struct query *q, const struct query_scan *scan, bool *cut)
{
    uint16_t places[QUERY_SCAN_FIELDS_MAX];
    struct query_question question = { .table = query_days_table(scan->type),
                                       .before = scan->before,
                                       .limit = scan->rows_max,
                                       .row = scan->row,
                                       .ctx = scan->ctx };
    int err;

    if (scan->fields) {
        question.fields = places;
        question.field_count = find_fields(scan->type, scan->fields, places);
        if (question.field_count == 0)
            return -EINVAL;
    }
    err = query_days_refresh(q);
    if (err)
        return err;
    make_where(&question.where, scan);
    err = question.where.sql.failed
              ? -ENOMEM
              : query_days_ask_between(q, &question, scan->since, scan->until);
    query_where_fini(&question.where);
    if (cut)
        *cut = scan->rows_max && question.rows >= scan->rows_max;
    return err;
}

int query_scan_one(struct query *q, const struct record_type *type, uint64_t id, query_row_fn row,
                   void *ctx)
{
    struct query_question question = {
        .table = query_days_table(type), .limit = 1, .row = row, .ctx = ctx
    };
    int64_t time_ns = record_id_time_ns(id);
    int err = query_days_refresh(q);

    if (err)
        return err;
    query_where_from(&question.where, id, id + 1);
    err = question.where.sql.failed ? -ENOMEM
                                    : query_days_ask_between(q, &question, time_ns, time_ns);
    query_where_fini(&question.where);
    return err;
}
