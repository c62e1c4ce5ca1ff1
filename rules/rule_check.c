/*
 * rule_check - what stands in several keys of a rule at once, and what follows from them.
 */
#include "analyzer/base/log.h"
#include "rules/rule_place.h"
#include "rules/rule_reader.h"
#include "rules/rule_summary.h"

#include <errno.h>
#include <math.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Where a fault about a key is told: at its value, or where the rule begins. */
static const struct rule_node *place(const struct rule_reader *r, const char *key)
{
    const struct rule_node *n = rule_yaml_find(r->map, key);

    return n ? n : r->map;
}

static bool has(const struct rule_reader *r, const char *key)
{
    return rule_yaml_find(r->map, key) != NULL;
}

/* --- what a measure needs ------------------------------------------------------------------- */

enum need { NEVER, MAY, MUST };

static const struct {
    uint8_t where, of, per, min_samples;
    const char *why; /* of MUST and NEVER */
} needs[RULE_MEASURES] = {
    [RULE_COUNT] = { MAY, NEVER, NEVER, MAY, "it counts records" },
    [RULE_RATE] = { MAY, NEVER, NEVER, MAY, "it counts records" },
    [RULE_RATIO] = { MUST, NEVER, NEVER, MUST, "it is the matching records of all" },
    [RULE_SHARE] = { MAY, NEVER, NEVER, MUST, "it is the group's records of all groups'" },
    [RULE_SUM] = { MAY, MUST, MAY, MAY, "it adds that up" },
    [RULE_MEAN] = { MAY, MUST, NEVER, MUST, "it is the mean of that" },
    [RULE_PERCENTILE] = { MAY, MUST, NEVER, MUST, "it is the percentile of that" },
    [RULE_DISTINCT] = { MAY, MUST, NEVER, MAY, "it counts the values of that" },
    [RULE_REPEATS] = { MAY, MUST, NEVER, MAY, "it is how often each value of that comes" },
    [RULE_LAST] = { MAY, MAY, MAY, MAY, "" },
    [RULE_GROWTH] = { MAY, MUST, MAY, MAY, "it is how much that grew" },
    [RULE_REMAINING] = { MAY, MUST, NEVER, MAY, "it is the days until that time" },
    [RULE_ABSENCE] = { MAY, NEVER, NEVER, MAY, "it is the time since the last record" },
};

static int check_need(struct rule_reader *r, const char *key, uint8_t need)
{
    const char *measure = rule_measure_name(r->rule->measure);
    const char *why = needs[r->rule->measure].why;

    if (need == MUST && !has(r, key))
        return rule_yaml_fault(r->fault, place(r, "measure"), "a %s needs '%s': %s", measure, key,
                               why);
    if (need == NEVER && has(r, key))
        return rule_yaml_fault(r->fault, place(r, key), "a %s has no '%s': %s", measure, key, why);
    return 0;
}

static void check_measure(struct rule_reader *r)
{
    const struct rule *rule = r->rule;
    bool is_percentile = rule->measure == RULE_PERCENTILE;

    if (rule->measure == RULE_RATIO && !has(r, "where"))
        rule_yaml_fault(r->fault, place(r, "measure"),
                        "a ratio needs 'where', else it is always 100%%");
    check_need(r, "of", needs[rule->measure].of);
    check_need(r, "per", needs[rule->measure].per);
    if (needs[rule->measure].min_samples == MUST && !has(r, "min_samples"))
        rule_yaml_fault(r->fault, place(r, "measure"),
                        "a %s needs 'min_samples', so that 2 of 3 wake nobody",
                        rule_measure_name(rule->measure));
    if (rule->measure == RULE_SHARE && !has(r, "group_by"))
        rule_yaml_fault(r->fault, place(r, "measure"),
                        "a share needs 'group_by', else it is always 100%%");
    if (rule->measure == RULE_LAST && !has(r, "of") && !has(r, "where"))
        rule_yaml_fault(r->fault, place(r, "measure"),
                        "the last one needs 'of', or 'where': what of it is bad?");
    if (is_percentile && !has(r, "percentile"))
        rule_yaml_fault(r->fault, place(r, "measure"), "a percentile needs 'percentile': 95");
    if (!is_percentile && has(r, "percentile"))
        rule_yaml_fault(r->fault, place(r, "percentile"),
                        "'percentile' goes with 'measure: percentile' alone");
}

