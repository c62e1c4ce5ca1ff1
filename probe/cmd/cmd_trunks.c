#include "analyzer/base/json_item.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/store_query.h"
#include "probe/web/trunk_sums.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_NS INT64_C(60000000000)

enum { WINDOW_MINUTES = 60, NAME_WIDTH = 16, DESTINATION_WIDTH = 24 };

struct trunk_listing {
    const char *store, *trunk, *destination;
    int64_t minutes, until;
    bool json;
    struct kpi_filter window;
    struct trunk_sums sums;
    bool failed;
    struct strbuf out;
};

static bool on_minute(void *ctx, const void *record)
{
    struct trunk_listing *l = ctx;

    l->failed = !trunk_sums_add(&l->sums, record);
    return !l->failed;
}

static void add_heading(struct strbuf *out)
{
    strbuf_addf(out, "%-*s %-3s %-*s %7s %5s %5s %7s %11s %9s %7s %6s %9s  %s\n", NAME_WIDTH,
                "TRUNK", "", DESTINATION_WIDTH, "DESTINATION", "CALLS", "ASR", "NER", "ACD",
                "PDD 50/95", "MOS 50/5", "ONE-WAY", "SHORT", "CHANNELS", "MOST REFUSED");
}

static void add_percent(struct strbuf *out, double ratio)
{
    if (isnan(ratio))
        strbuf_addf(out, " %5s", "-");
    else
        strbuf_addf(out, " %4.0f%%", ratio * 100);
}

static void add_pair(struct strbuf *out, int width, int decimals, double first, double second)
{
    char text[64];

    if (isnan(first))
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "%.*f/%.*f", decimals, first, decimals, second);
    strbuf_addf(out, " %*s", width, text);
}

static void add_channels(struct strbuf *out, const struct kpi_record *k)
{
    char text[48] = "";

    if (k->channel_limit != RECORD_NONE)
        snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, k->concurrent_max, k->channel_limit);
    else if (k->concurrent_max != RECORD_NONE)
        snprintf(text, sizeof text, "%" PRId64, k->concurrent_max);
    strbuf_addf(out, " %9s", text);
}

/* The final response that refused most calls: "503 12x". */
static void add_refusal(struct strbuf *out, struct slice responses)
{
    struct slice name, value, worst = SLICE_ABSENT;
    uint64_t most = 0, count, code;

    while (json_item_next_member(&responses, &name, &value)) {
        if (slice_to_u64(name, 699, &code) && code >= 300 &&
            slice_to_u64(value, UINT32_MAX, &count) && count > most) {
            most = count;
            worst = name;
        }
    }
    if (most)
        strbuf_addf(out, "  %.*s %" PRIu64 "x", (int)worst.len, worst.p, most);
}

/* Of all: there is nothing that is not known. */
static struct slice or_blank(struct slice name)
{
    return name.p ? name : SLICE("");
}

static void add_row(struct strbuf *out, const struct kpi_record *k)
{
    char text[64];

    call_line_cell(out,
                   k->trunk.p         ? k->trunk
                   : k->destination.p ? SLICE("")
                                      : SLICE("(all)"),
                   NAME_WIDTH);
    call_line_cell(out, or_blank(k->direction), 3);
    call_line_cell(out, or_blank(k->destination), DESTINATION_WIDTH);
    strbuf_addf(out, "%7" PRId64, k->attempts);
    add_percent(out, k->asr_ratio);
    add_percent(out, k->ner_ratio);
    if (isnan(k->acd_s))
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "%.0f:%02.0f", floor(k->acd_s / 60), floor(fmod(k->acd_s, 60)));
    strbuf_addf(out, " %7s", text);
    add_pair(out, 11, 2, k->pdd_ms_p50 / 1000, k->pdd_ms_p95 / 1000);
    add_pair(out, 9, 1, k->mos_lq_p50, k->mos_lq_p5);
    strbuf_add_text(out, "  ");
    add_percent(out, k->judged > 0 ? (double)k->one_way / (double)k->judged : NAN);
    strbuf_addf(out, " %6" PRId64, k->short_calls);
    add_channels(out, k);
    add_refusal(out, k->responses);
    strbuf_add_char(out, '\n');
}

