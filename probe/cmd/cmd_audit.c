#include "analyzer/base/json_item.h"
#include "analyzer/base/jsonw.h"
#include "analyzer/base/utc.h"
#include "probe/cli.h"
#include "probe/cmd/cmd.h"
#include "storage/audit/audit_read.h"
#include "storage/audit/audit_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define STORE_DEFAULT "/var/lib/earshot"

/* ---- verify ---- */

static void print_verdict_json(const struct audit_verify *v)
{
    struct strbuf out = { .p = NULL };
    struct jsonw j = jsonw_to(&out);
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {
        { "lines", v->lines },   { "unchained", v->unchained },
        { "erased", v->erased }, { "torn", v->torn },
        { "seq", v->seq },
    };

    jsonw_object_open(&j);
    jsonw_key(&j, "verdict");
    jsonw_text(&j, slice_of_text(audit_break_name(v->broken)));
    jsonw_key(&j, "line");
    v->broken ? jsonw_int(&j, (int64_t)v->line) : jsonw_null(&j);
    jsonw_key(&j, "offset");
    v->broken ? jsonw_int(&j, (int64_t)v->offset) : jsonw_null(&j);
    jsonw_key(&j, "why");
    jsonw_text(&j, v->broken ? slice_of_text(v->why) : SLICE_ABSENT);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        jsonw_key(&j, counts[i].key);
        jsonw_int(&j, (int64_t)counts[i].value);
    }
    jsonw_key(&j, "hash");
    jsonw_text(&j, v->seq ? slice_of_text(v->hash) : SLICE_ABSENT);
    jsonw_object_close(&j);
    puts(out.failed ? "null" : out.p);
    strbuf_fini(&out);
}

static void print_verdict(const struct audit_verify *v)
{
    if (v->broken)
        printf("line %" PRIu64 ", byte %" PRIu64 ": %s: %s\n", v->line, v->offset,
               audit_break_name(v->broken), v->why);
    printf("%" PRIu64 " line%s%s as %s written", v->lines, v->lines == 1 ? "" : "s",
           v->broken ? " before it" : "", v->lines == 1 ? "it was" : "they were");
    if (v->unchained)
        printf("; %" PRIu64 " from before there was a chain, of which nobody can tell",
               v->unchained);
    if (v->erased)
        printf("; %" PRIu64 " without their texts, which were erased", v->erased);
    puts("");
    if (v->torn)
        printf("%" PRIu64 " torn by a power cut or a full disk, and the next line says so; the "
               "first at line %" PRIu64 ", byte %" PRIu64 "\n",
               v->torn, v->torn_line, v->torn_offset);
    if (v->seq)
        printf("newest: %" PRIu64 ":%s\n", v->seq, v->hash);
}

