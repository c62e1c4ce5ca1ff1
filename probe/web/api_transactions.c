/*
 * api_transactions - what was asked apart from calls: of all, or of one user, one source, one method.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "storage/query_scan.h"

/* What a page looks at. It may be shorter than its limit, and `next` goes on behind it. */
enum { LOOKED_AT_MAX = 300000 };

struct page {
    struct api_context *c;
    struct addr source;
    uint64_t ids[PARAMS_LIMIT_MAX];
    size_t count;
};

static bool is_wanted(const struct page *p, const struct transaction_record *row)
{
    const struct asked *asked = &p->c->asked;

    return (!asked->user.p || slice_eq(row->user, asked->user)) &&
           (!asked->method.p || slice_eq(row->method, asked->method)) &&
           (!asked->source.p || addr_ip_eq(&row->src, &p->source));
}

static bool on_looked_at(void *ctx, const void *record)
{
    const struct transaction_record *row = record;
    struct page *p = ctx;

    if (p->count == p->c->asked.limit) {
        p->c->more_rows = true;
        return false;
    }
    p->c->last_id = row->id;
    if (is_wanted(p, row))
        p->ids[p->count++] = row->id;
    return true;
}

static bool on_row(void *ctx, const void *record)
{
    struct api_context *c = ctx;

    record = api_view_record(c, &record_type_transaction, record);
    if (record)
        record_write_alone(&c->json, &record_type_transaction, record);
    return false;
}

static int look(struct page *p)
{
    static const char *const fields[] = { "user", "method", "src", NULL };
    const struct query_scan scan = { .type = &record_type_transaction,
                                     .fields = fields,
                                     .before = p->c->asked.before,
                                     .since = RECORD_NONE,
                                     .until = RECORD_NONE,
                                     .rows_max = LOOKED_AT_MAX,
                                     .row = on_looked_at,
                                     .ctx = p };
    bool cut = false;
    int err = query_scan_rows(p->c->api->query, &scan, &cut);

    p->c->more_rows = p->c->more_rows || cut;
    return err;
}

void api_transactions_get(struct api_context *c)
{
    struct page p = { .c = c };
    struct jsonw *j = &c->json;
    int err;

    if (api_view_refuses(c, "user", c->asked.user))
        return;
    if (c->asked.source.p)
        addr_parse_ip(c->asked.source, &p.source);
    err = look(&p);
    jsonw_object_open(j);
    jsonw_key(j, "transactions");
    jsonw_array_open(j);
    for (size_t i = 0; i < p.count && err == 0 && !j->out->failed; i++)
        err = query_scan_one(c->api->query, &record_type_transaction, p.ids[i], on_row, c);
    jsonw_array_close(j);
    jsonw_key(j, "next");
    api_write_id(j, c->more_rows ? c->last_id : 0);
    jsonw_object_close(j);
    if (err)
        api_fail_store(c, err);
    else
        api_finish_json(c);
}
