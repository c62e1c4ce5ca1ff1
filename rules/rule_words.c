#include "rules/rule_words.h"

#include "rules/rule_summary.h"
#include "rules/rule_unit.h"
#include "rules/rule_yaml.h"

#include <math.h>

/* What the records of an occasion are called, one and several. */
static const struct {
    const char *one, *several;
} nouns[RULE_OCCASIONS] = {
    [RULE_CALL_OPENED] = { "call that begins", "calls that begin" },
    [RULE_CALL_SETTLED] = { "call", "calls" },
    [RULE_CALL_CLOSED] = { "call that ended", "calls that ended" },
    [RULE_TRANSACTION] = { "request", "requests" },
    [RULE_MINUTE] = { "minute", "minutes" },
    [RULE_REGISTRATION] = { "registration", "registrations" },
    [RULE_PEER] = { "report of a peer", "reports of peers" },
    [RULE_SECURITY] = { "fact about a source", "facts about sources" },
    [RULE_CERTIFICATE] = { "certificate", "certificates" },
    [RULE_MIRROR] = { "report of the mirror", "reports of the mirror" },
    [RULE_CAPTURE] = { "ledger", "ledgers" },
    [RULE_STORE] = { "report of the store", "reports of the store" },
    [RULE_LOAD] = { "load of a trunk", "loads of trunks" },
    [RULE_PROBE] = { "report of the probe", "reports of the probe" },
};

static const char *noun(const struct rule *rule)
{
    return nouns[rule->occasion].several;
}

/* The filter as it was written. */
static void add_filter(struct strbuf *out, const struct rule *rule, const char *key,
                       const char *before)
{
    const struct rule_node *node = rule_yaml_find(rule->tree, key);

    if (!node)
        return;
    strbuf_addf(out, " %s ", before);
    strbuf_add_printable(out, slice_trim(node->text));
}

static void add_fields(struct strbuf *out, const struct rule_field *fields, size_t count,
                       const char *joint)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_add_text(out, i ? joint : "");
        rule_field_name(&fields[i], out);
    }
}

static void add_of(struct strbuf *out, const struct rule *rule)
{
    add_fields(out, rule->of, rule->of_count, " + ");
}

static void add_per(struct strbuf *out, const struct rule *rule, const char *before)
{
    if (!rule->per.field)
        return;
    strbuf_add_text(out, before);
    rule_field_name(&rule->per, out);
}

/* "of calls among outcome:success that are duration<6s" */
static void add_records(struct strbuf *out, const struct rule *rule, const char *before)
{
    strbuf_addf(out, "%s%s", before, noun(rule));
    add_filter(out, rule, "among", "among");
    add_filter(out, rule, "where", "that are");
}

static void add_last(struct strbuf *out, const struct rule *rule)
{
    if (rule->of_count == 0) {
        strbuf_addf(out, "the newest %s", nouns[rule->occasion].one);
        add_filter(out, rule, "among", "among");
        add_filter(out, rule, "where", "is");
        return;
    }
    strbuf_add_text(out, "newest ");
    add_of(out, rule);
    add_per(out, rule, " / ");
    add_records(out, rule, " of ");
}

void rule_words_measure(struct strbuf *out, const struct rule *rule)
{
    switch (rule->measure) {
    case RULE_COUNT:
        add_records(out, rule, "number of ");
        break;
    case RULE_RATE:
        add_records(out, rule, "rate of ");
        break;
    case RULE_RATIO:
        add_records(out, rule, "share of ");
        break;
    case RULE_SHARE:
        add_records(out, rule, "part in all ");
        break;
    case RULE_SUM:
        strbuf_add_text(out, "sum of ");
        add_of(out, rule);
        add_per(out, rule, " / sum of ");
        add_records(out, rule, " of ");
        break;
    case RULE_MEAN:
        strbuf_add_text(out, "mean ");
        add_of(out, rule);
        add_records(out, rule, " of ");
        break;
    case RULE_PERCENTILE:
        strbuf_addf(out, "%.4gth percentile of ", rule->percentile);
        add_of(out, rule);
        add_records(out, rule, " of ");
        break;
    case RULE_DISTINCT:
        strbuf_add_text(out, "number of different ");
        add_of(out, rule);
        add_records(out, rule, " of ");
        break;
    case RULE_REPEATS:
        add_records(out, rule, "number of ");
        strbuf_add_text(out, " for each ");
        add_of(out, rule);
        break;
    case RULE_LAST:
        add_last(out, rule);
        break;
    case RULE_GROWTH:
        strbuf_add_text(out, "growth of ");
        add_of(out, rule);
        add_per(out, rule, " / growth of ");
        add_records(out, rule, " in ");
        break;
    case RULE_REMAINING:
        strbuf_add_text(out, "time left until ");
        add_of(out, rule);
        add_records(out, rule, " of ");
        break;
    default:
        strbuf_addf(out, "time since the last %s", nouns[rule->occasion].one);
        add_filter(out, rule, "among", "among");
        add_filter(out, rule, "where", "that is");
    }
}

