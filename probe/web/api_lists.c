/*
 * api_lists - records in pages, newest first, and the table of deviations.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/deviation_table.h"

/* One row more than the page holds is asked for: if it comes, there is a next page. */
static bool page_is_full(struct api_context *c, uint64_t id)
{
    if (c->rows == c->asked.limit) {
        c->more_rows = true;
        return true;
    }
    c->rows++;
    c->last_id = id;
    return false;
}

static bool on_listed(void *ctx, const void *record)
{
    struct api_context *c = ctx;
    const uint64_t *id = record_at(record, &c->listed->fields[0]);

    if (page_is_full(c, *id))
        return false;
    record = api_view_record(c, c->listed, record);
    if (record)
        record_write_alone(&c->json, c->listed, record);
    return !c->x->body.failed;
}

static void open_page(struct api_context *c, const char *key, const struct record_type *type)
{
    c->listed = type;
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, key);
    jsonw_array_open(&c->json);
}

static void close_page(struct api_context *c, int err)
{
    if (err) {
        api_fail_store(c, err);
        return;
    }
    jsonw_array_close(&c->json);
    jsonw_key(&c->json, "next");
    api_write_id(&c->json, c->more_rows ? c->last_id : 0);
    jsonw_object_close(&c->json);
    api_finish_json(c);
}

typedef int query_page_fn(struct query *q, uint64_t before, size_t limit, query_row_fn row,
                          void *ctx);

static void get_page(struct api_context *c, const char *key, const struct record_type *type,
                     query_page_fn *query)
{
    open_page(c, key, type);
    close_page(c, query(c->api->query, c->asked.before, c->asked.limit + 1, on_listed, c));
}

void api_lists_get_registrations(struct api_context *c)
{
    get_page(c, "registrations", &record_type_registration, query_registrations);
}

void api_lists_get_peers(struct api_context *c)
{
    get_page(c, "peers", &record_type_peer, query_peers);
}

void api_lists_get_security(struct api_context *c)
{
    get_page(c, "security", &record_type_security, query_security);
}

void api_lists_get_deviations(struct api_context *c)
{
    struct jsonw *j = &c->json;

    jsonw_object_open(j);
    jsonw_key(j, "deviations");
    jsonw_array_open(j);
    for (size_t i = 0; i < DEVIATION_COUNT; i++) {
        jsonw_object_open(j);
        api_write_key_text(j, "name", slice_of_text(deviation_rows[i].name));
        api_write_key_text(j, "sentence", slice_of_text(deviation_rows[i].sentence));
        api_write_key_text(j, "clause", slice_of_text(deviation_rows[i].clause));
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
    jsonw_object_close(j);
    api_finish_json(c);
}
