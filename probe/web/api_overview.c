/*
 * api_overview - what the whole network did in a window, beside the window before, from the minutes of the
 * store: no call is read.
 */
#include "probe/web/api_context.h"

#include "analyzer/kpi/kpi_id.h"
#include "analyzer/record_id.h"
#include "probe/web/latest_line.h"
#include "probe/web/overview_write.h"
#include "storage/query_kpis.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MINUTE_NS INT64_C(60000000000)

/* ---- reading ---- */

static bool on_all(void *ctx, const void *record)
{
    struct overview_view *v = ctx;

    overview_add_all(&v->o, record);
    return true;
}

static bool on_single(void *ctx, const struct kpi_single *row)
{
    struct overview_view *v = ctx;
    struct overview_group *g = overview_find(&v->o, row->key);
    int64_t settled = row->answered + row->failure + row->nos;
    const struct overview_counts minute = {
        .attempts = row->attempts,
        .answered = row->answered,
        .settled = settled,
        .effective = llround(row->ner_ratio * (double)settled),
        .ended = row->ended,
        .one_way = row->one_way,
        .judged = row->judged,
        .duration_s = row->duration_s,
    };
    struct slice names[3];

    if (row->key == v->all)
        return true;
    if (!g) {
        query_kpi_names(row, names);
        if (!names[0].p && !names[2].p)
            return true; /* all, under a strange id */
        g = overview_meet(&v->o, row->key, names);
    }
    v->failed = !g && !v->o.cut;
    if (g)
        overview_add_group(&v->o, g, row->time, &minute);
    return !v->failed;
}

static bool on_listed(void *ctx, const void *record)
{
    struct overview_view *v = ctx;

    v->failed = !overview_add_listed(&v->o, record);
    return !v->failed;
}

static bool on_ledger(void *ctx, const void *record)
{
    struct overview_view *v = ctx;

    observed_add(&v->observed, record);
    return true;
}

static size_t listed_keys(const struct overview *o, uint64_t *keys)
{
    const struct overview_list *const lists[] = { &o->trunks, &o->destinations };
    size_t n = 0;

    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->count; i++)
            keys[n++] = lists[l]->groups[i]->key;
    }
    return n;
}

static int read_minutes(struct query *q, struct overview_view *v)
{
    struct overview *o = &v->o;
    uint64_t listed[2 * OVERVIEW_LISTED_MAX];
    size_t count;
    int err;

    v->all =
        kpi_id_key(kpi_id_make(kpi_id_hash(SLICE_ABSENT, SLICE_ABSENT, SLICE_ABSENT), MINUTE_NS));
    err = query_kpi_groups(q, &v->all, 1, false, overview_all_from(o), o->until, on_all, v);

    if (err == 0)
        err = query_kpi_singles(q, overview_groups_from(o), o->until, on_single, v);
    if (err || v->failed)
        return err ? err : -ENOMEM;
    overview_rank(o);
    count = listed_keys(o, listed);
    err = query_kpi_groups(q, listed, count, true, o->from, o->until, on_listed, v);
    return err || !v->failed ? err : -ENOMEM;
}

static bool note_end(void *ctx, const void *record)
{
    const struct capture_record *ledger = record;
    int64_t *end = ctx;

    if (ledger->end_time != RECORD_NONE && (*end == RECORD_NONE || ledger->end_time > *end))
        *end = ledger->end_time;
    return true;
}

/* The window ends with the minute of `until`, else with the newest that is over: of the last packet or of a
 * minute's row. RECORD_NONE: there is nothing. */
static int find_end(struct api_context *c, int64_t *until)
{
    int64_t row = RECORD_NONE, packet = RECORD_NONE;
    int err = 0;

    *until = c->asked.until;
    if (*until == RECORD_NONE) {
        err = query_newest_kpi(c->api->query, &row);
        if (err == 0)
            err = query_captures(c->api->query, OBSERVED_SPANS_MAX, note_end, &packet);
        row = row == RECORD_NONE ? row : row + MINUTE_NS;
        packet = packet == RECORD_NONE ? packet : packet - packet % MINUTE_NS;
        *until = row > packet ? row : packet;
    } else {
        *until += (MINUTE_NS - *until % MINUTE_NS) % MINUTE_NS;
    }
    return err;
}

/* A store without a minute and without a packet. */
static void write_nothing(struct api_context *c)
{
    static const char nothing[] =
        "\"from\":null,\"until\":null,\"step_s\":null,\"totals\":null,\"before\":null,\"gaps\":[],"
        "\"series\":[],\"mos\":[],\"responses\":[],\"nos\":[],\"causes\":[],\"trunks\":[],"
        "\"destinations\":[],\"groups\":null,\"busy_hour\":null,\"now\":null";
    struct strbuf *out = c->json.out;

    strbuf_addf(out, "{\"minutes\":%u,%s,\"live\":%s,\"cut\":false}", c->asked.overview_minutes,
                nothing, atomic_load(c->api->options.live) ? "true" : "false");
}

static void write_whole(struct api_context *c, struct overview_view *v)
{
    bool live = atomic_load(c->api->options.live);
    struct strbuf stats = { 0 };

    if (live && c->api->options.stats)
        latest_line_add_to(c->api->options.stats, &stats);
    overview_write(v, live, strbuf_slice(&stats));
    strbuf_fini(&stats);
    api_finish_json(c);
}

static void answer(struct api_context *c, struct overview_view *v, int64_t until)
{
    int err = overview_init(&v->o, until, c->asked.overview_minutes);

    if (err) {
        api_fail_store(c, err);
        return;
    }
    err = query_captures(c->api->query, OBSERVED_SPANS_MAX, on_ledger, v);
    observed_join(&v->observed);
    if (err == 0)
        err = read_minutes(c->api->query, v);
    if (err == 0) {
        write_whole(c, v);
    } else {
        api_fail_store(c, err);
    }
    overview_fini(&v->o);
}

void api_overview_get(struct api_context *c)
{
    struct overview_view *v = calloc(1, sizeof *v);
    int64_t until;
    int err = v ? find_end(c, &until) : -ENOMEM;

    if (err) {
        api_fail_store(c, err);
    } else if (until == RECORD_NONE) {
        write_nothing(c);
        api_finish_json(c);
    } else {
        v->j = &c->json;
        answer(c, v, until);
        strbuf_fini(&v->texts);
    }
    free(v);
}
