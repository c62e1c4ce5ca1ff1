#include "probe/web/overview_write.h"

#include "analyzer/base/json_item.h"
#include "analyzer/filter/filter.h"
#include "probe/web/api_context.h"
#include "probe/web/cause_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_NS INT64_C(60000000000)
#define SECOND_NS INT64_C(1000000000)

enum { GAPS_MAX = 50 };

static void write_real(struct jsonw *j, const char *key, double value, int decimals)
{
    jsonw_key(j, key);
    jsonw_real(j, value, decimals);
}

static void write_int(struct jsonw *j, const char *key, int64_t value)
{
    jsonw_key(j, key);
    if (value == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_int(j, value);
}

static void write_text(struct jsonw *j, const char *key, const char *text)
{
    api_write_key_text(j, key, text ? slice_of_text(text) : SLICE_ABSENT);
}

static void add_window(struct strbuf *out, int64_t from, int64_t until)
{
    int64_t last_us = until / 1000 - 1;

    strbuf_addf(out, "since:%lld until:%lld.%06lld", (long long)(from / SECOND_NS),
                (long long)(last_us / 1000000), (long long)(last_us % 1000000));
}

/* The calls behind a figure: its words, and the window. */
static void write_filter(struct overview_view *v, struct slice words, int64_t from, int64_t until)
{
    struct strbuf text = { 0 };

    strbuf_add_slice(&text, words);
    if (words.len)
        strbuf_add_char(&text, ' ');
    add_window(&text, from, until);
    jsonw_key(v->j, "filter");
    jsonw_text(v->j, strbuf_slice(&text));
    if (text.failed)
        v->j->out->failed = true;
    strbuf_fini(&text);
}

static void write_window_filter(struct overview_view *v, const char *words)
{
    write_filter(v, slice_of_text(words), v->o.from, v->o.until);
}

static double ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static int64_t settled_of(const struct kpi_record *k)
{
    return k->answered + k->failure + k->nos;
}

static int64_t count_keys(const struct kpi_sum *sum, int from, int until)
{
    int64_t n = 0;

    for (int key = from; key < until; key++)
        n += sum->keys[key];
    return n;
}

/* Figures that a sum gives; how many calls each rests on stands beside it. */
static void write_figures(struct overview_view *v, const struct kpi_sum *sum)
{
    struct jsonw *j = v->j;
    struct kpi_record k;

    kpi_sum_report(sum, &k, &v->texts);
    write_int(j, "attempts", k.attempts);
    write_int(j, "settled", settled_of(&k));
    write_int(j, "answered", k.answered);
    write_int(j, "failure", k.failure);
    write_int(j, "concurrent_max", k.concurrent_max);
    write_real(j, "asr", k.asr_ratio, 6);
    write_real(j, "ner", k.ner_ratio, 6);
    write_int(j, "ended", k.ended);
    write_real(j, "acd_s", k.acd_s, 3);
    write_int(j, "pdd_calls", count_keys(sum, KPI_KEY_PDD, KPI_KEY_MOS));
    write_real(j, "pdd_ms_p50", k.pdd_ms_p50, 0);
    write_real(j, "pdd_ms_p95", k.pdd_ms_p95, 0);
    write_int(j, "mos_calls", count_keys(sum, KPI_KEY_MOS, KPI_KEYS));
    write_real(j, "mos_p5", k.mos_lq_p5, 2);
    write_real(j, "mos_p50", k.mos_lq_p50, 2);
    write_int(j, "judged", k.judged);
    write_int(j, "one_way", k.one_way);
    write_int(j, "short_calls", k.short_calls);
}

static void write_totals(struct overview_view *v, const char *key, const struct kpi_sum *sum,
                         int64_t from, int64_t until)
{
    struct jsonw *j = v->j;
    int64_t observed = observed_of(&v->observed, from, until);
    double seconds = (double)observed / 1e9;

    jsonw_key(j, key);
    jsonw_object_open(j);
    write_figures(v, sum);
    write_real(j, "observed_s", seconds, 0);
    write_real(j, "calls_per_s", observed ? (double)sum->counts[KPI_ATTEMPTS] / seconds : NAN, 3);
    write_real(j, "erlang", observed ? (double)sum->duration_us / 1e6 / seconds : NAN, 2);
    if (sum == &v->o.now) {
        bool seen = observed_of(&v->observed, until - MINUTE_NS, until) > 0;
        bool any = sum->concurrent_max != RECORD_NONE;

        /* A minute in which nothing went on has no row. */
        write_int(j, "concurrent",
                  v->o.concurrent == RECORD_NONE && any && seen ? 0 : v->o.concurrent);
    } else {
        write_int(j, "concurrent", RECORD_NONE);
    }
    write_filter(v, SLICE(""), from, until);
    jsonw_object_close(j);
}

static void write_series(struct overview_view *v)
{
    struct jsonw *j = v->j;
    const struct overview *o = &v->o;

    jsonw_key(j, "series");
    jsonw_array_open(j);
    for (size_t i = 0; i < o->step_count; i++) {
        int64_t from = o->from + (int64_t)i * o->step_ns, until = from + o->step_ns;

        until = until < o->until ? until : o->until;
        jsonw_object_open(j);
        api_write_key_time(j, "time", from);
        write_figures(v, &o->steps[i]);
        /* No row, no calls; or nobody was there to see. */
        write_int(j, "concurrent",
                  o->steps[i].concurrent_max == RECORD_NONE &&
                          observed_of(&v->observed, from, until) > 0
                      ? 0
                      : o->steps[i].concurrent_max);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

static void write_gaps(struct overview_view *v)
{
    struct jsonw *j = v->j;
    struct observed_span gap;
    int64_t at = v->o.from;

    jsonw_key(j, "gaps");
    jsonw_array_open(j);
    for (int i = 0; i < GAPS_MAX && observed_gap(&v->observed, at, v->o.until, &gap); i++) {
        jsonw_object_open(j);
        api_write_key_time(j, "from", gap.from);
        api_write_key_time(j, "until", gap.until);
        jsonw_object_close(j);
        at = gap.until;
    }
    jsonw_array_close(j);
}

/* Bars two classes wide; the ends are those of the classes, so that a filter finds the very calls. */
static void write_mos(struct overview_view *v)
{
    struct jsonw *j = v->j;

    jsonw_key(j, "mos");
    jsonw_array_open(j);
    for (int at = 20; at < KPI_MOS_CLASSES; at += 2) {
        int last = at + 2 < KPI_MOS_CLASSES ? at + 2 : KPI_MOS_CLASSES;
        double from = at == 20 ? 1 : at * 0.05 - 0.025, to = last * 0.05 - 0.025;
        int first = at == 20 ? 0 : at;
        struct strbuf words = { 0 };

        if (at >= 92 && count_keys(&v->o.now, KPI_KEY_MOS + at, KPI_KEYS) == 0)
            break; /* narrowband ends at 4.5 */
        jsonw_object_open(j);
        write_real(j, "from", from, 3);
        write_real(j, "to", to, 3);
        write_int(j, "calls", count_keys(&v->o.now, KPI_KEY_MOS + first, KPI_KEY_MOS + last));
        strbuf_addf(&words, "mos>=%.3f mos<%.3f", from, to);
        write_filter(v, strbuf_slice(&words), v->o.from, v->o.until);
        strbuf_fini(&words);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

/* Of what was settled: those that had no final response are none of the classes. */
static void write_responses(struct overview_view *v)
{
    static const char *const names[] = { "2xx", "3xx", "4xx", "5xx", "6xx" };
    static const char *const words[] = { "status:2xx", "status:3xx", "status:4xx", "status:5xx",
                                         "status:6xx" };
    struct jsonw *j = v->j;
    struct kpi_record k;
    int64_t rest;

    kpi_sum_report(&v->o.now, &k, &v->texts);
    rest = settled_of(&k) - count_keys(&v->o.now, 0, KPI_STATUSES);
    jsonw_key(j, "responses");
    jsonw_array_open(j);
    for (int i = 0; i < 6; i++) {
        jsonw_object_open(j);
        write_text(j, "class", i < 5 ? names[i] : "none");
        write_int(j, "calls",
                  i < 5      ? count_keys(&v->o.now, (i + 2) * 100, (i + 3) * 100)
                  : rest > 0 ? rest
                             : 0);
        write_window_filter(v, i < 5 ? words[i] : "has:outcome -has:status");
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

struct cause {
    int status; /* 0: none */
    int64_t calls;
};

static int compare_causes(const void *a, const void *b)
{
    const struct cause *x = a, *y = b;

    if (x->calls != y->calls)
        return x->calls < y->calls ? 1 : -1;
    return x->status - y->status;
}

static size_t list_causes(const struct kpi_sum *sum, int64_t settled, struct cause *out)
{
    int64_t rest = settled - count_keys(sum, 0, KPI_STATUSES);
    size_t n = 0;

    if (rest > 0)
        out[n++] = (struct cause){ 0, rest };
    for (int status = 300; status < KPI_STATUSES; status++) {
        if (sum->keys[status])
            out[n++] = (struct cause){ status, sum->keys[status] };
    }
    if (n)
        qsort(out, n, sizeof *out, compare_causes);
    return n;
}

static void write_cause(struct overview_view *v, const struct cause *cause, int64_t settled,
                        int64_t settled_before)
{
    const struct cause_words *words = cause_words_find(cause->status);
    struct jsonw *j = v->j;
    char status[24] = "has:outcome -has:status";

    if (cause->status)
        snprintf(status, sizeof status, "status:%d", cause->status);
    jsonw_object_open(j);
    write_int(j, "status", cause->status ? cause->status : RECORD_NONE);
    write_text(j, "reason", words ? words->reason : NULL);
    write_text(j, "kind", cause_words_kind_of(cause->status));
    write_int(j, "calls", cause->calls);
    write_real(j, "share", ratio(cause->calls, settled), 6);
    write_real(j, "share_before",
               cause->status ? ratio(v->o.before.keys[cause->status], settled_before) : NAN, 6);
    write_text(j, "meaning", words ? words->meaning : NULL);
    write_window_filter(v, status);
    jsonw_object_close(j);
}

static void write_kinds(struct overview_view *v, int64_t settled, int64_t settled_before)
{
    static const uint8_t counts[] = { KPI_BUSY, KPI_CANCEL, KPI_NOT_FOUND, KPI_FAILURE, KPI_OTHER };
    const struct kind_words *kind;
    struct jsonw *j = v->j;

    jsonw_key(j, "nos");
    jsonw_array_open(j);
    for (unsigned i = 0; (kind = cause_words_kind(i)) != NULL; i++) {
        jsonw_object_open(j);
        write_text(j, "kind", kind->kind);
        write_text(j, "title", kind->title);
        write_int(j, "calls", v->o.now.counts[counts[i]]);
        write_real(j, "share", ratio(v->o.now.counts[counts[i]], settled), 6);
        write_real(j, "share_before", ratio(v->o.before.counts[counts[i]], settled_before), 6);
        write_text(j, "meaning", kind->meaning);
        write_window_filter(v, kind->filter);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

static void write_causes(struct overview_view *v)
{
    struct kpi_record now, before;
    struct cause causes[KPI_STATUSES];
    size_t n;

    kpi_sum_report(&v->o.now, &now, &v->texts);
    kpi_sum_report(&v->o.before, &before, &v->texts);
    write_kinds(v, settled_of(&now), settled_of(&before));
    n = list_causes(&v->o.now, settled_of(&now), causes);
    jsonw_key(v->j, "causes");
    jsonw_array_open(v->j);
    for (size_t i = 0; i < n; i++)
        write_cause(v, &causes[i], settled_of(&now), settled_of(&before));
    jsonw_array_close(v->j);
}

static void write_counts(struct jsonw *j, const struct overview_counts *n)
{
    write_int(j, "attempts", n->attempts);
    write_int(j, "settled", n->settled);
    write_real(j, "asr", ratio(n->answered, n->settled), 6);
    write_real(j, "ner", ratio(n->effective, n->settled), 6);
    write_int(j, "ended", n->ended);
    write_real(j, "acd_s", n->ended ? n->duration_s / (double)n->ended : NAN, 3);
    write_int(j, "judged", n->judged);
    write_int(j, "one_way", n->one_way);
}

/* Of a silent one the calls before are behind it. */
static void write_group_filter(struct overview_view *v, const struct overview_group *g)
{
    bool is_in = g->direction.p && slice_eq(g->direction, SLICE("in"));
    struct strbuf words = { 0 };
    bool silent = g->now.attempts == 0 && g->now.settled == 0;

    strbuf_add_text(&words, !g->trunk.p ? "destination:" : is_in ? "trunk_in:" : "trunk_out:");
    filter_print_text(&words, g->trunk.p ? g->trunk : g->destination);
    write_filter(v, strbuf_slice(&words), silent ? overview_groups_from(&v->o) : v->o.from,
                 v->o.until);
    strbuf_fini(&words);
}

static void write_group(struct overview_view *v, const struct overview_group *g)
{
    struct jsonw *j = v->j;
    struct kpi_sum *sum = g->sum;

    jsonw_object_open(j);
    if (g->trunk.p) {
        api_write_key_text(j, "trunk", g->trunk);
        api_write_key_text(j, "direction", g->direction);
    } else {
        api_write_key_text(j, "destination", g->destination);
    }
    write_counts(j, &g->now);
    write_int(j, "pdd_calls", sum ? count_keys(sum, KPI_KEY_PDD, KPI_KEY_MOS) : 0);
    write_real(j, "pdd_ms_p50", sum ? kpi_sum_pdd_of_rank(sum, 50) : NAN, 0);
    write_int(j, "mos_calls", sum ? count_keys(sum, KPI_KEY_MOS, KPI_KEYS) : 0);
    write_real(j, "mos_p50", sum ? kpi_sum_mos_of_rank(sum, 50) : NAN, 2);
    jsonw_key(j, "before");
    jsonw_object_open(j);
    write_counts(j, &g->before);
    jsonw_object_close(j);
    write_text(j, "trouble", g->trouble[0] ? g->trouble : NULL);
    jsonw_key(j, "series");
    jsonw_array_open(j);
    for (size_t i = 0; i < v->o.step_count; i++)
        jsonw_real(j, ratio(g->steps[i].answered, g->steps[i].settled), 4);
    jsonw_array_close(j);
    write_group_filter(v, g);
    jsonw_object_close(j);
}

static void write_list(struct overview_view *v, const char *key, const struct overview_list *list)
{
    jsonw_key(v->j, key);
    jsonw_array_open(v->j);
    for (size_t i = 0; i < list->count && !v->j->out->failed; i++)
        write_group(v, list->groups[i]);
    jsonw_array_close(v->j);
}

static void write_busy_hour(struct overview_view *v)
{
    struct jsonw *j = v->j;
    struct overview_hour hour;

    jsonw_key(j, "busy_hour");
    if (!overview_busy_hour(&v->o, &hour)) {
        jsonw_null(j);
        return;
    }
    jsonw_object_open(j);
    api_write_key_time(j, "from", hour.from);
    api_write_key_time(j, "of", v->o.minutes_from);
    write_int(j, "attempts", hour.attempts);
    write_real(j, "erlang", hour.erlang, 2);
    write_filter(v, SLICE(""), hour.from, hour.from + OVERVIEW_BUSY_MINUTES * MINUTE_NS);
    jsonw_object_close(j);
}

/* What the probe said last. */
static void write_now(struct jsonw *j, struct slice stats)
{
    static const char *const names[] = { "time", "calls_open", "packets_per_s" };

    jsonw_key(j, "now");
    if (!stats.len) {
        jsonw_null(j);
        return;
    }
    jsonw_object_open(j);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct slice value = json_item_get(stats, names[i]);

        jsonw_key(j, names[i]);
        jsonw_raw(j, value.p ? value : SLICE("null"));
    }
    jsonw_object_close(j);
}

void overview_write(struct overview_view *v, bool live, struct slice stats)
{
    const struct overview *o = &v->o;
    struct jsonw *j = v->j;

    jsonw_object_open(j);
    write_int(j, "minutes", (o->until - o->from) / MINUTE_NS);
    api_write_key_time(j, "from", o->from);
    api_write_key_time(j, "until", o->until);
    write_int(j, "step_s", o->step_ns / SECOND_NS);
    write_totals(v, "totals", &o->now, o->from, o->until);
    write_totals(v, "before", &o->before, overview_groups_from(o), o->from);
    write_gaps(v);
    write_series(v);
    write_mos(v);
    write_responses(v);
    write_causes(v);
    write_list(v, "trunks", &o->trunks);
    write_list(v, "destinations", &o->destinations);
    jsonw_key(j, "groups");
    jsonw_object_open(j);
    write_int(j, "trunks", (int64_t)o->trunks.all);
    write_int(j, "trunks_in_trouble", (int64_t)o->trunks.troubled);
    write_int(j, "destinations", (int64_t)o->destinations.all);
    write_int(j, "destinations_in_trouble", (int64_t)o->destinations.troubled);
    jsonw_object_close(j);
    write_busy_hour(v);
    write_now(j, stats);
    jsonw_key(j, "live");
    jsonw_bool(j, live);
    jsonw_key(j, "cut");
    jsonw_bool(j, o->cut);
    jsonw_object_close(j);
}
