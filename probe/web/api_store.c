/*
 * api_store - what the store takes, and how the probe says that it does.
 */
#include "probe/web/api_context.h"
#include "storage/upkeep/store_report.h"

#include <errno.h>
#include <stdlib.h>

/* Days that nobody writes to are looked at once: what is known of them is kept between requests. */
static int measure(struct api *a, struct store_record *now)
{
    if (!a->size) {
        a->size = malloc(sizeof *a->size);
        if (!a->size)
            return -ENOMEM;
        store_size_init(a->size, a->options.store_dir);
    }
    return store_report_measure(now, a->size);
}

static bool on_newest(void *ctx, const void *record)
{
    struct api_context *c = ctx;

    record_write_alone(&c->json, &record_type_store, record);
    c->rows++;
    return false;
}

void api_store_get(struct api_context *c)
{
    struct jsonw *j = &c->json;
    struct store_record now;
    int err = measure(c->api, &now);

    if (err == 0) {
        jsonw_object_open(j);
        jsonw_key(j, "now");
        record_write_alone(j, &record_type_store, &now);
        jsonw_key(j, "newest");
        err = query_stores(c->api->query, 1, on_newest, c);
        if (c->rows == 0)
            jsonw_null(j);
        jsonw_object_close(j);
    }
    if (err)
        api_fail_store(c, err);
    else
        api_finish_json(c);
}
