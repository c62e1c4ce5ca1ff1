/*
 * api_security - scanners, fraud suspects and the careless, by source.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "probe/web/moment.h"
#include "probe/web/source_sums.h"
#include "storage/query_scan.h"

#include <errno.h>
#include <stdlib.h>

enum { ROWS_MAX = 100000, TARGET_ROWS_MAX = 200000, SHOWN_MAX = 200 };

#define HOUR_NS INT64_C(3600000000000)
#define DAY_NS  (24 * HOUR_NS)

struct sources {
    struct api_context *c;
    struct source_sums sums;
    struct source_sum *sum; /* that is being written */
    bool no_memory;
};

/* ---- what is added up ---- */

static bool on_fact(void *ctx, const void *record)
{
    struct sources *s = ctx;

    s->no_memory = !source_sums_add(&s->sums, record);
    return !s->no_memory;
}

/* A row is named after the first report of its day, and may have gone on since. */
static int read_facts(struct sources *s, int64_t until)
{
    const struct query_scan scan = { .type = &record_type_security,
                                     .since = s->sums.since - s->sums.since % DAY_NS,
                                     .until = until,
                                     .rows_max = ROWS_MAX,
                                     .row = on_fact,
                                     .ctx = s };
    bool cut = false;
    int err = query_scan_rows(s->c->api->query, &scan, &cut);

    s->sums.cut = s->sums.cut || cut;
    return err ? err : s->no_memory ? -ENOMEM : 0;
}

static void note_target(struct sources *s, struct slice source, struct slice target)
{
    struct source_sum *sum = source.len ? source_sums_find(&s->sums, source) : NULL;

    if (sum)
        source_texts_add(&sum->targets, target);
}

static bool on_registration(void *ctx, const void *record)
{
    const struct registration_record *row = record;

    note_target(ctx, row->source, row->registrar);
    return true;
}

static bool on_peer(void *ctx, const void *record)
{
    const struct peer_record *row = record;

    note_target(ctx, row->source, row->target);
    return true;
}

static bool on_call(void *ctx, const void *record)
{
    const struct call_record *call = record;
    struct sources *s = ctx;
    char text[ADDR_TEXT_MAX];

    source_texts_add(&s->sum->targets, slice_of(text, addr_format_ip(&call->dst, text)));
    return false;
}

/* Which hosts they went for: whom they asked to be registered, what they pinged, whom they called. */
static int read_targets(struct sources *s, int64_t until)
{
    static const char *const of_registration[] = { "source", "registrar", NULL };
    static const char *const of_peer[] = { "source", "target", NULL };
    struct query_scan scan = { .type = &record_type_registration,
                               .fields = of_registration,
                               .since = s->sums.since - s->sums.since % DAY_NS,
                               .until = until,
                               .rows_max = TARGET_ROWS_MAX,
                               .row = on_registration,
                               .ctx = s };
    int err;

    if (s->sums.count == 0)
        return 0;
    err = query_scan_rows(s->c->api->query, &scan, NULL);
    if (err)
        return err;
    scan.type = &record_type_peer;
    scan.fields = of_peer;
    scan.row = on_peer;
    return query_scan_rows(s->c->api->query, &scan, NULL);
}

/* ---- the answer ---- */

static void write_texts(struct jsonw *j, const char *key, const struct source_texts *texts)
{
    jsonw_key(j, key);
    jsonw_array_open(j);
    for (size_t i = 0; i < texts->count; i++)
        jsonw_text(j, slice_of(texts->text[i], texts->len[i]));
    jsonw_array_close(j);
}

static void write_kinds(struct jsonw *j, const struct source_sum *sum)
{
    jsonw_key(j, "kinds");
    jsonw_array_open(j);
    for (int kind = 0; kind < FACT_COUNT; kind++) {
        if (sum->kinds >> kind & 1)
            jsonw_text(j, fact_find((enum fact)kind)->name);
    }
    jsonw_array_close(j);
}

static bool on_evidence(void *ctx, const void *record)
{
    const struct sources *s = ctx;

    record = api_view_record(s->c, &record_type_security, record);
    if (record)
        record_write_alone(&s->c->json, &record_type_security, record);
    return false;
}

static void write_filter(struct jsonw *j, const struct source_sum *sum)
{
    struct strbuf text = { 0 };

    strbuf_add_text(&text, "src:");
    filter_print_text(&text, slice_of(sum->name, sum->name_len));
    api_write_key_text(j, "filter",
                       text.failed || !sum->name_len ? SLICE_ABSENT : strbuf_slice(&text));
    strbuf_fini(&text);
}

