/*
 * api_stats - what the store holds and how the probe is.
 */
#include "probe/web/api_context.h"

static bool on_newest(void *ctx, const void *record)
{
    struct api_context *c = ctx;

    record_write_alone(&c->json, c->listed, record);
    c->rows++;
    return false;
}

typedef int query_newest_fn(struct query *q, size_t limit, query_row_fn row, void *ctx);

/* The newest record of its type, or null. */
static int write_newest(struct api_context *c, const char *key, const struct record_type *type,
                        query_newest_fn *query)
{
    int err;

    c->listed = type;
    c->rows = 0;
    jsonw_key(&c->json, key);
    err = query(c->api->query, 1, on_newest, c);
    if (c->rows == 0)
        jsonw_null(&c->json);
    return err;
}

static void write_totals(struct jsonw *j, const struct store_totals *totals)
{
    jsonw_object_open(j);
    api_write_key_int(j, "calls", (int64_t)totals->calls);
    api_write_key_int(j, "alerts", (int64_t)totals->alerts);
    api_write_key_int(j, "days", (int64_t)totals->days);
    api_write_key_int(j, "bytes", (int64_t)totals->bytes);
    api_write_key_time(j, "first_time", totals->first_time);
    api_write_key_time(j, "last_time", totals->last_time);
    jsonw_object_close(j);
}

void api_stats_get(struct api_context *c)
{
    struct jsonw *j = &c->json;
    struct store_totals totals;
    int err = query_totals(c->api->query, &totals);

    if (err) {
        api_fail_store(c, err);
        return;
    }
    jsonw_object_open(j);
    api_write_key_text(j, "version", SLICE(EARSHOT_VERSION));
    jsonw_key(j, "store");
    write_totals(j, &totals);
    err = write_newest(c, "capture", &record_type_capture, query_captures);
    if (err == 0)
        err = write_newest(c, "mirror", &record_type_mirror, query_mirrors);
    jsonw_key(j, "live");
    jsonw_bool(j, atomic_load(c->api->options.live));
    jsonw_key(j, "listen");
    jsonw_bool(j, c->api->options.sound != NULL);
    jsonw_object_close(j);
    if (err)
        api_fail_store(c, err);
    else
        api_finish_json(c);
}