static int verify(int argc, char **argv)
{
    const char *store = STORE_DEFAULT, *anchor = NULL;
    bool json = false;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store (default " STORE_DEFAULT ")", &store, 0, 0 },
        { "anchor", 'a', CLI_TEXT, "N:HASH",
          "a line that was noted somewhere else: it must be there as it was", &anchor, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "the verdict as JSON", &json, 0, 0 },
    };
    const struct cli_command command = {
        "audit verify",
        "[--store DIR]",
        "names the first line of the audit trail that is not as it was written",
        "Lines that were cut off at the end leave no trace here: note what 'newest' says somewhere "
        "else,\n"
        "and give it as --anchor the next time.\n\n"
        "  earshot audit verify --store /var/lib/earshot\n"
        "  earshot audit verify --anchor 812:6f0c… --store /var/lib/earshot\n\n"
        "Exit status: 0 whole, 1 broken, 66 there is no trail.\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct audit_verify v;
    int first, err, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    audit_verify_init(&v);
    if (anchor && !audit_verify_anchor(&v, slice_of_text(anchor)))
        return cli_fail(&command, EXIT_USAGE,
                        "--anchor: '%.100s' is no N:HASH, as 'newest' of an earlier run", anchor);
    err = audit_verify_store(&v, store);
    if (err == -ENOENT)
        return cli_fail(&command, EXIT_NO_INPUT, "%s/audit.jsonl: no trail is there", store);
    if (err)
        return cli_fail(&command, EXIT_TROUBLE, "%s/audit.jsonl: %s", store, strerror(-err));
    if (json)
        print_verdict_json(&v);
    else
        print_verdict(&v);
    if (fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    return v.broken ? EXIT_TROUBLE : EXIT_OK;
}

/* ---- list ---- */

struct listing {
    bool json;
    struct strbuf out;
};

static void add_cell(struct strbuf *out, struct slice value, size_t width)
{
    size_t before = out->len, len;

    if (slice_eq(value, SLICE("null")))
        strbuf_add_char(out, '-');
    else if (value.len && value.p[0] == '"')
        json_item_add_text(out, value);
    else
        strbuf_add_slice(out, value);
    len = out->len - before;
    for (strbuf_add_char(out, ' '); len < width; len++)
        strbuf_add_char(out, ' ');
}

static bool on_line(void *ctx, const struct audit_line *line)
{
    struct listing *l = ctx;
    struct jsonw j = jsonw_to(&l->out);
    char time[UTC_TEXT_MAX];

    if (l->json) {
        jsonw_object_open(&j);
        audit_line_write_members(&j, line);
        jsonw_object_close(&j);
    } else {
        utc_format_ms(line->time_ns, time);
        strbuf_addf(&l->out, "%.19s  ", time);
        add_cell(&l->out, line->user, 10);
        add_cell(&l->out, line->from, 15);
        add_cell(&l->out, line->deed, 11);
        add_cell(&l->out, line->object, 16);
        add_cell(&l->out, line->status, 4);
        if (line->is_erased)
            strbuf_add_text(&l->out, "(erased)");
        else
            add_cell(&l->out, line->detail, 0);
    }
    while (l->out.len && l->out.p[l->out.len - 1] == ' ')
        strbuf_chop(&l->out, 1);
    puts(l->out.failed ? "" : l->out.p);
    strbuf_reset(&l->out);
    return !ferror(stdout);
}

static int list(int argc, char **argv)
{
    const char *store = STORE_DEFAULT, *user = NULL, *deed = NULL, *call = NULL;
    struct audit_query query = { .since = INT64_MIN, .until = INT64_MIN };
    struct listing l = { .json = false };
    int64_t limit = 0;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store (default " STORE_DEFAULT ")", &store, 0, 0 },
        { "user", 'u', CLI_TEXT, "NAME", "what this one did", &user, 0, 0 },
        { "deed", 'd', CLI_TEXT, "WORD", "search, open, read, listen, download, export, erase …",
          &deed, 0, 0 },
        { "call", 'c', CLI_TEXT, "ID", "what was done to this call: its id or its Call-ID", &call,
          0, 0 },
        { "since", 0, CLI_TIME, "TIME", "not before: 2026-11-21T10:00:00 (UTC)", &query.since, 0,
          0 },
        { "until", 0, CLI_TIME, "TIME", "not after", &query.until, 0, 0 },
        { "limit", 'n', CLI_INT, "N", "so many at most (default: all)", &limit, 1, 1000000000 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON object a line", &l.json, 0, 0 },
    };
    const struct cli_command command = {
        "audit list",
        "[--store DIR]",
        "who did what, the newest first",
        "Whether these lines are as they were written, 'earshot audit verify' tells.\n\n"
        "  earshot audit list --deed listen --since 2026-11-01T00:00:00\n"
        "  earshot audit list --call 0dd2… --json\n",
        options,
        sizeof options / sizeof options[0],
    };
    uint64_t rest = 0;
    int first, err, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    query.user = slice_of_text(user);
    query.deed = slice_of_text(deed);
    query.call = slice_of_text(call);
    query.limit = (size_t)limit;
    do {
        query.before = rest;
        err = audit_read(store, &query, on_line, &l, &rest);
    } while (err == 0 && rest && !query.limit);
    strbuf_fini(&l.out);
    if (err)
        return cli_fail(&command, EXIT_TROUBLE, "%s/audit.jsonl: %s", store, strerror(-err));
    return fflush(stdout) != 0 ? EXIT_CANNOT_WRITE : EXIT_OK;
}

int cmd_audit(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
        const char *help;
    } verbs[] = {
        { "verify", verify, "is the trail as it was written?" },
        { "list", list, "who did what, the newest first" },
    };
    struct slice word = slice_of_text(argc > 1 ? argv[1] : "");
    bool asked = slice_eq(word, SLICE("--help")) || slice_eq(word, SLICE("-h"));

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (slice_eq(word, slice_of_text(verbs[i].name)))
            return verbs[i].run(argc - 1, argv + 1);
    }
    fputs("earshot audit - who did what: the audit trail of a store\n\n"
          "Usage: earshot audit COMMAND [OPTION]...\n\n",
          asked ? stdout : stderr);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        fprintf(asked ? stdout : stderr, "  %-9s %s\n", verbs[i].name, verbs[i].help);
    return asked ? EXIT_OK : EXIT_USAGE;
}
