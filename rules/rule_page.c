#include "rules/rule_page.h"

#include "rules/rule_builtin.h"
#include "rules/rule_words.h"

/* In this order; rules of other areas stand behind them. */
static const struct {
    const char *area, *heading;
} areas[] = {
    { "signalling", "Signalling" },
    { "traffic", "Traffic" },
    { "capacity", "Capacity" },
    { "trunks", "Trunks" },
    { "quality", "Quality" },
    { "media", "Media" },
    { "registrations", "Registrations" },
    { "emergency", "Emergency calls" },
    { "fraud", "Fraud" },
    { "security", "Security" },
    { "certificates", "Certificates" },
    { "probe", "The probe itself" },
};

enum { AREAS = sizeof areas / sizeof areas[0] };

/* AREAS: another one. */
static size_t area_of(const struct rule *rule)
{
    for (size_t i = 0; i < rule->label_count; i++) {
        for (size_t a = 0; a < AREAS && slice_eq(rule->labels[i].name, SLICE("area")); a++) {
            if (slice_eq(rule->labels[i].value, slice_of_text(areas[a].area)))
                return a;
        }
    }
    return AREAS;
}

/* A text of several lines as one; a bar would end the cell of a table. */
static void add_line(struct strbuf *out, struct slice text)
{
    bool was_blank = false;

    for (size_t i = 0; i < text.len; i++) {
        bool is_blank = text.p[i] == '\n' || text.p[i] == ' ';

        if (is_blank && !was_blank)
            strbuf_add_char(out, ' ');
        else if (!is_blank)
            strbuf_add_char(out, text.p[i]);
        was_blank = is_blank;
    }
}

static void add_severities(struct strbuf *out, const struct rule *rule)
{
    strbuf_add_text(out, rule_severity_name(rule->severity));
    if (rule->escalation_count) {
        strbuf_add_text(out, "; ");
        rule_words_escalations(out, rule);
    }
}

static void add_row(struct strbuf *out, const struct rule *rule)
{
    strbuf_addf(out, "| [%s](#%s) | ", rule->name, rule->name);
    add_severities(out, rule);
    strbuf_add_text(out, " | ");
    rule_words_level(out, rule);
    strbuf_add_text(out, " |\n");
}

static void add_paragraph(struct strbuf *out, const char *name, struct slice text)
{
    if (!text.p)
        return;
    strbuf_addf(out, "%s", name);
    add_line(out, text);
    strbuf_add_text(out, "\n\n");
}

static void add_item(struct strbuf *out, const char *name, const struct rule *rule,
                     void (*write)(struct strbuf *out, const struct rule *rule))
{
    strbuf_addf(out, "- %s: ", name);
    write(out, rule);
    strbuf_add_char(out, '\n');
}

static void add_mutes(struct strbuf *out, const struct rule *rule)
{
    for (size_t i = 0; i < rule->muted_by_count; i++)
        strbuf_addf(out, "%s[%.*s](#%.*s)", i ? ", " : "", (int)rule->muted_by[i].len,
                    rule->muted_by[i].p, (int)rule->muted_by[i].len, rule->muted_by[i].p);
}

static void add_rule(struct strbuf *out, const struct rule *rule)
{
    strbuf_addf(out, "### %s\n\n", rule->name);
    add_paragraph(out, "", rule->description);
    add_item(out, "Severity", rule, add_severities);
    add_item(out, "Fires", rule, rule_words_condition);
    add_item(out, "Over", rule, rule_words_clear);
    if (rule->muted_by_count)
        add_item(out, "Nobody is told while one of these explains it", rule, add_mutes);
    strbuf_add_char(out, '\n');
    add_paragraph(out, "**Why these numbers.** ", rule->reason);
    add_paragraph(out, "**What to do.** ", rule->runbook);
}

static bool has_area(const struct rule_folder *folder, size_t area)
{
    for (size_t i = 0; i < folder->count; i++) {
        if (area_of(folder->files[i].rule) == area)
            return true;
    }
    return false;
}

static void add_builtin(struct strbuf *out, const struct rule_builtin *b)
{
    strbuf_addf(out, "### %.*s\n\n", (int)b->name.len, b->name.p);
    add_paragraph(out, "", b->description);
    strbuf_addf(out, "- Severity: %.*s\n- Raised by: %.*s\n\n", (int)b->severity.len, b->severity.p,
                (int)b->raised_by.len, b->raised_by.p);
    add_paragraph(out, "**Why so.** ", b->reason);
    add_paragraph(out, "**What to do.** ", b->runbook);
}

void rule_page_write(struct strbuf *out, const struct rule_folder *folder)
{
    strbuf_add_text(out, "| rule | severity | fires at |\n|---|---|---|\n");
    for (size_t i = 0; i < folder->count; i++)
        add_row(out, folder->files[i].rule);
    for (size_t a = 0; a <= AREAS; a++) {
        if (!has_area(folder, a))
            continue;
        strbuf_addf(out, "\n## %s\n\n", a < AREAS ? areas[a].heading : "Others");
        for (size_t i = 0; i < folder->count; i++) {
            if (area_of(folder->files[i].rule) == a)
                add_rule(out, folder->files[i].rule);
        }
        strbuf_chop(out, 1);
    }
    strbuf_add_text(out, "\n## From no rule file\n\n");
    for (size_t i = 0; i < RULE_BUILTINS; i++)
        add_builtin(out, &rule_builtins[i]);
    strbuf_chop(out, 1);
}
