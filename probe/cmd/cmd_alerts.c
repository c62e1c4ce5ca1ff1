#include "analyzer/base/json_item.h"
#include "analyzer/filter/filter.h"
#include "analyzer/record_id.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/filter_args.h"
#include "probe/cmd/sparkline.h"
#include "probe/cmd/store_query.h"
#include "probe/notify/brief.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { INDENT = 24, WHOLE_TEXT = 2000, WHOLE_CALLS = 20, STEPS_MAX = 60 };

struct alert_listing {
    const char *store;
    bool json;
    int64_t limit;
    struct filter *filter; /* NULL: all */
    struct strbuf out;
    uint64_t wanted; /* id; 0: a list */
    uint64_t rows;
};

/* What is not said by its state alone: that it came back, is explained, is over. */
static void add_remarks(struct strbuf *out, const struct alert_record *a)
{
    if (a->flaps > 0)
        strbuf_addf(out, ", came back %" PRId64 " times", a->flaps);
    if (a->muted_by) {
        strbuf_add_text(out, ", explained by ");
        call_line_id(out, a->muted_by);
    }
    if (a->ended_time != RECORD_NONE) {
        strbuf_add_text(out, ", over ");
        call_line_time(out, a->ended_time);
    }
}

static void add_line(struct strbuf *out, const struct alert_record *a)
{
    call_line_time(out, a->time);
    strbuf_add_char(out, ' ');
    call_line_cell(out, a->severity, 8);
    call_line_cell(out, a->state, 8);
    strbuf_add_printable(out, a->summary);
    strbuf_addf(out, "\n%*s", INDENT, "");
    call_line_id(out, a->id);
    strbuf_add_text(out, "  ");
    strbuf_add_printable(out, a->rule);
    add_remarks(out, a);
    strbuf_add_char(out, '\n');
}

static size_t read_series(struct slice evidence, double *values, size_t max)
{
    struct slice series = json_item_get(evidence, "series"), item;
    size_t n = 0;

    while (n < max && json_item_next(&series, &item)) {
        char text[32];

        snprintf(text, sizeof text, "%.*s", (int)(item.len < 31 ? item.len : 31), item.p);
        values[n++] = item.len && item.p[0] != 'n' ? strtod(text, NULL) : NAN;
    }
    return n;
}

/* The measure step by step, as bars of the largest. */
static void add_series(struct strbuf *out, const struct alert_record *a)
{
    double values[STEPS_MAX], most = 0, step_s = json_item_number(a->evidence, "step_s");
    size_t n = read_series(a->evidence, values, STEPS_MAX);

    for (size_t i = 0; i < n; i++)
        most = values[i] > most ? values[i] : most;
    if (n < 2 || most <= 0)
        return;
    strbuf_addf(out, "%-12s  ", "how it came");
    for (size_t i = 0; i < n; i++)
        sparkline_add_step(out, values[i] / most);
    if (!isnan(step_s))
        strbuf_addf(out, "  %g s each", step_s);
    strbuf_add_char(out, '\n');
}

/* As a message would say it, and how it came. */
static void add_whole(struct strbuf *out, const struct alert_record *a)
{
    const struct dialect_room room = { 1, WHOLE_TEXT, WHOLE_CALLS, true };
    const struct receiver nobody = { .kind = RECEIVER_WEBHOOK };
    const struct notify_message message = { .alerts = &a, .count = 1, .receiver = &nobody };
    struct brief b;

    if (!brief_make(&b, &message, a, &room))
        out->failed = true;
    brief_write_plain(out, &b);
    brief_fini(&b);
    add_series(out, a);
    if (a->search.len) {
        strbuf_addf(out, "%-12s  earshot calls --store … '", "search");
        strbuf_add_printable(out, a->search);
        strbuf_add_text(out, "'\n");
    }
}

static bool add_row(void *ctx, const void *record)
{
    struct alert_listing *l = ctx;
    const struct alert_record *a = record;
    struct jsonw j = jsonw_to(&l->out);

    if (l->wanted ? a->id != l->wanted : l->filter && !filter_match_record(l->filter, record))
        return !l->wanted || a->id > l->wanted;
    l->rows++;
    if (l->json) {
        record_write_json(&j, &record_type_alert, record);
        strbuf_add_char(&l->out, '\n');
    } else if (l->wanted) {
        add_whole(&l->out, record);
    } else {
        add_line(&l->out, record);
    }
    if (l->out.failed || fwrite(l->out.p, 1, l->out.len, stdout) != l->out.len)
        return false;
    strbuf_reset(&l->out);
    return !l->wanted && (l->limit == 0 || l->rows < (uint64_t)l->limit);
}

static bool is_id(const char *text, uint64_t *id)
{
    char *end;

    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return false;
    *id = strtoull(text, &end, 16);
    return *id != 0;
}

/* One id, or all words as one filter, so that it needs no quotes around it. */
static int take_words(const struct cli_command *command, struct alert_listing *l, int argc,
                      char **argv)
{
    struct strbuf text = { 0 };
    int status;

    if (argc == 0 || (argc == 1 && is_id(argv[0], &l->wanted)))
        return -1;
    for (int i = 0; i < argc; i++)
        strbuf_addf(&text, "%s%s", i ? " " : "", argv[i]);
    status = filter_args_parse_record(command, &record_type_alert, strbuf_slice(&text), &l->filter);
    strbuf_fini(&text);
    return status;
}

static int list(const struct cli_command *command, struct alert_listing *l)
{
    struct query *q;
    int err, status = store_query_open(command, l->store, &q);

    if (status != -1)
        return status;
    err = query_alerts(q, l->wanted ? l->wanted + 1 : 0, 0, add_row, l);
    query_close(q);
    if (err)
        return store_query_failed(command, "the store", err);
    if (l->rows == 0 && l->wanted)
        return cli_fail(command, EXIT_NO_INPUT, "%s has no alert %016" PRIx64, l->store, l->wanted);
    if (l->rows == 0 && !l->json)
        puts(l->filter ? "no alert is like that" : "no alerts");
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_CANNOT_WRITE;
}

int cmd_alerts(int argc, char **argv)
{
    struct alert_listing l = { 0 };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &l.store, 0, 0 },
        { "limit", 'l', CLI_INT, "N", "at most that many, the newest", &l.limit, 1, 1000000000 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON record a line", &l.json, 0, 0 },
    };
    const struct cli_command command = {
        "alerts",
        "--store DIR [ID | FILTER...]",
        "lists the alerts of a store, newest first, or tells one of them whole",
        "  earshot alerts --store store state:firing\n"
        "  earshot alerts --store store 'rule:sip-* severity:critical'\n"
        "  earshot alerts --store store 0641dd3c95d0a3f2\n",
        options,
        3,
    };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status == -1)
        status = take_words(&command, &l, argc - first, argv + first);
    if (status == -1)
        status = list(&command, &l);
    filter_free(l.filter);
    strbuf_fini(&l.out);
    return status;
}
