#include "analyzer/filter/filter_time.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd_rules.h"
#include "probe/cmd/rule_replay.h"
#include "probe/cmd/store_query.h"
#include "probe/engine/progress.h"
#include "probe/engine/stop_signal.h"
#include "rules/rule_unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S   INT64_C(1000000000)
#define NS_PER_DAY (86400 * NS_PER_S)
/* Before the first alert that is shown, so that averages have settled. */
#define WARM_MOST NS_PER_DAY

enum { STATE_WIDTH = 9, RULE_WIDTH = 20, GROUP_WIDTH = 24, VALUE_WIDTH = 10 };

struct rules_test {
    const struct cli_command *command;
    const char *store, *rules, *only;
    int64_t since, until, warm;
    bool json;
    struct strbuf out; /* one alert */
    struct progress progress;
    uint64_t fired, cleared;
    bool failed;
    char dir[PATH_MAX], name[RULE_NAME_MAX + 1], room[FOLDERS_PATH_MAX];
};

/* --- alerts --------------------------------------------------------------------------------- */

static void add_text(struct strbuf *out, const struct alert_record *a)
{
    struct strbuf value = { 0 };
    bool fires = slice_eq(a->state, SLICE("firing"));

    rule_unit_write(&value, a->value, a->unit);
    call_line_time(out, a->changed_time);
    strbuf_add_char(out, ' ');
    call_line_cell(out, fires ? a->severity : SLICE("over"), STATE_WIDTH);
    call_line_cell(out, a->rule, RULE_WIDTH);
    call_line_cell(out, a->group.p ? a->group : SLICE("all"), GROUP_WIDTH);
    call_line_cell(out, strbuf_slice(&value), VALUE_WIDTH);
    strbuf_addf(out, "%lld of %lld\n                        ",
                (long long)(a->matching == RECORD_NONE ? 0 : a->matching),
                (long long)(a->samples == RECORD_NONE ? 0 : a->samples));
    strbuf_add_printable(out, a->summary);
    strbuf_add_text(out, a->muted_by ? " (another one explains it: nobody is told)\n" : "\n");
    strbuf_fini(&value);
}

static void on_alert(void *ctx, const struct alert_record *alert)
{
    struct rules_test *t = ctx;
    bool fires = slice_eq(alert->state, SLICE("firing"));
    bool is_over = slice_eq(alert->state, SLICE("resolved"));
    struct jsonw j = jsonw_to(&t->out);

    /* What fired and cleared before is the warming up. */
    if (alert->changed_time < t->since || (!t->json && !fires && !is_over))
        return;
    t->fired += fires && alert->changed_time == alert->fired_time;
    t->cleared += is_over;
    strbuf_reset(&t->out);
    if (t->json) {
        record_write_json(&j, &record_type_alert, alert);
        strbuf_add_char(&t->out, '\n');
    } else {
        add_text(&t->out, alert);
    }
    progress_clear(&t->progress);
    if (t->out.failed || fwrite(t->out.p, 1, t->out.len, stdout) != t->out.len)
        t->failed = true;
}

/* --- the work ------------------------------------------------------------------------------- */

static bool on_progress(void *ctx, int64_t now_ns)
{
    struct rules_test *t = ctx;
    int64_t done = now_ns - t->warm;

    progress_update_share(&t->progress, done > 0 ? (double)done / (double)(t->until - t->warm) : 0);
    return !stop_signal_seen() && !t->failed;
}