/* --- what is known when --------------------------------------------------------------------- */

/* Fields of a call that nobody knows before. */
static const struct {
    const char *name;
    enum rule_occasion from;
} known[] = {
    { "outcome", RULE_CALL_SETTLED },
    { "nos_cause", RULE_CALL_SETTLED },
    { "final_status", RULE_CALL_SETTLED },
    { "final_reason", RULE_CALL_SETTLED },
    { "setup_ms", RULE_CALL_SETTLED },
    { "ring_ms", RULE_CALL_SETTLED },
    { "post_dial_delay_ms", RULE_CALL_SETTLED },
    { "settled_time", RULE_CALL_SETTLED },
    { "answer_time", RULE_CALL_SETTLED },
    { "duration_ms", RULE_CALL_CLOSED },
    { "disconnect_delay_ms", RULE_CALL_CLOSED },
    { "mos_lq", RULE_CALL_CLOSED },
    { "mos_cq", RULE_CALL_CLOSED },
    { "jitter_ms_p95", RULE_CALL_CLOSED },
    { "loss_ratio", RULE_CALL_CLOSED },
    { "bad_seconds", RULE_CALL_CLOSED },
    { "worst_10s_mos_lq", RULE_CALL_CLOSED },
    { "interval_mos.p5", RULE_CALL_CLOSED },
    { "interval_mos.p50", RULE_CALL_CLOSED },
    { "silence_ratio", RULE_CALL_CLOSED },
    { "one_way", RULE_CALL_CLOSED },
    { "media_verdict", RULE_CALL_CLOSED },
    { "media_timeouts", RULE_CALL_CLOSED },
    { "codec_changes_unannounced", RULE_CALL_CLOSED },
};

static void check_known(struct rule_reader *r, const char *key, const struct record_field *field)
{
    if (r->rule->type != &record_type_call || !field)
        return;
    for (size_t i = 0; i < COUNT(known); i++) {
        if (strcmp(known[i].name, field->name) == 0 && known[i].from > r->rule->occasion)
            rule_yaml_fault(r->fault, place(r, key), "%s is not known yet at %s: use 'on: %s'",
                            field->name, rule_occasions[r->rule->occasion].name,
                            rule_occasions[known[i].from].name);
    }
}

static void check_filter_known(struct rule_reader *r, const char *key, const struct filter *f)
{
    for (uint16_t i = 0; f && i < f->test_count; i++) {
        /* Where a word looks at several fields, one of them may be known. */
        if (!f->tests[i].members[1])
            check_known(r, key, f->tests[i].members[0]);
    }
}

static void check_all_known(struct rule_reader *r)
{
    const struct rule *rule = r->rule;

    check_filter_known(r, "among", rule->among);
    check_filter_known(r, "where", rule->where);
    for (size_t i = 0; i < rule->group_count; i++)
        check_known(r, "group_by", rule->group[i].field);
    for (size_t i = 0; i < rule->of_count; i++)
        check_known(r, "of", rule->of[i].field);
    check_known(r, "per", rule->per.field);
    for (size_t i = 0; i < rule->top_count; i++)
        check_known(r, "top", rule->top[i].field);
}

/* --- doubtful calls ------------------------------------------------------------------------- */

static bool names(const struct filter *f, const struct record_field *field)
{
    for (uint16_t i = 0; f && i < f->test_count; i++) {
        for (size_t m = 0; m < FILTER_MEMBERS_MAX; m++) {
            if (f->tests[i].members[m] == field)
                return true;
        }
    }
    return false;
}

static bool measures(const struct rule *rule, const struct record_field *field)
{
    for (size_t i = 0; i < rule->of_count; i++) {
        if (rule->of[i].field == field)
            return true;
    }
    for (size_t i = 0; i < rule->group_count; i++) {
        if (rule->group[i].field == field)
            return true;
    }
    return false;
}

