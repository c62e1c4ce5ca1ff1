#include "analyzer/base/jsonw.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd_rules.h"
#include "rules/rule_page.h"
#include "rules/rule_summary.h"
#include "rules/rule_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEVERITY_WIDTH = 8, ON_WIDTH = 12, NAME_LEAST = 4, GROUP_LEAST = 8 };

static void add_heading(struct strbuf *out, size_t name, size_t group)
{
    strbuf_addf(out, "%-*s %-*s %-*s %-*s %s\n", (int)name, "RULE", SEVERITY_WIDTH, "SEVERITY",
                ON_WIDTH, "ON", (int)group, "FOR EACH", "FIRES");
}

static void add_group(struct strbuf *out, const struct rule *rule)
{
    for (size_t i = 0; i < rule->group_count; i++) {
        strbuf_add_text(out, i ? ", " : "");
        rule_field_name(&rule->group[i], out);
    }
    if (rule->group_count == 0)
        strbuf_add_char(out, '-');
}

/* "ratio 20 % or more in 60 s" */
static void add_measure(struct strbuf *out, const struct rule *rule)
{
    strbuf_add_text(out, rule_measure_name(rule->measure));
    if (rule->measure == RULE_PERCENTILE)
        strbuf_addf(out, " %.4g", rule->percentile);
    for (size_t i = 0; i < rule->of_count; i++) {
        strbuf_add_text(out, i ? " + " : " ");
        rule_field_name(&rule->of[i], out);
    }
    if (rule->per.field) {
        strbuf_add_text(out, " / ");
        rule_field_name(&rule->per, out);
    }
    if (rule->measure == RULE_LAST && rule->of_count == 0) {
        strbuf_add_text(out, " one is so");
    } else {
        strbuf_add_char(out, ' ');
        rule_words_level(out, rule);
        strbuf_add_text(out, " in ");
        rule_summary_add_duration(out, rule->window_ns);
    }
    if (rule->for_ns) {
        strbuf_add_text(out, " for ");
        rule_summary_add_duration(out, rule->for_ns);
    }
}

static void add_row(struct strbuf *out, const struct rule *rule, size_t name, size_t group)
{
    size_t start;

    strbuf_addf(out, "%-*s %-*s %-*s ", (int)name, rule->name, SEVERITY_WIDTH,
                rule_severity_name(rule->severity), ON_WIDTH, rule_occasions[rule->occasion].name);
    start = out->len;
    add_group(out, rule);
    while (out->len - start <= group && !out->failed)
        strbuf_add_char(out, ' ');
    add_measure(out, rule);
    strbuf_add_char(out, '\n');
}

static void member_text(struct jsonw *j, const char *name, struct slice text)
{
    jsonw_key(j, name);
    jsonw_text(j, text);
}

static void member_real(struct jsonw *j, const char *name, double value)
{
    jsonw_key(j, name);
    jsonw_real(j, value, 6);
}

static void member_words(struct jsonw *j, const char *name, const struct rule *rule,
                         void (*write)(struct strbuf *out, const struct rule *rule))
{
    struct strbuf words = { 0 };

    write(&words, rule);
    member_text(j, name, words.len ? strbuf_slice(&words) : SLICE_ABSENT);
    strbuf_fini(&words);
}

static void add_groups(struct jsonw *j, const struct rule *rule)
{
    jsonw_key(j, "group_by");
    jsonw_array_open(j);
    for (size_t i = 0; i < rule->group_count; i++) {
        struct strbuf name = { 0 };

        rule_field_name(&rule->group[i], &name);
        jsonw_text(j, strbuf_slice(&name));
        strbuf_fini(&name);
    }
    jsonw_array_close(j);
}

static void add_json(struct strbuf *out, const struct rule *rule)
{
    struct jsonw j = jsonw_to(out);

    jsonw_object_open(&j);
    member_text(&j, "type", SLICE("rule"));
    member_text(&j, "rule", slice_of_text(rule->name));
    member_text(&j, "severity", slice_of_text(rule_severity_name(rule->severity)));
    member_text(&j, "on", slice_of_text(rule_occasions[rule->occasion].name));
    member_text(&j, "measure", slice_of_text(rule_measure_name(rule->measure)));
    add_groups(&j, rule);
    member_text(&j, "unit", rule->unit);
    member_real(&j, "threshold", rule->threshold);
    member_real(&j, "window_s", (double)rule->window_ns / 1e9);
    member_words(&j, "fires", rule, rule_words_condition);
    member_words(&j, "over", rule, rule_words_clear);
    member_words(&j, "escalates", rule, rule_words_escalations);
    member_text(&j, "description", rule->description);
    member_text(&j, "reason", rule->reason);
    member_text(&j, "runbook", rule->runbook);
    jsonw_object_close(&j);
    strbuf_add_char(out, '\n');
}

static void add_table(struct strbuf *out, const struct rule_folder *folder)
{
    size_t name = NAME_LEAST, group = GROUP_LEAST;

    for (size_t i = 0; i < folder->count; i++) {
        const struct rule *rule = folder->files[i].rule;
        struct strbuf text = { 0 };
        size_t len = strlen(rule->name);

        add_group(&text, rule);
        name = len > name ? len : name;
        group = text.len > group ? text.len : group;
        strbuf_fini(&text);
    }
    add_heading(out, name, group);
    for (size_t i = 0; i < folder->count; i++)
        add_row(out, folder->files[i].rule, name, group);
}

int cmd_rules_list(int argc, char **argv)
{
    bool json = false, markdown = false;
    const struct cli_option options[] = {
        { "json", 'j', CLI_FLAG, NULL, "one JSON object a line", &json, 0, 0 },
        { "markdown", 0, CLI_FLAG, NULL, "a page of them all, as docs/ALERTS.md", &markdown, 0, 0 },
    };
    const struct cli_command command = {
        "rules list",
        "[DIR|FILE]",
        "lists alert rules: what each watches, and when it fires",
        "Without a name those that came with earshot.\n",
        options,
        sizeof options / sizeof options[0],
    };
    char room[FOLDERS_PATH_MAX];
    struct rule_folder *folder;
    struct strbuf out = { 0 };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (argc - first > 1)
        return cli_fail(&command, EXIT_USAGE, "one folder or one file, not '%s' too",
                        argv[first + 1]);
    folder = calloc(1, sizeof *folder);
    if (!folder)
        return cli_fail(&command, EXIT_TROUBLE, "no memory");
    status = cmd_rules_read(&command, first < argc ? argv[first] : NULL, folder, room);
    if (markdown)
        rule_page_write(&out, folder);
    else if (!json)
        add_table(&out, folder);
    for (size_t i = 0; json && i < folder->count; i++)
        add_json(&out, folder->files[i].rule);
    if (out.len)
        fwrite(out.p, 1, out.len, stdout);
    strbuf_fini(&out);
    rule_folder_fini(folder);
    free(folder);
    if (fflush(stdout) != 0)
        return EXIT_CANNOT_WRITE;
    return status == -1 ? EXIT_OK : status;
}