/* Which occasions the rules listen to; 0: none of them. */
static int look_at_rules(struct rules_test *t, uint32_t *occasions, size_t *count, int64_t *warm_ns)
{
    struct rule_folder *folder = calloc(1, sizeof *folder);
    char error[1024] = "";
    int err;

    *occasions = 0;
    *warm_ns = 0;
    if (!folder)
        return cli_fail(t->command, EXIT_TROUBLE, "no memory");
    err = rule_folder_read(folder, t->rules, t->only, 0, error, sizeof error);
    for (size_t i = 0; err == 0 && i < folder->count; i++) {
        const struct rule *rule = folder->files[i].rule;
        int64_t warm =
            rule->window_ns + (rule->baseline.is_used ? 2 * rule->baseline.half_life_ns : 0);

        *occasions |= UINT32_C(1) << rule->occasion;
        *warm_ns = warm > *warm_ns ? warm : *warm_ns;
    }
    *warm_ns = *warm_ns > WARM_MOST ? WARM_MOST : *warm_ns;
    *count = folder->count;
    rule_folder_fini(folder);
    free(folder);
    if (err)
        return cli_fail(t->command, err == -EINVAL ? EXIT_BAD_INPUT : EXIT_NO_INPUT, "%s", error);
    if (*count == 0 && t->only)
        return cli_fail(t->command, EXIT_NO_INPUT,
                        "%s has no rule '%s'; 'earshot rules list' names them", t->rules, t->only);
    return -1;
}

/* Where else there is something to be told. */
static void add_reach(struct strbuf *out, struct query *q)
{
    struct store_totals totals;

    if (query_totals(q, &totals) != 0 || totals.first_time == RECORD_NONE)
        return;
    strbuf_add_text(out, "  the calls of this store are from ");
    call_line_time(out, totals.first_time);
    strbuf_add_text(out, " to ");
    call_line_time(out, totals.last_time);
    strbuf_add_text(out, ": '--since' and '--until' say which are meant\n");
}

static void say_end(const struct rules_test *t, struct query *q,
                    const struct rule_replay_counts *counts, size_t rules, uint32_t occasions)
{
    FILE *to = t->json ? stderr : stdout;
    struct strbuf out = { 0 };
    uint64_t seen = 0;

    for (size_t i = 0; i < RULE_OCCASIONS; i++)
        seen += counts->records[i];
    strbuf_addf(&out, "%llu fired, %llu cleared; %zu %s, %llu records from ",
                (unsigned long long)t->fired, (unsigned long long)t->cleared, rules,
                rules == 1 ? "rule" : "rules", (unsigned long long)seen);
    call_line_time(&out, t->since);
    strbuf_add_text(&out, " to ");
    call_line_time(&out, t->until);
    strbuf_add_char(&out, '\n');
    for (size_t i = 0; i < RULE_OCCASIONS; i++) {
        if (counts->records[i])
            strbuf_addf(&out, "  %-14s %12llu\n", rule_occasions[i].name,
                        (unsigned long long)counts->records[i]);
    }
    if (seen == 0)
        add_reach(&out, q);
    if (occasions & 1u << RULE_PROBE)
        strbuf_add_text(&out,
                        "  probe          how it did itself is not in a store: rules on it saw "
                        "nothing\n");
    if (counts->early)
        strbuf_addf(&out, "  %llu records were told early: more than %d waited for their time\n",
                    (unsigned long long)counts->early, RULE_REPLAY_WAITING_MAX);
    if (out.len)
        fwrite(out.p, 1, out.len, to);
    strbuf_fini(&out);
}

static int replay(struct rules_test *t, struct query *q)
{
    struct rule_set_options options = {
        .dir = t->rules, .only = t->only, .alert = on_alert, .ctx = t
    };
    struct rule_replay_options how = {
        .store_dir = t->store, .until = t->until, .progress = on_progress, .ctx = t
    };
    struct rule_replay_counts counts;
    struct rule_set *set;
    char error[1024];
    int64_t warm_ns;
    size_t rules;
    int err, status = look_at_rules(t, &how.occasions, &rules, &warm_ns);

    if (status != -1)
        return status;
    t->warm = how.since = t->since > warm_ns ? t->since - warm_ns : 0;
    err = rule_set_load(&set, &options, error, sizeof error);
    if (err)
        return cli_fail(t->command, err == -EINVAL ? EXIT_BAD_INPUT : EXIT_NO_INPUT, "%s", error);
    progress_begin(&t->progress);
    err = rule_replay(q, set, &how, &counts);
    progress_end(&t->progress);
    if (err && err != -EINTR)
        status = store_query_failed(t->command, "the store", err);
    else
        say_end(t, q, &counts, rules, how.occasions);
    rule_set_free(set);
    if (status == -1 && (t->failed || fflush(stdout) != 0))
        return EXIT_CANNOT_WRITE;
    return status == -1 ? EXIT_OK : status;
}

