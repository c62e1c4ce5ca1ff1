#include "rules/rule_summary.h"

#include "analyzer/base/nearest.h"
#include "rules/rule_unit.h"

#include <math.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

const struct slice rule_summary_default =
    SLICE_INIT("{rule} at {group}: {value} in {window} ({matching} of {samples}), since {since}");

void rule_summary_add_duration(struct strbuf *out, int64_t duration_ns)
{
    long long s = (long long)(duration_ns / NS_PER_S);

    if (s < 120)
        strbuf_addf(out, "%lld s", s);
    else if (s < 3600 && s % 60 == 0)
        strbuf_addf(out, "%lld min", s / 60);
    else if (s < 3600)
        strbuf_addf(out, "%lld min %lld s", s / 60, s % 60);
    else if (s >= 2 * 86400 && s % 86400 == 0)
        strbuf_addf(out, "%lld days", s / 86400);
    else if (s % 3600 < 60)
        strbuf_addf(out, "%lld h", s / 3600);
    else
        strbuf_addf(out, "%lld h %lld min", s / 3600, s % 3600 / 60);
}

void rule_summary_add_time(struct strbuf *out, int64_t time_ns)
{
    time_t s = (time_t)(time_ns / NS_PER_S);
    struct tm tm;

    if (gmtime_r(&s, &tm))
        strbuf_addf(out, "%02d:%02d:%02d UTC", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void rule_summary_add_group(struct strbuf *out, struct slice text)
{
    if (text.len > RULE_GROUP_TEXT_MAX) {
        text.len = RULE_GROUP_TEXT_MAX - 3;
        /* Not in the middle of a character. */
        while (text.len && ((unsigned char)text.p[text.len] & 0xc0) == 0x80)
            text.len--;
        strbuf_add_printable(out, text);
        strbuf_add_text(out, "...");
        return;
    }
    strbuf_add_printable(out, text);
}

/* --- placeholders --------------------------------------------------------------------------- */

static void add_rule(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_add_text(out, f->rule->name);
}

static void add_group(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_add_slice(out, f->group.p ? f->group : SLICE("all"));
}

static void add_severity(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_add_text(out, rule_severity_name(f->severity));
}

static void add_value(struct strbuf *out, const struct rule_facts *f)
{
    rule_unit_write(out, f->value, f->rule->unit);
}

static void add_threshold(struct strbuf *out, const struct rule_facts *f)
{
    rule_unit_write(out, f->threshold, f->rule->unit);
}

static void add_baseline(struct strbuf *out, const struct rule_facts *f)
{
    rule_unit_write(out, f->baseline, f->rule->unit);
}

static void add_before(struct strbuf *out, const struct rule_facts *f)
{
    rule_unit_write(out, f->before, f->rule->unit);
}

/* How far from normal, without a sign: the sentence says whether it fell or rose. */
static void add_change(struct strbuf *out, const struct rule_facts *f)
{
    double change = fabs(f->value - f->baseline);

    if (f->rule->baseline.is_points) {
        rule_unit_write(out, change * 100, SLICE(""));
        strbuf_add_text(out, " points");
    } else if (f->baseline == 0) {
        strbuf_add_text(out, "from nothing");
    } else {
        rule_unit_write(out, change / fabs(f->baseline), SLICE("ratio"));
    }
}

static void add_matching(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_addf(out, "%lld", (long long)f->matching);
}

static void add_samples(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_addf(out, "%lld", (long long)f->samples);
}

static void add_ratio(struct strbuf *out, const struct rule_facts *f)
{
    rule_unit_write(out, f->samples > 0 ? (double)f->matching / (double)f->samples : NAN,
                    SLICE("ratio"));
}

static void add_window(struct strbuf *out, const struct rule_facts *f)
{
    rule_summary_add_duration(out, f->rule->window_ns);
}

static void add_since(struct strbuf *out, const struct rule_facts *f)
{
    rule_summary_add_time(out, f->since_ns);
}

static void add_top(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_add_slice(out, f->top.p ? f->top : SLICE("unknown"));
}

enum needs { NOTHING, NEEDS_BASELINE, NEEDS_TOP };

static const struct placeholder {
    const char *name;
    void (*add)(struct strbuf *out, const struct rule_facts *facts);
    enum needs needs;
} placeholders[] = {
    { "rule", add_rule, NOTHING },           { "group", add_group, NOTHING },
    { "severity", add_severity, NOTHING },   { "value", add_value, NOTHING },
    { "threshold", add_threshold, NOTHING }, { "baseline", add_baseline, NEEDS_BASELINE },
    { "before", add_before, NOTHING },       { "change", add_change, NEEDS_BASELINE },
    { "matching", add_matching, NOTHING },   { "samples", add_samples, NOTHING },
    { "ratio", add_ratio, NOTHING },         { "window", add_window, NOTHING },
    { "since", add_since, NOTHING },         { "top", add_top, NEEDS_TOP },
};

/* --- templates ------------------------------------------------------------------------------ */

/* Takes the text before the next placeholder, and its name (absent at the end). */
static struct slice next_piece(struct slice *rest, struct slice *name)
{
    struct slice text = slice_cut(rest, '{');

    *name = text.p + text.len < rest->p ? slice_cut(rest, '}') : SLICE_ABSENT;
    return text;
}

/* NULL: none. */
static const struct placeholder *find_placeholder(struct slice name)
{
    for (size_t i = 0; i < COUNT(placeholders); i++) {
        if (slice_eq(name, slice_of_text(placeholders[i].name)))
            return &placeholders[i];
    }
    return NULL;
}

/* The field of the group that is called so; group_count: none. */
static size_t find_field(const struct rule *rule, struct slice name)
{
    size_t i = 0;

    while (i < rule->group_count && !rule_field_is_called(&rule->group[i], name))
        i++;
    return i;
}

static const char *missing(const struct rule *rule, const struct placeholder *p)
{
    if (p->needs == NEEDS_BASELINE && !rule->baseline.is_used)
        return "the rule has no 'baseline'";
    if (p->needs == NEEDS_TOP && rule->top_count == 0)
        return "the rule has no 'top'";
    return NULL;
}

static const char *find_nearest(const struct rule *rule, struct slice name)
{
    const char *names[COUNT(placeholders) + RULE_GROUP_FIELDS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(placeholders); i++)
        names[count++] = placeholders[i].name;
    for (size_t i = 0; i < rule->group_count; i++)
        names[count++] = rule->group[i].field->name;
    return nearest_name(name, names, count);
}

bool rule_summary_check(struct slice summary, const struct rule *rule,
                        struct rule_summary_fault *fault)
{
    const char *start = summary.p;

    while (summary.len) {
        const struct placeholder *p;
        struct slice name;

        next_piece(&summary, &name);
        if (!name.p || find_field(rule, name) < rule->group_count)
            continue;
        p = find_placeholder(name);
        *fault = (struct rule_summary_fault){ .bad = name, .at = (size_t)(name.p - start) };
        if (!p)
            fault->nearest = find_nearest(rule, name);
        else
            fault->why = missing(rule, p);
        if (!p || fault->why)
            return false;
    }
    return true;
}

void rule_summary_write(struct strbuf *out, const struct rule_facts *facts)
{
    const struct rule *rule = facts->rule;
    struct slice summary = rule->summary;

    while (summary.len) {
        const struct placeholder *p;
        struct slice name;
        size_t field;

        strbuf_add_printable(out, next_piece(&summary, &name));
        if (!name.p)
            continue;
        field = find_field(rule, name);
        p = find_placeholder(name);
        if (field < rule->group_count)
            strbuf_add_slice(out, facts->fields[field]);
        else if (p)
            p->add(out, facts);
    }
}
