#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/filter_args.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/store_query.h"
#include "storage/export/record_csv.h"
#include "storage/search/search.h"

#include <stdio.h>
#include <stdlib.h>

struct listing {
    const char *store, *sort, *config;
    const char *call_id, *number, *ip, *status, *state, *verdict, *since, *until, *mos_max;
    const char *bad_seconds;
    bool json, csv, one_way, fax, ascending, descending, fields;
    int64_t limit;
    struct strbuf text; /* the filter */
    struct search_request request;
    struct strbuf out;
    uint64_t rows;
    bool failed;
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
    l->failed = l->out.failed || fwrite(l->out.p, 1, l->out.len, stdout) != l->out.len;
    strbuf_reset(&l->out);
    return !l->failed;
}

/* --- the filter ----------------------------------------------------------------------------- */

/* All words that are no options are one filter, so that it needs no quotes around it. */
static int take_words(const struct cli_command *command, struct listing *l, int argc, char **argv)
{
    struct filter *filter;
    int status;

    for (int i = 0; i < argc; i++)
        strbuf_addf(&l->text, "%s%s", i ? " " : "", argv[i]);
    status = filter_args_parse(command, NULL, strbuf_slice(&l->text), &filter);
    if (status != -1)
        return status;
    /* What options add holds for all of it. */
    if (filter->node_count && filter->nodes[filter->root].kind == FILTER_OR) {
        struct strbuf whole = { 0 };

        strbuf_addf(&whole, "(%s)", l->text.p);
        strbuf_fini(&l->text);
        l->text = whole;
    }
    filter_free(filter);
    return -1;
}

/* What would end the word or begin another stands in quotes; a star at its end stays one. */
static void add_value(struct strbuf *word, const char *value)
{
    struct slice text = slice_of_text(value);
    bool has_star = text.len > 1 && text.p[text.len - 1] == '*';

    if (!strpbrk(value, " \t\n\"()")) {
        strbuf_add_slice(word, text);
        return;
    }
    filter_print_text(word, slice_of(text.p, text.len - has_star));
    if (has_star)
        strbuf_add_char(word, '*');
}

/* An option is read on its own, so that what is wrong is said of it. */
static int add_option(const struct cli_command *command, struct listing *l, const char *option,
                      const char *field, const char *value, const char *behind)
{
    struct strbuf word = { 0 };
    struct filter *filter;
    int status;

    if (!value)
        return -1;
    strbuf_add_text(&word, field);
    add_value(&word, value);
    strbuf_add_text(&word, behind);
    status = filter_args_parse(command, option, strbuf_slice(&word), &filter);
    if (status == -1) {
        filter_free(filter);
        strbuf_addf(&l->text, " %s", word.p);
    }
    strbuf_fini(&word);
    return status;
}