/* --- the command line ----------------------------------------------------------------------- */

/* A rule by its name, or by its file. */
static int find_rule(struct rules_test *t, const char *word)
{
    size_t len = strlen(word), tail = sizeof ".yaml" - 1;
    const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
    bool is_file = len > tail && strcmp(word + len - tail, ".yaml") == 0;
    size_t name_len = strlen(name) - (is_file ? tail : 0);

    if (!is_file && !slash) {
        t->only = word;
        return -1;
    }
    if (!is_file || name_len > RULE_NAME_MAX || len >= sizeof t->dir)
        return cli_fail(t->command, EXIT_USAGE, "'%s' is no rule: its name, or its file, NAME.yaml",
                        word);
    snprintf(t->name, sizeof t->name, "%.*s", (int)name_len, name);
    if (slash)
        snprintf(t->dir, sizeof t->dir, "%.*s", slash == word ? 1 : (int)(slash - word), word);
    else
        snprintf(t->dir, sizeof t->dir, ".");
    t->only = t->name;
    t->rules = t->dir;
    return -1;
}

static int read_time(const struct rules_test *t, const char *option, const char *text, bool is_end,
                     int64_t *out)
{
    struct filter_span span = { 0 };
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (!filter_time_parse(slice_of_text(text), (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec,
                           &span))
        return cli_fail(
            t->command, EXIT_USAGE,
            "%s: '%s' is no time: 2h, 7d, yesterday, 2026-11-21, 2026-11-21T10:00 (UTC)", option,
            text);
    *out = is_end && span.is_day ? span.last : span.first;
    return -1;
}

static int test_rules(struct rules_test *t, const char *since, const char *until)
{
    struct query *q;
    int status = read_time(t, "--since", since ? since : "7d", false, &t->since);

    if (status == -1)
        status = read_time(t, "--until", until ? until : "now", true, &t->until);
    if (status == -1 && t->until <= t->since)
        status = cli_fail(t->command, EXIT_USAGE, "--until lies before --since");
    if (status == -1)
        status = store_query_open(t->command, t->store, &q);
    if (status != -1)
        return status;
    stop_signal_install();
    status = replay(t, q);
    query_close(q);
    return status;
}

int cmd_rules_test(int argc, char **argv)
{
    struct rules_test t = { .store = NULL };
    const char *since = NULL, *until = NULL;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store whose history is told once more", &t.store, 0,
          0 },
        { "since", 0, CLI_TEXT, "TIME", "from then on (default 7d: seven days ago)", &since, 0, 0 },
        { "until", 0, CLI_TEXT, "TIME", "up to then (default: now)", &until, 0, 0 },
        { "rules", 'r', CLI_TEXT, "DIR", "where RULE is (default: those that came with earshot)",
          &t.rules, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "one alert record a line, pending ones too", &t.json, 0, 0 },
    };
    const struct cli_command command = {
        "rules test",
        "[RULE|FILE] --store DIR",
        "tells the history of a store to rules once more: when would they have fired?",
        "Without a RULE all of them. Rules see up to a day more before --since, so that they know\n"
        "what is normal.\n\n"
        "  earshot rules test sip-503-spike --store /var/lib/earshot --since 7d\n"
        "  earshot rules test ./my-rule.yaml --store /var/lib/earshot --since 2026-11-01\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    t.command = &command;
    if (argc - first > 1)
        return cli_fail(&command, EXIT_USAGE, "one rule at a time, or all: not '%s' too",
                        argv[first + 1]);
    if (first < argc)
        status = find_rule(&t, argv[first]);
    if (status == -1 && !t.rules)
        t.rules = folders_find("rules", t.room);
    if (status == -1 && !t.rules)
        status =
            cli_fail(&command, EXIT_NO_INPUT, "no rules came along; which folder? '--rules DIR'");
    if (status == -1)
        status = test_rules(&t, since, until);
    strbuf_fini(&t.out);
    return status;
}
