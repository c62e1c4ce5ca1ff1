/*
 * api_trunks - what trunks and destinations did in a window, from the minutes of the store.
 */
#include "probe/web/api_context.h"

#include "probe/web/trunk_sums.h"

#include <errno.h>
#include <stdlib.h>

/* A day of a probe with some hundred trunks; more takes longer than anybody waits. */
enum { MINUTES_READ_MAX = 200000 };

#define MINUTE_NS 60000000000ll

struct window {
    struct trunk_sums sums;
    size_t rows;
    bool failed;
};

static bool on_minute(void *ctx, const void *record)
{
    struct window *w = ctx;

    if (w->rows++ == MINUTES_READ_MAX) {
        w->sums.cut = true;
        return false;
    }
    w->failed = !trunk_sums_add(&w->sums, record);
    return !w->failed;
}

static void write_groups(struct jsonw *j, const struct trunk_sums *sums,
                         const struct kpi_filter *window)
{
    struct strbuf texts = { 0 };

    jsonw_key(j, "groups");
    jsonw_array_open(j);
    for (size_t i = 0; i < sums->count && !j->out->failed; i++) {
        struct kpi_record k;

        trunk_sums_report(sums, i, &k, &texts);
        k.time = window->since;
        k.window_s = (window->until - window->since) / MINUTE_NS * 60 + 60;
        record_write_alone(j, &record_type_kpi, &k);
    }
    jsonw_array_close(j);
    strbuf_fini(&texts);
}

static void write_window(struct api_context *c, const struct window *w,
                         const struct kpi_filter *asked)
{
    struct jsonw *j = &c->json;
    bool any = asked->since != RECORD_NONE;

    jsonw_object_open(j);
    jsonw_key(j, "minutes");
    jsonw_int(j, c->asked.minutes);
    api_write_key_time(j, "from", asked->since);
    api_write_key_time(j, "until", any ? asked->until + MINUTE_NS : RECORD_NONE);
    write_groups(j, &w->sums, asked);
    if (w->sums.cut) {
        jsonw_key(j, "cut");
        jsonw_bool(j, true);
    }
    jsonw_object_close(j);
    api_finish_json(c);
}

/* The window ends with the minute of `until`, else with the newest that there is. */
static int find_window(struct api_context *c, struct kpi_filter *asked)
{
    int64_t last = c->asked.until;
    int err = last == RECORD_NONE ? query_newest_kpi(c->api->query, &last) : 0;

    *asked = (struct kpi_filter){ .since = RECORD_NONE, .until = RECORD_NONE };
    if (err || last == RECORD_NONE)
        return err;
    asked->until = last - last % MINUTE_NS;
    asked->since = asked->until - (c->asked.minutes - 1) * MINUTE_NS;
    return 0;
}

void api_trunks_get(struct api_context *c)
{
    struct window *w = calloc(1, sizeof *w);
    struct kpi_filter asked;
    int err = w ? trunk_sums_init(&w->sums) : -ENOMEM;

    if (err) {
        free(w);
        api_fail_store(c, err);
        return;
    }
    err = find_window(c, &asked);
    if (err == 0 && asked.since != RECORD_NONE)
        err = query_kpis(c->api->query, &asked, on_minute, w);
    if (err == 0 && w->failed)
        err = -ENOMEM;
    if (err == 0) {
        trunk_sums_sort(&w->sums);
        write_window(c, w, &asked);
    } else {
        api_fail_store(c, err);
    }
    trunk_sums_fini(&w->sums);
    free(w);
}