/* Comes about by what was captured, or was not. */
static bool is_of_quality(const struct rule *rule)
{
    static const char *const fields[] = {
        "mos_lq",        "mos_cq",           "jitter_ms_p95",   "loss_ratio",
        "bad_seconds",   "worst_10s_mos_lq", "interval_mos.p5", "interval_mos.p50",
        "silence_ratio", "one_way",          "media_verdict",   "media_timeouts",
    };

    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct record_field *f = record_field_find(rule->type, slice_of_text(fields[i]));

        if (f && (names(rule->among, f) || names(rule->where, f) || measures(rule, f)))
            return true;
    }
    return false;
}

/* A rule that asks for the confidence itself knows what it does. */
static void set_confident(struct rule *rule)
{
    const struct record_field *f = record_field_find(rule->type, SLICE("capture_confidence"));

    if (rule->type == &record_type_call && f)
        rule->confident = is_of_quality(rule) && !names(rule->among, f) && !names(rule->where, f);
}

/* --- texts ---------------------------------------------------------------------------------- */

static void check_summary(struct rule_reader *r)
{
    const struct rule_node *node = rule_yaml_find(r->map, "summary");
    struct rule_summary_fault f;
    size_t before, character = 1;
    int line, column;

    if (!node || !r->rule->summary.p || rule_summary_check(r->rule->summary, r->rule, &f))
        return;
    /* The '{' is meant; what was trimmed stands before it. */
    before = (size_t)(r->rule->summary.p - node->text.p) + f.at - 1;
    for (size_t i = 0; i < before; i++)
        character += ((uint8_t)node->text.p[i] & 0xc0) != 0x80;
    rule_place_find(r->file, node, character, &line, &column);
    if (f.why)
        rule_yaml_fault_at(r->fault, line, column, "%s, so there is no {%s}", f.why,
                           log_text(f.bad));
    else if (f.nearest)
        rule_yaml_fault_at(r->fault, line, column, "there is no {%s}, did you mean {%s}?",
                           log_text(f.bad), f.nearest);
    else
        rule_yaml_fault_at(r->fault, line, column,
                           "there is no {%s}; rules/README.md lists what a summary can say",
                           log_text(f.bad));
}

static void check_labels(struct rule_reader *r)
{
    const struct rule *rule = r->rule;

    for (size_t i = 0; i < rule->label_count; i++) {
        for (size_t g = 0; g < rule->group_count; g++) {
            if (rule_field_is_called(&rule->group[g], rule->labels[i].name))
                rule_yaml_fault(r->fault, place(r, "labels"),
                                "the label '%s' is that of the group already",
                                log_text(rule->labels[i].name));
        }
    }
}

static void add_filter(struct strbuf *out, const struct rule_node *node, const struct filter *f)
{
    bool has_or = false;

    if (!f)
        return;
    for (uint16_t i = 0; i < f->node_count; i++)
        has_or = has_or || f->nodes[i].kind == FILTER_OR;
    strbuf_add_text(out, out->len ? " " : "");
    strbuf_add_text(out, has_or ? "(" : "");
    strbuf_add_printable(out, slice_trim(node->text));
    strbuf_add_text(out, has_or ? ")" : "");
}

static int make_search(struct rule_reader *r)
{
    struct rule *rule = r->rule;

    if (rule->type != &record_type_call)
        return 0;
    add_filter(&rule->texts, rule_yaml_find(r->map, "among"), rule->among);
    add_filter(&rule->texts, rule_yaml_find(r->map, "where"), rule->where);
    if (rule->texts.failed)
        return -ENOMEM;
    rule->where_text = rule->texts.len ? strbuf_slice(&rule->texts) : SLICE("");
    return 0;
}

/* Where the measure being low is the sign, none that match may be the worst of it. */
static void set_min_matching(struct rule *rule)
{
    bool is_low = rule->is_below || rule->measure == RULE_LAST || rule->measure == RULE_ABSENCE ||
                  rule->measure == RULE_REMAINING || rule->measure == RULE_GROWTH;

    rule->min_matching = is_low ? 0 : 1;
}

int rule_check(struct rule_reader *r)
{
    if (!has(r, "min_matching"))
        set_min_matching(r->rule);
    if (!rule_reader_has_measure(r))
        return 0;
    check_measure(r);
    check_all_known(r);
    check_summary(r);
    check_labels(r);
    if (!has(r, "capture_confidence"))
        set_confident(r->rule);
    return make_search(r);
}