static int write_source(struct sources *s, struct source_sum *sum)
{
    struct jsonw *j = &s->c->json;
    size_t from = j->out->len;
    int err = 0;

    s->sum = sum;
    for (size_t i = 0; i < sum->call_count && err == 0; i++)
        err = query_scan_one(s->c->api->query, &record_type_call, sum->calls[i], on_call, s);
    jsonw_object_open(j);
    api_write_key_text(j, "src", sum->name_len ? slice_of(sum->name, sum->name_len) : SLICE_ABSENT);
    api_write_key_text(j, "trunk", sum->trunk[0] ? slice_of_text(sum->trunk) : SLICE_ABSENT);
    write_kinds(j, sum);
    api_write_key_int(j, "attempts", sum->attempts);
    jsonw_key(j, "distinct");
    if (sum->distinct == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_int(j, sum->distinct);
    api_write_key_time(j, "first", sum->first);
    api_write_key_time(j, "last", sum->last);
    jsonw_key(j, "going_on");
    jsonw_bool(j, sum->going_on);
    write_texts(j, "user_agents", &sum->agents);
    write_texts(j, "targets", &sum->targets);
    write_texts(j, "numbers", &sum->numbers);
    jsonw_key(j, "security");
    jsonw_array_open(j);
    for (size_t i = 0; i < sum->record_count && err == 0; i++)
        err = query_scan_one(s->c->api->query, &record_type_security, sum->records[i], on_evidence,
                             s);
    jsonw_array_close(j);
    write_filter(j, sum);
    jsonw_object_close(j);
    api_view_json(s->c, from);
    return err;
}

/* How many sources did each, and what each means. */
static void write_meanings(struct jsonw *j, const struct source_sums *sums)
{
    jsonw_key(j, "kinds");
    jsonw_array_open(j);
    for (int kind = 0; kind < FACT_COUNT; kind++) {
        const struct fact_rule *fact = fact_find((enum fact)kind);
        int64_t sources = 0;

        for (size_t i = 0; i < sums->count; i++)
            sources += sums->list[i]->kinds >> kind & 1;
        jsonw_object_open(j);
        api_write_key_text(j, "kind", fact->name);
        api_write_key_int(j, "sources", sources);
        api_write_key_text(j, "sentence", fact->sentence);
        api_write_key_text(j, "why", fact->why);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

static int write_sources(struct sources *s, uint32_t kinds)
{
    struct jsonw *j = &s->c->json;
    size_t shown = 0;
    int err = 0;

    source_sums_sort(&s->sums);
    jsonw_object_open(j);
    api_write_key_time(j, "from", s->sums.since);
    api_write_key_time(j, "until", s->sums.now);
    api_write_key_int(j, "sources_all", (int64_t)s->sums.count);
    write_meanings(j, &s->sums);
    jsonw_key(j, "sources");
    jsonw_array_open(j);
    for (size_t i = 0; i < s->sums.count && err == 0 && !j->out->failed; i++) {
        if (!(s->sums.list[i]->kinds & kinds))
            continue;
        if (shown++ == SHOWN_MAX) {
            s->sums.cut = true;
            break;
        }
        err = write_source(s, s->sums.list[i]);
    }
    jsonw_array_close(j);
    jsonw_key(j, "cut");
    jsonw_bool(j, s->sums.cut);
    jsonw_object_close(j);
    return err;
}

void api_security_get_sources(struct api_context *c)
{
    enum fact kind = c->asked.kind.p ? source_kind_parse(c->asked.kind) : FACT_COUNT;
    struct sources *s = calloc(1, sizeof *s);
    int64_t until = c->asked.until;
    int err = s ? 0 : -ENOMEM;

    if (c->asked.kind.p && kind == FACT_COUNT) {
        exchange_fail(c->x, 400,
                      "bad value of parameter 'kind': expected a fact, as scanner_agent");
        free(s);
        return;
    }
    if (err == 0 && until == RECORD_NONE) {
        err = moment_of_store(c->api->query, &until);
        until++; /* the newest packet is one of them */
    }
    if (err == 0)
        err = source_sums_init(&s->sums, until - (int64_t)c->asked.hours * HOUR_NS, until);
    if (err) {
        free(s);
        api_fail_store(c, err);
        return;
    }
    s->c = c;
    err = read_facts(s, until);
    if (err == 0)
        err = read_targets(s, until);
    if (err == 0)
        err = write_sources(s, kind == FACT_COUNT ? UINT32_MAX : UINT32_C(1) << kind);
    if (err)
        api_fail_store(c, err);
    else
        api_finish_json(c);
    source_sums_fini(&s->sums);
    free(s);
}