static int take_options(const struct cli_command *command, struct listing *l)
{
    const struct {
        const char *option, *field, *value, *behind;
    } rows[] = {
        { "--call-id", "call_id:", l->call_id, "" },
        { "--number", "number:*", l->number, "*" },
        { "--ip", "ip:", l->ip, "" },
        { "--status", "status:", l->status, "" },
        { "--state", "state:", l->state, "" },
        { "--verdict", "verdict:", l->verdict, "" },
        { "--mos-max", "mos<=", l->mos_max, "" },
        { "--bad-seconds", "bad_seconds>=", l->bad_seconds, "" },
        { "--since", "since:", l->since, "" },
        { "--until", "until:", l->until, "" },
        { "--one-way", "one_way:", l->one_way ? "yes" : NULL, "" },
        { "--fax", "fax:", l->fax ? "yes" : NULL, "" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status =
            add_option(command, l, rows[i].option, rows[i].field, rows[i].value, rows[i].behind);

        if (status != -1)
            return status;
    }
    return -1;
}

static int take_order(const struct cli_command *command, struct listing *l)
{
    bool falls = l->descending || (!l->sort && !l->ascending);
    int status = -1;

    if (l->ascending && l->descending)
        return cli_fail(command, EXIT_USAGE, "--ascending or --descending, not both");
    if (l->sort)
        status = filter_args_sort(command, l->sort, &l->request.sort, &falls);
    l->request.ascending = !falls;
    return status;
}

/* --- the answer ----------------------------------------------------------------------------- */

/* Page by page, since an order by a field gives so many calls at once and no more. */
static int search(struct listing *l, struct query *q, uint64_t *days_missing)
{
    struct search_end end = { .cursor = "" };
    char cursor[SEARCH_CURSOR_MAX];
    int err;

    do {
        memcpy(cursor, end.cursor, sizeof cursor);
        l->request.cursor = slice_of_text(cursor);
        l->request.limit = l->limit ? (size_t)(l->limit - (int64_t)l->rows) : 0;
        err = search_calls(q, &l->request, add_row, l, &end);
        *days_missing = end.days_missing;
    } while (err == 0 && !l->failed && end.cursor[0] &&
             (l->limit == 0 || (int64_t)l->rows < l->limit));
    return err;
}

static int list(const struct cli_command *command, struct listing *l)
{
    uint64_t days_missing = 0;
    struct query *q;
    int err, status = store_query_open(command, l->store, &q);

    if (status != -1)
        return status;
    if (l->csv)
        record_csv_heading(&l->out, &record_type_call);
    else if (!l->json)
        call_line_heading(&l->out);
    if (l->out.p)
        fwrite(l->out.p, 1, l->out.len, stdout);
    strbuf_reset(&l->out);
    err = search(l, q, &days_missing);
    query_close(q);
    if (err)
        return store_query_failed(command, "the store", err);
    if (l->failed || fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    if (l->rows == 0 && !l->json && !l->csv)
        puts("no call matches");
    if (days_missing)
        return cli_fail(command, EXIT_TROUBLE,
                        "%llu days could not be read; the list is without their calls",
                        (unsigned long long)days_missing);
    return EXIT_OK;
}

static int print_fields(void)
{
    struct strbuf out = { 0 };

    filter_args_list(&out);
    fputs(out.p ? out.p : "", stdout);
    strbuf_fini(&out);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_CANNOT_WRITE;
}

static int run(const struct cli_command *command, struct listing *l, int argc, char **argv)
{
    struct filter *filter = NULL;
    int status;

    if (l->fields)
        return print_fields();
    status = take_words(command, l, argc, argv);
    if (status == -1)
        status = take_options(command, l);
    if (status == -1)
        status = take_order(command, l);
    if (status == -1)
        status = filter_args_parse(command, NULL, strbuf_slice(&l->text), &filter);
    if (status == -1)
        status = settings_mask_filter(command, l->config, filter);
    l->request.filter = filter;
    if (status == -1)
        status = list(command, l);
    filter_free(filter);
    return status;
}

int cmd_calls(int argc, char **argv)
{
    struct listing l = { .limit = 0 };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to search", &l.store, 0, 0 },
        { "config", 0, CLI_TEXT, "FILE",
          "of a store with masked numbers or names: what of earshot.yaml(5) is heeded: privacy",
          &l.config, 0, 0 },
        { "fields", 0, CLI_FLAG, NULL, "list what a filter can ask for, and end", &l.fields, 0, 0 },
        { "sort", 0, CLI_TEXT, "FIELD", "in the order of a field, the smallest first", &l.sort, 0,
          0 },
        { "descending", 0, CLI_FLAG, NULL, "the largest or newest first", &l.descending, 0, 0 },
        { "ascending", 0, CLI_FLAG, NULL, "the smallest or oldest first", &l.ascending, 0, 0 },
        { "limit", 'l', CLI_INT, "N", "at most that many", &l.limit, 1, 1000000000 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON record a line", &l.json, 0, 0 },
        { "csv", 0, CLI_FLAG, NULL, "comma-separated values with a heading", &l.csv, 0, 0 },
        { "call-id", 'c', CLI_TEXT, "ID", "short for call_id:ID", &l.call_id, 0, 0 },
        { "number", 'n', CLI_TEXT, "DIGITS", "short for number:*DIGITS*", &l.number, 0, 0 },
        { "ip", 'i', CLI_TEXT, "ADDRESS", "short for ip:ADDRESS", &l.ip, 0, 0 },
        { "status", 't', CLI_TEXT, "STATUS", "short for status:STATUS", &l.status, 0, 0 },
        { "state", 0, CLI_TEXT, "STATE", "short for state:STATE", &l.state, 0, 0 },
        { "verdict", 0, CLI_TEXT, "VERDICT", "short for verdict:VERDICT", &l.verdict, 0, 0 },
        { "mos-max", 0, CLI_TEXT, "MOS", "short for mos<=MOS", &l.mos_max, 0, 0 },
        { "bad-seconds", 0, CLI_TEXT, "N", "short for bad_seconds>=N", &l.bad_seconds, 0, 0 },
        { "one-way", 0, CLI_FLAG, NULL, "short for one_way:yes", &l.one_way, 0, 0 },
        { "fax", 0, CLI_FLAG, NULL, "short for fax:yes", &l.fax, 0, 0 },
        { "since", 0, CLI_TEXT, "TIME", "short for since:TIME", &l.since, 0, 0 },
        { "until", 0, CLI_TEXT, "TIME", "short for until:TIME", &l.until, 0, 0 },
    };
    const struct cli_command command = {
        "calls",
        "--store DIR [FILTER]",
        "finds and lists the calls of a store, newest first",
        "A FILTER is words that must all hold; --fields lists what they can ask for:\n\n"
        "  earshot calls -s /var/lib/earshot 'from:+49* status:5xx since:2h'\n"
        "  earshot calls -s /var/lib/earshot 'mos<3.5 or one_way' --sort mos --limit 20\n"
        "  earshot calls -s /var/lib/earshot call_id:a84b4c76e66710@192.0.2.1 --json\n"
        "  earshot calls -s /var/lib/earshot 49301234\n\n"
        "A word without a field is an address, the beginning of a Call-ID, or a part of a number.\n"
        "Quotes keep < > * ( ) from the shell; -- comes before a filter that begins with a -.\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status == -1)
        status = run(&command, &l, argc - first, argv + first);
    strbuf_fini(&l.text);
    strbuf_fini(&l.out);
    return status;
}
