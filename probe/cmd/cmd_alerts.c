#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/store_query.h"

#include <stdio.h>

struct alert_listing {
    bool json;
    struct strbuf out;
    uint64_t rows;
};

static void add_text(struct strbuf *out, const struct alert_record *a)
{
    call_line_time(out, a->time);
    strbuf_add_char(out, ' ');
    call_line_cell(out, a->severity, 8);
    call_line_cell(out, a->state, 8);
    strbuf_add_printable(out, a->summary);
    if (a->ended_time != RECORD_NONE) {
        strbuf_add_text(out, " (cleared ");
        call_line_time(out, a->ended_time);
        strbuf_add_char(out, ')');
    }
    strbuf_add_text(out, "\n                        calls: ");
    strbuf_add_printable(out, a->calls.p ? a->calls : SLICE("-"));
    strbuf_add_char(out, '\n');
}

static bool add_row(void *ctx, const void *record)
{
    struct alert_listing *l = ctx;
    struct jsonw j = jsonw_to(&l->out);

    l->rows++;
    if (l->json) {
        record_write_json(&j, &record_type_alert, record);
        strbuf_add_char(&l->out, '\n');
    } else {
        add_text(&l->out, record);
    }
    if (l->out.failed || fwrite(l->out.p, 1, l->out.len, stdout) != l->out.len)
        return false;
    strbuf_reset(&l->out);
    return true;
}

int cmd_alerts(int argc, char **argv)
{
    struct alert_listing l = { 0 };
    const char *store = NULL;
    int64_t limit = 0;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &store, 0, 0 },
        { "limit", 'l', CLI_INT, "N", "at most that many, the newest", &limit, 1, 1000000000 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON record a line", &l.json, 0, 0 },
    };
    const struct cli_command command = {
        "alerts", "--store DIR", "lists the alerts of a store, newest first", NULL, options, 3,
    };
    struct query *q;
    int err, first, status = cli_parse(&command, argc, argv, &first);

    if (status == -1)
        status = store_query_open(&command, store, &q);
    if (status != -1)
        return status;
    err = query_alerts(q, 0, (size_t)limit, add_row, &l);
    strbuf_fini(&l.out);
    query_close(q);
    if (err)
        return store_query_failed(&command, "the store", err);
    if (l.rows == 0 && !l.json)
        puts("no alerts");
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_CANNOT_WRITE;
}