/* Trunks by destination are many: only where somebody asks for one of them. */
static bool is_shown(const struct trunk_listing *l, const struct kpi_record *k)
{
    return l->json || l->trunk || l->destination || !k->trunk.p || !k->destination.p;
}

static void add_rows(struct trunk_listing *l)
{
    struct strbuf texts = { 0 };
    struct kpi_record k;

    trunk_sums_sort(&l->sums);
    if (!l->json && l->sums.count)
        add_heading(&l->out);
    for (size_t i = 0; i < l->sums.count; i++) {
        struct jsonw j = jsonw_to(&l->out);

        trunk_sums_report(&l->sums, i, &k, &texts);
        k.time = l->window.since;
        k.window_s = l->minutes * 60;
        if (!is_shown(l, &k))
            continue;
        if (l->json) {
            record_write_json(&j, &record_type_kpi, &k);
            strbuf_add_char(&l->out, '\n');
        } else {
            add_row(&l->out, &k);
        }
    }
    strbuf_fini(&texts);
}

/* The window ends with the minute of --until, else with the newest that there is. */
static int find_window(struct query *q, struct trunk_listing *l)
{
    int64_t last = l->until;
    int err = last == RECORD_NONE ? query_newest_kpi(q, &last) : 0;

    if (err || last == RECORD_NONE)
        return err;
    l->window = (struct kpi_filter){ .until = last - last % MINUTE_NS,
                                     .trunk = slice_of_text(l->trunk),
                                     .destination = slice_of_text(l->destination) };
    l->window.since = l->window.until - (l->minutes - 1) * MINUTE_NS;
    return query_kpis(q, &l->window, on_minute, l);
}

static int list(const struct cli_command *command, struct trunk_listing *l)
{
    struct query *q;
    int err, status = store_query_open(command, l->store, &q);

    if (status != -1)
        return status;
    err = find_window(q, l);
    query_close(q);
    if (err)
        return store_query_failed(command, "the store", err);
    if (l->failed)
        return cli_fail(command, EXIT_TROUBLE, "out of memory");
    add_rows(l);
    if (l->sums.count == 0 && !l->json)
        strbuf_add_text(&l->out, "no calls in that time\n");
    if (fwrite(l->out.p ? l->out.p : "", 1, l->out.len, stdout) != l->out.len ||
        fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    if (l->sums.cut)
        fprintf(stderr, "earshot trunks: more than %d groups, the rest is left out\n",
                TRUNK_SUMS_MAX);
    return EXIT_OK;
}

int cmd_trunks(int argc, char **argv)
{
    struct trunk_listing *l = calloc(1, sizeof *l);
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", l ? &l->store : NULL, 0, 0 },
        { "minutes", 'm', CLI_INT, "N", "how many, up to the newest (default 60)",
          l ? &l->minutes : NULL, 1, 1440 },
        { "until", 0, CLI_TIME, "TIME", "the last of them: 2026-11-21T10:00:00 (UTC)",
          l ? &l->until : NULL, 0, 0 },
        { "trunk", 't', CLI_TEXT, "NAME", "this trunk, with its destinations", l ? &l->trunk : NULL,
          0, 0 },
        { "destination", 'd', CLI_TEXT, "NAME", "this destination, with the trunks to it",
          l ? &l->destination : NULL, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON record a line", l ? &l->json : NULL, 0, 0 },
    };
    const struct cli_command command = {
        "trunks",
        "--store DIR",
        "what each trunk and each destination did lately",
        "Trunks have names in earshot.yaml(5).\n\n"
        "  earshot trunks --store /var/lib/earshot --minutes 15\n"
        "  earshot trunks --store /var/lib/earshot --trunk carrier-a\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status;

    if (!l)
        return cli_fail(&command, EXIT_TROUBLE, "out of memory");
    l->minutes = WINDOW_MINUTES;
    l->until = RECORD_NONE;
    status = cli_parse(&command, argc, argv, &first);
    if (status == -1)
        status = trunk_sums_init(&l->sums) == 0 ? list(&command, l)
                                                : cli_fail(&command, EXIT_TROUBLE, "out of memory");
    trunk_sums_fini(&l->sums);
    strbuf_fini(&l->out);
    free(l);
    return status;
}
