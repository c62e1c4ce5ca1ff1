#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/store_query.h"
#include "storage/export/record_csv.h"

#include <math.h>
#include <stdio.h>

struct listing {
    const char *store, *text, *call_id, *number, *ip, *status, *state, *verdict;
    bool json, csv, one_way, fax;
    int64_t limit, bad_seconds;
    struct call_filter filter;
    struct strbuf out;
    uint64_t rows;
};

static bool add_row(void *ctx, const void *record)
{
    struct listing *l = ctx;
    struct jsonw j = jsonw_to(&l->out);

    l->rows++;
    if (l->json) {
        record_write_json(&j, &record_type_call, record);
        strbuf_add_char(&l->out, '\n');
    } else if (l->csv) {
        record_csv_add(&l->out, &record_type_call, record);
    } else {
        call_line_add(&l->out, record);
    }
    if (l->out.failed || fwrite(l->out.p, 1, l->out.len, stdout) != l->out.len)
        return false;
    strbuf_reset(&l->out);
    return true;
}

/* "486", or a class: "5xx". */
static bool parse_status(const char *text, int *min, int *max)
{
    struct slice s = slice_of_text(text);
    uint64_t value;

    if (s.len == 3 && s.p[0] >= '1' && s.p[0] <= '6' && (s.p[1] | 0x20) == 'x' &&
        (s.p[2] | 0x20) == 'x') {
        *min = (s.p[0] - '0') * 100;
        *max = *min + 99;
        return true;
    }
    if (!slice_to_u64(s, 699, &value) || value < 100)
        return false;
    *min = *max = (int)value;
    return true;
}

static int fill_filter(const struct cli_command *command, struct listing *l)
{
    struct addr ip;

    l->filter.text = slice_of_text(l->text);
    l->filter.call_id = slice_of_text(l->call_id);
    l->filter.number = slice_of_text(l->number);
    l->filter.ip = slice_of_text(l->ip);
    l->filter.state = slice_of_text(l->state);
    l->filter.limit = (size_t)l->limit;
    l->filter.verdict = slice_of_text(l->verdict);
    l->filter.bad_seconds_min = l->bad_seconds;
    if (l->one_way)
        l->filter.one_way = 1;
    if (l->fax)
        l->filter.fax = 1;
    if (l->ip && !addr_parse_ip(l->filter.ip, &ip))
        return cli_fail(command, EXIT_USAGE, "--ip: '%s' is not an IP address", l->ip);
    if (l->status && !parse_status(l->status, &l->filter.status_min, &l->filter.status_max))
        return cli_fail(command, EXIT_USAGE,
                        "--status: '%s' is neither a status like 486 nor a class like 5xx",
                        l->status);
    return -1;
}

static int list(const struct cli_command *command, struct listing *l)
{
    struct query *q;
    int err, status = store_query_open(command, l->store, &q);

    if (status != -1)
        return status;
    if (l->csv)
        record_csv_heading(&l->out, &record_type_call);
    else if (!l->json)
        call_line_heading(&l->out);
    err = query_calls(q, &l->filter, add_row, l);
    fwrite(l->out.p ? l->out.p : "", 1, l->out.len, stdout);
    strbuf_fini(&l->out);
    query_close(q);
    if (err)
        return store_query_failed(command, "the store", err);
    if (fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    if (l->rows == 0 && !l->json && !l->csv)
        puts("no call matches");
    return EXIT_OK;
}

int cmd_calls(int argc, char **argv)
{
    struct listing l = { .limit = 0 };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to search", &l.store, 0, 0 },
        { "call-id", 'c', CLI_TEXT, "ID", "this Call-ID; a trailing '*' makes it a prefix",
          &l.call_id, 0, 0 },
        { "number", 'n', CLI_TEXT, "DIGITS", "part of the caller's or callee's number", &l.number,
          0, 0 },
        { "ip", 'i', CLI_TEXT, "ADDRESS", "signalling source or destination", &l.ip, 0, 0 },
        { "status", 't', CLI_TEXT, "STATUS", "final status, or a class: 486, 5xx", &l.status, 0,
          0 },
        { "state", 0, CLI_TEXT, "STATE", "completed, failed, cancelled, in_call, …", &l.state, 0,
          0 },
        { "one-way", 0, CLI_FLAG, NULL, "only calls in which somebody did not hear", &l.one_way, 0,
          0 },
        { "mos-max", 0, CLI_REAL, "MOS", "only calls whose worst stream was at most this good",
          &l.filter.mos_max, 0, 0 },
        { "verdict", 0, CLI_TEXT, "VERDICT", "of its media: silent, one_way, on_hold, …",
          &l.verdict, 0, 0 },
        { "bad-seconds", 0, CLI_INT, "N", "only calls with at least that many bad seconds",
          &l.bad_seconds, 1, 1000000000 },
        { "fax", 0, CLI_FLAG, NULL, "only calls in which a fax was sent (T.38)", &l.fax, 0, 0 },
        { "since", 0, CLI_TIME, "TIME", "began then or later: 2026-11-21T10:00:00 (UTC)",
          &l.filter.since, 0, 0 },
        { "until", 0, CLI_TIME, "TIME", "began before", &l.filter.until, 0, 0 },
        { "limit", 'l', CLI_INT, "N", "at most that many, the newest", &l.limit, 1, 1000000000 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON record a line", &l.json, 0, 0 },
        { "csv", 0, CLI_FLAG, NULL, "comma-separated values with a heading", &l.csv, 0, 0 },
    };
    const struct cli_command command = {
        "calls",
        "--store DIR [TEXT]",
        "lists and searches the calls of a store, newest first",
        "TEXT finds a Call-ID, a part of a number, or an IP address.\n\n"
        "  earshot calls --store /var/lib/earshot 49301234\n"
        "  earshot calls --store /var/lib/earshot --status 5xx --since 2026-11-21 --csv\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status;

    call_filter_clear(&l.filter);
    status = cli_parse(&command, argc, argv, &first);
    if (status != -1)
        return status;
    if (first < argc)
        l.text = argv[first];
    status = fill_filter(&command, &l);
    return status != -1 ? status : list(&command, &l);
}
