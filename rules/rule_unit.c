#include "rules/rule_unit.h"

#include <math.h>
#include <stdio.h>

#define MS_PER_DAY 86400e3

static const struct {
    const char *name;
    const char *number; /* of rule_number_real; NULL: none */
} units[] = {
    { "ratio", "%" }, { "ms", "ms" }, { "s", "s" }, { "days", "d" }, { "bytes", NULL },
};

enum { UNITS = sizeof units / sizeof units[0], RATIO = 0, MS, S, DAYS, BYTES };

/* UNITS: none of them. */
static size_t find(struct slice unit)
{
    size_t i = 0;

    while (i < UNITS && !slice_eq(unit, slice_of_text(units[i].name)))
        i++;
    return i;
}

const char *rule_unit_number(struct slice unit)
{
    size_t i = find(unit);

    return i < UNITS ? units[i].number : NULL;
}

bool rule_unit_is_fixed(struct slice unit)
{
    return find(unit) < UNITS;
}

/* --- which ---------------------------------------------------------------------------------- */

/* "pdd_ms.p95" and "pdd_ms_p95" hold "_ms" as a word. */
static bool has_word(const char *name, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(name, word); at; at = strstr(at + 1, word)) {
        if (at[len] == '\0' || at[len] == '.' || at[len] == '_')
            return true;
    }
    return false;
}

const char *rule_unit_of_field(const struct record_field *field)
{
    if (has_word(field->name, "_ratio"))
        return "ratio";
    if (has_word(field->name, "_bytes"))
        return has_word(field->name, "_bytes_s") ? "bytes/s" : "bytes";
    if (has_word(field->name, "_ms"))
        return "ms";
    if (has_word(field->name, "_s") || strcmp(field->name, "bad_seconds") == 0)
        return "s";
    if (strcmp(field->name, "days_left") == 0)
        return "days";
    if (strcmp(field->name, "concurrent") == 0 || strcmp(field->name, "concurrent_max") == 0)
        return "calls";
    if (strncmp(field->name, "round_trip", 10) == 0)
        return "ms";
    return NULL;
}

const char *rule_unit_of(const struct rule *rule)
{
    bool is_calls = rule->type == &record_type_call;
    bool is_requests = rule->type == &record_type_transaction;

    switch (rule->measure) {
    case RULE_RATIO:
    case RULE_SHARE:
        return "ratio";
    case RULE_COUNT:
        return is_calls ? "calls" : is_requests ? "requests" : NULL;
    case RULE_RATE:
        return is_calls ? "calls/s" : is_requests ? "requests/s" : "1/s";
    case RULE_REMAINING:
        return "days";
    case RULE_ABSENCE:
        return "s";
    case RULE_DISTINCT:
    case RULE_REPEATS:
        return NULL;
    default:
        if (rule->per.field)
            return "ratio";
        return rule->of_count ? rule_unit_of_field(rule->of[0].field) : NULL;
    }
}

/* --- written -------------------------------------------------------------------------------- */

/* One decimal where it tells something: 3.4, 12, 3. */
static void add_short(struct strbuf *out, double value)
{
    bool is_whole = fabs(value) >= 99.95 || fabs(value - round(value)) < 0.05;

    strbuf_addf(out, is_whole ? "%.0f" : "%.1f", value);
}

static void add_plain(struct strbuf *out, double value)
{
    if (value == floor(value) || fabs(value) >= 100)
        strbuf_addf(out, "%.0f", value);
    else
        strbuf_addf(out, "%.3g", value);
}

static void add_percent(struct strbuf *out, double percent)
{
    if (percent >= 99.5 && percent < 100)
        strbuf_addf(out, "%.1f %%", fmin(percent, 99.9));
    else if (percent >= 9.95)
        strbuf_addf(out, "%.0f %%", percent);
    else if (percent >= 0.095)
        strbuf_addf(out, "%.1f %%", percent);
    else
        strbuf_addf(out, "%.2g %%", percent);
    /* "5.0 %" */
    if (out->len > 4 && memcmp(out->p + out->len - 4, ".0 %", 4) == 0) {
        strbuf_chop(out, 4);
        strbuf_add_text(out, " %");
    }
}

static void add_time(struct strbuf *out, double ms)
{
    static const struct {
        double up_to, ms;
        const char *name;
    } steps[] = {
        { 999.5, 1, "ms" },
        { 59950, 1000, "s" },
        { 59.95 * 60e3, 60e3, "min" },
        { 2 * MS_PER_DAY, 3600e3, "h" },
        { INFINITY, MS_PER_DAY, "days" },
    };
    size_t i = 0;

    while (ms >= steps[i].up_to)
        i++;
    add_short(out, ms / steps[i].ms);
    strbuf_addf(out, " %s", steps[i].name);
}

static void add_bytes(struct strbuf *out, double bytes)
{
    static const char *const names[] = { "bytes", "kB", "MB", "GB", "TB" };
    size_t i = 0;

    while (i < 4 && bytes >= 999.5) {
        bytes /= 1000;
        i++;
    }
    add_short(out, bytes);
    strbuf_addf(out, " %s", names[i]);
}

/* "1 call", "2 calls", "0.5 calls/s" */
static void add_other(struct strbuf *out, double value, struct slice unit)
{
    add_plain(out, value);
    if (unit.len == 0)
        return;
    if (value == 1 && unit.len > 1 && unit.p[unit.len - 1] == 's' && !memchr(unit.p, '/', unit.len))
        unit.len--;
    strbuf_add_char(out, ' ');
    strbuf_add_printable(out, unit);
}

void rule_unit_write(struct strbuf *out, double value, struct slice unit)
{
    if (!isfinite(value)) {
        strbuf_add_text(out, "unknown");
        return;
    }
    if (value < 0) {
        strbuf_add_char(out, '-');
        value = -value;
    }
    if (value == 0 && (find(unit) == S || find(unit) == DAYS)) {
        strbuf_addf(out, "0 %s", units[find(unit)].name);
        return;
    }
    switch (find(unit)) {
    case RATIO:
        add_percent(out, value * 100);
        break;
    case MS:
        add_time(out, value);
        break;
    case S:
        add_time(out, value * 1000);
        break;
    case DAYS:
        add_time(out, value * MS_PER_DAY);
        break;
    case BYTES:
        add_bytes(out, value);
        break;
    default:
        add_other(out, value, unit);
    }
}
