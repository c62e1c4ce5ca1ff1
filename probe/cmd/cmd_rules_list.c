#include "analyzer/base/jsonw.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd_rules.h"
#include "rules/rule_page.h"
#include "rules/rule_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEVERITY_WIDTH = 8, ON_WIDTH = 12, NAME_LEAST = 4 };

static void add_heading(struct strbuf *out, size_t width)
{
    strbuf_addf(out, "%-*s %-*s %-*s %s\n", (int)width, "RULE", SEVERITY_WIDTH, "SEVERITY",
                ON_WIDTH, "ON", "FIRES");
}

static void add_row(struct strbuf *out, const struct rule *rule, size_t width)
{
    strbuf_addf(out, "%-*s %-*s %-*s ", (int)width, rule->name, SEVERITY_WIDTH,
                rule_severity_name(rule->severity), ON_WIDTH, rule_occasions[rule->occasion].name);
    rule_words_condition(out, rule);
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
    size_t width = NAME_LEAST;

    for (size_t i = 0; i < folder->count; i++) {
        size_t len = strlen(folder->files[i].rule->name);

        width = len > width ? len : width;
    }
    add_heading(out, width);
    for (size_t i = 0; i < folder->count; i++)
        add_row(out, folder->files[i].rule, width);
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
