#include "rules/rule_summary.h"

#include "analyzer/base/nearest.h"

#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

const struct slice rule_summary_default =
    SLICE_INIT("{rule} at {group}: {matching} of {samples} in {window} ({ratio}), since {since}");

void rule_summary_add_duration(struct strbuf *out, int64_t duration_ns)
{
    long long s = (long long)(duration_ns / NS_PER_S);

    if (s <= 120)
        strbuf_addf(out, "%lld s", s);
    else if (s < 3600 && s % 60 == 0)
        strbuf_addf(out, "%lld min", s / 60);
    else if (s < 3600)
        strbuf_addf(out, "%lld min %lld s", s / 60, s % 60);
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

static void add_rule(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_add_slice(out, f->rule);
}

static void add_group(struct strbuf *out, const struct rule_facts *f)
{
    strbuf_add_slice(out, f->group.p ? f->group : SLICE("all"));
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
    double percent = f->samples > 0 ? 100.0 * (double)f->matching / (double)f->samples : 0;

    strbuf_addf(out, percent < 9.95 ? "%.1f %%" : "%.0f %%", percent);
}

static void add_window(struct strbuf *out, const struct rule_facts *f)
{
    rule_summary_add_duration(out, f->window_ns);
}

static void add_since(struct strbuf *out, const struct rule_facts *f)
{
    rule_summary_add_time(out, f->since_ns);
}

static const struct {
    const char *name;
    void (*add)(struct strbuf *out, const struct rule_facts *facts);
} placeholders[] = {
    { "rule", add_rule },       { "group", add_group }, { "matching", add_matching },
    { "samples", add_samples }, { "ratio", add_ratio }, { "window", add_window },
    { "since", add_since },
};

/* Takes the text before the next placeholder, and its name (absent at the end). */
static struct slice next_piece(struct slice *rest, struct slice *name)
{
    struct slice text = slice_cut(rest, '{');

    *name = text.p + text.len < rest->p ? slice_cut(rest, '}') : SLICE_ABSENT;
    return text;
}

static size_t find_placeholder(struct slice name)
{
    size_t i = 0;

    while (i < COUNT(placeholders) && !slice_eq(name, slice_of_text(placeholders[i].name)))
        i++;
    return i;
}

bool rule_summary_check(struct slice summary, struct slice *bad, const char **nearest)
{
    const char *names[COUNT(placeholders)];

    for (size_t i = 0; i < COUNT(placeholders); i++)
        names[i] = placeholders[i].name;
    while (summary.len) {
        struct slice name;

        next_piece(&summary, &name);
        if (name.p && find_placeholder(name) == COUNT(placeholders)) {
            *bad = name;
            *nearest = nearest_name(name, names, COUNT(placeholders));
            return false;
        }
    }
    return true;
}

void rule_summary_write(struct strbuf *out, struct slice summary, const struct rule_facts *facts)
{
    while (summary.len) {
        struct slice name;
        size_t which;

        strbuf_add_printable(out, next_piece(&summary, &name));
        which = name.p ? find_placeholder(name) : COUNT(placeholders);
        if (which < COUNT(placeholders))
            placeholders[which].add(out, facts);
    }
}