/* --- levels --------------------------------------------------------------------------------- */

static void add_value(struct strbuf *out, const struct rule *rule, double value)
{
    rule_unit_write(out, value, rule->unit);
}

static void add_change(struct strbuf *out, const struct rule *rule, double change)
{
    if (rule->baseline.is_points)
        strbuf_addf(out, "%.4g points", change * 100);
    else
        rule_unit_write(out, change, SLICE("ratio"));
}

static bool is_truth(const struct rule *rule)
{
    return rule->measure == RULE_LAST && rule->of_count == 0;
}

void rule_words_level(struct strbuf *out, const struct rule *rule)
{
    if (rule->baseline.is_used) {
        add_change(out, rule, rule->baseline.change);
        strbuf_addf(out, " or more %s normal", rule->baseline.is_rise ? "over" : "under");
    }
    if (is_truth(rule))
        strbuf_add_text(out, "it is so");
    if (isnan(rule->threshold) || is_truth(rule))
        return;
    strbuf_add_text(out, rule->baseline.is_used ? " and " : "");
    add_value(out, rule, rule->threshold);
    strbuf_add_text(out, rule->is_below ? " or less" : " or more");
}

static void add_minimum(struct strbuf *out, const struct rule *rule)
{
    bool has_matching = rule->min_matching > 1, has_samples = rule->min_samples > 1;

    if (!has_matching && !has_samples)
        return;
    strbuf_add_text(out, ", with at least ");
    if (has_matching)
        strbuf_addf(out, "%lld%s", (long long)rule->min_matching,
                    has_samples ? " of " : " of them");
    if (has_samples)
        strbuf_addf(out, "%lld", (long long)rule->min_samples);
    if (rule->z > 0)
        strbuf_add_text(out, " and beyond chance");
}

void rule_words_condition(struct strbuf *out, const struct rule *rule)
{
    rule_words_measure(out, rule);
    if (rule->group_count) {
        strbuf_add_text(out, ", for each ");
        add_fields(out, rule->group, rule->group_count, " and ");
    }
    if (!is_truth(rule)) {
        strbuf_add_text(out, ": ");
        rule_words_level(out, rule);
        strbuf_add_text(out, " within ");
        rule_summary_add_duration(out, rule->window_ns);
    }
    add_minimum(out, rule);
    if (rule->for_ns) {
        strbuf_add_text(out, ", for ");
        rule_summary_add_duration(out, rule->for_ns);
    }
}

void rule_words_clear(struct strbuf *out, const struct rule *rule)
{
    if (!isnan(rule->clear)) {
        strbuf_add_text(out, rule->is_below ? "over " : "under ");
        add_value(out, rule, rule->clear);
    } else if (rule->baseline.is_used) {
        strbuf_add_text(out, "within ");
        add_change(out, rule,
                   isnan(rule->clear_within) ? rule->baseline.change / 2 : rule->clear_within);
        strbuf_add_text(out, " of normal");
    } else if (is_truth(rule)) {
        strbuf_add_text(out, "the newest one is not so any more");
    } else {
        strbuf_add_text(out, rule->is_below ? "over " : "under ");
        add_value(out, rule, rule->threshold);
    }
    if (rule->clear_for_ns) {
        strbuf_add_text(out, " for ");
        rule_summary_add_duration(out, rule->clear_for_ns);
    }
}

void rule_words_escalations(struct strbuf *out, const struct rule *rule)
{
    for (size_t i = 0; i < rule->escalation_count; i++) {
        const struct rule_escalation *e = &rule->escalations[i];

        strbuf_addf(out, "%s%s ", i ? "; " : "", rule_severity_name(e->severity));
        if (!isnan(e->threshold)) {
            strbuf_add_text(out, "at ");
            add_value(out, rule, e->threshold);
            strbuf_add_text(out, rule->is_below ? " or less" : " or more");
        }
        if (e->after_ns) {
            strbuf_add_text(out, isnan(e->threshold) ? "after " : " and after ");
            rule_summary_add_duration(out, e->after_ns);
        }
    }
}
