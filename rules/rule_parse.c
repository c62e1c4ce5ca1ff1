#include "rules/rule_parse.h"

#include "analyzer/base/log.h"
#include "analyzer/base/nearest.h"
#include "rules/rule_number.h"
#include "rules/rule_place.h"
#include "rules/rule_reader.h"
#include "rules/rule_summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The second of a window is the grain of a rule: finer steps would cost a rule's memory for
 * nothing that a person could react to. */
#define WINDOW_MAX (10 * RULE_DAY) /* 240 steps of an hour: days without a handshake */
#define HOLD_MAX   RULE_DAY

enum { LABEL_NAME_MAX = 32, LABEL_VALUE_MAX = 100 };

static const struct rule_node top_of_file = { .line = 1, .column = 1 };

/* --- words ---------------------------------------------------------------------------------- */

static int read_description(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_words(r, node, &r->rule->description);
}

static int read_reason(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_words(r, node, &r->rule->reason);
}

static int read_runbook(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_words(r, node, &r->rule->runbook);
}

static int read_summary(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_words(r, node, &r->rule->summary);
}

static int read_severity(struct rule_reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "info", "warning", "critical" };
    int which = rule_reader_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    r->rule->severity = (enum rule_severity)which;
    return 0;
}

static bool is_label_name(struct slice s)
{
    if (s.len == 0 || s.len > LABEL_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9' && i) && !(c == '_' && i))
            return false;
    }
    return true;
}

static int read_label(struct rule_reader *r, const struct rule_node *node)
{
    static const char *const taken[] = { "rule",      "severity", "group",
                                         "alertname", "summary",  "state" };
    struct rule *rule = r->rule;
    struct slice name = node->key->text, value = slice_trim(node->text);

    if (!is_label_name(name))
        return rule_yaml_fault(r->fault, node->key,
                               "a label is named with a-z 0-9 _ (1 to %d, a letter first)",
                               LABEL_NAME_MAX);
    for (size_t i = 0; i < COUNT(taken); i++) {
        if (slice_eq(name, slice_of_text(taken[i])))
            return rule_yaml_fault(r->fault, node->key, "the label '%s' is set by itself",
                                   taken[i]);
    }
    if (node->kind != RULE_NODE_SCALAR || value.len == 0 || value.len > LABEL_VALUE_MAX)
        return rule_yaml_fault(r->fault, node, "a label is a text of 1 to %d bytes",
                               LABEL_VALUE_MAX);
    if (rule->label_count == RULE_LABELS_MAX)
        return rule_yaml_fault(r->fault, node->key, "a rule has at most %d labels",
                               RULE_LABELS_MAX);
    rule->labels[rule->label_count++] = (struct rule_label){ name, value };
    return 0;
}

static int read_labels(struct rule_reader *r, const struct rule_node *node)
{
    int err = 0;

    if (node->kind != RULE_NODE_MAP)
        return rule_yaml_fault(r->fault, node, "'labels' is a map: { area: quality }");
    for (const struct rule_node *n = node->first; n; n = n->next) {
        int each = read_label(r, n);

        err = each ? each : err;
    }
    return err;
}

/* --- which records -------------------------------------------------------------------------- */

static int read_on(struct rule_reader *r, const struct rule_node *node)
{
    const char *words[RULE_OCCASIONS];
    int which;

    for (size_t i = 0; i < RULE_OCCASIONS; i++)
        words[i] = rule_occasions[i].name;
    which = rule_reader_choice(r, node, words, COUNT(words));
    if (which < 0)
        return which;
    r->rule->occasion = (enum rule_occasion)which;
    r->rule->type = rule_occasions[which].type;
    return 0;
}

static int read_filter(struct rule_reader *r, const struct rule_node *node, struct filter **out)
{
    struct filter_error error;
    int err, line, column;

    if (!rule_reader_has_type(r))
        return 0;
    if (rule_reader_scalar(r, node, "a filter in one line, as status:5xx"))
        return -EINVAL;
    if (slice_trim(node->text).len == 0)
        return rule_yaml_fault(r->fault, node, "'%s' is empty: leave it out",
                               log_text(node->key->text));
    err = filter_parse_record(out, r->rule->type, node->text, RECORD_NONE, &error);
    if (err != -EINVAL)
        return err;
    rule_place_find(r->file, node, error.column, &line, &column);
    return rule_yaml_fault_at(r->fault, line, column, "%s", error.text);
}

static int read_among(struct rule_reader *r, const struct rule_node *node)
{
    return read_filter(r, node, &r->rule->among);
}

static int read_where(struct rule_reader *r, const struct rule_node *node)
{
    return read_filter(r, node, &r->rule->where);
}

static bool is_any_field(const struct rule_field *f)
{
    return f->field != NULL;
}

static int read_group_field(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;
    struct rule_field f;
    int err = rule_reader_field(r, node, is_any_field, "a field", &f);

    if (err)
        return err;
    if (!rule_field_is_groupable(&f, rule->type))
        return rule_yaml_fault(r->fault, node, "%s takes too many values to group by; use %s",
                               log_text(node->text), rule_field_instead(&f, rule->type));
    rule->group[rule->group_count++] = f;
    return 0;
}

static int read_group_by(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_has_type(r)
               ? rule_reader_each(r, node, RULE_GROUP_FIELDS_MAX, read_group_field)
               : 0;
}

static int read_capture_confidence(struct rule_reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "any", "high" };
    int which = rule_reader_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    if (rule_reader_has_type(r) && r->rule->type != &record_type_call)
        return rule_yaml_fault(r->fault, node, "'capture_confidence' goes with calls only");
    r->rule->confident = which == 1;
    return 0;
}

/* --- when ----------------------------------------------------------------------------------- */

static int read_window(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_duration(r, node, RULE_SECOND, WINDOW_MAX, &r->rule->window_ns);
}

static int read_step(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;
    int err = rule_reader_duration(r, node, RULE_SECOND, HOLD_MAX, &rule->step_ns);

    if (err || rule->window_ns == 0)
        return err;
    if (rule->window_ns % rule->step_ns != 0 || rule->window_ns / rule->step_ns > RULE_BUCKETS_MAX)
        return rule_yaml_fault(r->fault, node, "the window must be 1 to %d whole steps",
                               RULE_BUCKETS_MAX);
    return 0;
}

static int read_for(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_duration(r, node, 0, HOLD_MAX, &r->rule->for_ns);
}

/* --- the measure ---------------------------------------------------------------------------- */

static int read_measure(struct rule_reader *r, const struct rule_node *node)
{
    const char *words[RULE_MEASURES];
    int which;

    for (int i = 0; i < RULE_MEASURES; i++)
        words[i] = rule_measure_name((enum rule_measure)i);
    which = rule_reader_choice(r, node, words, COUNT(words));
    if (which < 0)
        return which;
    r->rule->measure = (enum rule_measure)which;
    return 0;
}

static bool is_amount(const struct rule_field *f)
{
    return rule_field_is_number(f) && f->field->kind != FIELD_TIME;
}

static bool is_time(const struct rule_field *f)
{
    return f->field->kind == FIELD_TIME;
}

static bool is_value(const struct rule_field *f)
{
    return rule_field_has_key(f) && f->field->kind != FIELD_JSON && f->field->kind != FIELD_REAL;
}

static int read_of_field(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;
    bool is_distinct = rule->measure == RULE_DISTINCT || rule->measure == RULE_REPEATS;
    bool is_remaining = rule->measure == RULE_REMAINING;
    struct rule_field f;
    int err = rule_reader_field(r, node,
                                is_distinct    ? is_value
                                : is_remaining ? is_time
                                               : is_amount,
                                is_distinct    ? "a text, a whole number or an address"
                                : is_remaining ? "a time"
                                               : "a number",
                                &f);

    if (err)
        return err;
    if (rule->of_count && (is_distinct || is_remaining))
        return rule_yaml_fault(r->fault, node, "a %s is of one field",
                               rule_measure_name(rule->measure));
    rule->of[rule->of_count++] = f;
    return 0;
}

static int read_of(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_has_measure(r) ? rule_reader_each(r, node, RULE_OF_MAX, read_of_field) : 0;
}

static int read_per(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_has_measure(r)
               ? rule_reader_field(r, node, is_amount, "a number", &r->rule->per)
               : 0;
}

static int read_percentile(struct rule_reader *r, const struct rule_node *node)
{
    double value;

    if (rule_reader_scalar(r, node, "a number"))
        return -EINVAL;
    if (!rule_number_real(node->text, NULL, &value) || value <= 0 || value >= 100)
        return rule_yaml_fault(r->fault, node, "'percentile' is a number between 0 and 100: 95");
    r->rule->percentile = value;
    return 0;
}

static int read_min_matching(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_whole(r, node, 0, &r->rule->min_matching);
}

static int read_min_samples(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_whole(r, node, 1, &r->rule->min_samples);
}

/* --- other rules and other fields ----------------------------------------------------------- */

static bool is_name(struct slice s)
{
    if (s.len == 0 || s.len > RULE_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

static int read_muting(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;

    if (!is_name(node->text))
        return rule_yaml_fault(r->fault, node,
                               "'muted_by' is the name of a rule, a file without "
                               ".yaml");
    if (slice_eq(node->text, slice_of_text(rule->name)))
        return rule_yaml_fault(r->fault, node, "a rule cannot be muted by itself");
    rule->muted_by[rule->muted_by_count++] = node->text;
    return 0;
}

static int read_muted_by(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_each(r, node, RULE_MUTED_BY_MAX, read_muting);
}

static int read_top_field(struct rule_reader *r, const struct rule_node *node)
{
    struct rule_field f;
    int err = rule_reader_field(r, node, rule_field_has_key, "a text, a number or an address", &f);

    if (!err)
        r->rule->top[r->rule->top_count++] = f;
    return err;
}

static int read_top(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_has_type(r) ? rule_reader_each(r, node, RULE_TOP_MAX, read_top_field) : 0;
}

/* --- all of it ------------------------------------------------------------------------------ */

static const struct rule_key rule_keys[] = {
    { "description", RULE_KEY_REQUIRED, read_description },
    { "reason", RULE_KEY_OPTIONAL, read_reason },
    { "severity", RULE_KEY_REQUIRED, read_severity },
    { "labels", RULE_KEY_OPTIONAL, read_labels },
    { "on", RULE_KEY_REQUIRED, read_on },
    { "among", RULE_KEY_OPTIONAL, read_among },
    { "where", RULE_KEY_OPTIONAL, read_where },
    { "group_by", RULE_KEY_OPTIONAL, read_group_by },
    { "capture_confidence", RULE_KEY_OPTIONAL, read_capture_confidence },
    { "window", RULE_KEY_REQUIRED, read_window },
    { "step", RULE_KEY_REQUIRED, read_step },
    { "for", RULE_KEY_OPTIONAL, read_for },
    { "measure", RULE_KEY_REQUIRED, read_measure },
    { "of", RULE_KEY_OPTIONAL, read_of },
    { "per", RULE_KEY_OPTIONAL, read_per },
    { "percentile", RULE_KEY_OPTIONAL, read_percentile },
    { "unit", RULE_KEY_DEFAULTS, rule_levels_read_unit },
    { "baseline", RULE_KEY_OPTIONAL, rule_levels_read_baseline },
    { "direction", RULE_KEY_DEFAULTS, rule_levels_read_direction },
    { "threshold", RULE_KEY_DEFAULTS, rule_levels_read_threshold },
    { "min_matching", RULE_KEY_OPTIONAL, read_min_matching },
    { "min_samples", RULE_KEY_OPTIONAL, read_min_samples },
    { "confidence", RULE_KEY_DEFAULTS, rule_levels_read_confidence },
    { "clear", RULE_KEY_REQUIRED, rule_levels_read_clear },
    { "escalate", RULE_KEY_OPTIONAL, rule_levels_read_escalate },
    { "muted_by", RULE_KEY_OPTIONAL, read_muted_by },
    { "top", RULE_KEY_OPTIONAL, read_top },
    { "summary", RULE_KEY_OPTIONAL, read_summary },
    { "runbook", RULE_KEY_OPTIONAL, read_runbook },
};

static int read_name(struct rule_reader *r, const char *file)
{
    const char *slash = strrchr(file, '/');
    struct slice name = slice_of_text(slash ? slash + 1 : file);

    if (name.len > 5 && memcmp(name.p + name.len - 5, ".yaml", 5) == 0)
        name.len -= 5;
    if (!is_name(name))
        return rule_yaml_fault(r->fault, &top_of_file,
                               "a rule's file is named with a-z 0-9 - _ (1 to %d) and .yaml",
                               RULE_NAME_MAX);
    memcpy(r->rule->name, name.p, name.len);
    return 0;
}

static int read_rule(struct rule_reader *r, const char *file)
{
    int err =
        r->file.len > RULE_FILE_MAX_BYTES
            ? rule_yaml_fault(r->fault, &top_of_file, "more than %d bytes", RULE_FILE_MAX_BYTES)
            : read_name(r, file);

    if (!err)
        err = rule_yaml_read(&r->rule->tree, r->file, r->fault);
    if (err)
        return err;
    r->map = r->rule->tree;
    err = rule_reader_keys(r, r->map, rule_keys, COUNT(rule_keys));
    if (err != -ENOMEM) {
        int checked = rule_check(r);

        err = checked ? checked : err;
    }
    return err == 0 && r->fault->count ? -EINVAL : err;
}

/* The faults by their places. */
static int parse(struct rule **rp, const char *file, struct slice text, struct rule_fault *fault)
{
    struct rule *rule = calloc(1, sizeof *rule);
    struct rule_reader r = { .rule = rule, .file = text, .fault = fault };
    int err;

    if (!rule)
        return -ENOMEM;
    rule->summary = rule_summary_default;
    rule->min_samples = 1;
    rule->measure = RULE_MEASURES;
    rule->threshold = rule->clear = rule->clear_within = NAN;
    err = read_rule(&r, file);
    rule_yaml_sort_faults(fault);
    if (err)
        rule_free(rule);
    else
        *rp = rule;
    return err;
}

int rule_parse(struct rule **rp, const char *file, struct slice text, char *error,
               size_t error_room)
{
    struct rule_fault *fault = calloc(1, sizeof *fault);
    int err;

    if (!fault)
        return -ENOMEM;
    fault->file = file;
    err = parse(rp, file, text, fault);
    if (err && fault->count)
        rule_yaml_write_fault(fault, 0, error, error_room);
    free(fault);
    return err;
}

static void add_faults(struct strbuf *errors, const struct rule_fault *fault)
{
    char line[RULE_ERROR_MAX];

    for (size_t i = 0; i < fault->count; i++) {
        rule_yaml_write_fault(fault, i, line, sizeof line);
        strbuf_addf(errors, "%s\n", line);
    }
}

int rule_parse_all(struct rule **rp, const char *file, struct slice text, struct strbuf *errors)
{
    struct rule_fault *fault = calloc(1, sizeof *fault);
    int err;

    if (!fault)
        return -ENOMEM;
    fault->file = file;
    err = parse(rp, file, text, fault);
    add_faults(errors, fault);
    free(fault);
    return err;
}

/* --- a whole set ---------------------------------------------------------------------------- */

static const struct rule *find_rule(const struct rule *const *rules, size_t count,
                                    struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(slice_of_text(rules[i]->name), name))
            return rules[i];
    }
    return NULL;
}

static const char *nearest_rule(const struct rule *const *rules, size_t count, struct slice name)
{
    const char **names = calloc(count ? count : 1, sizeof *names);
    const char *nearest = NULL;

    for (size_t i = 0; names && i < count; i++)
        names[i] = rules[i]->name;
    if (names)
        nearest = nearest_name(name, names, count);
    free(names);
    return nearest;
}

/* The scalar that names it. */
static const struct rule_node *muting_node(const struct rule *rule, size_t which)
{
    const struct rule_node *n = rule_yaml_find(rule->tree, "muted_by");

    if (n && n->kind == RULE_NODE_LIST) {
        n = n->first;
        for (size_t i = 0; n && i < which; i++)
            n = n->next;
    }
    return n ? n : &top_of_file;
}

static bool is_muted_by(const struct rule *rule, struct slice name)
{
    for (size_t i = 0; i < rule->muted_by_count; i++) {
        if (slice_eq(rule->muted_by[i], name))
            return true;
    }
    return false;
}

static void check_muting(const struct rule *const *rules, size_t count, const struct rule *rule,
                         size_t which, struct rule_fault *fault)
{
    struct slice name = rule->muted_by[which];
    const struct rule *other = find_rule(rules, count, name);
    const struct rule_node *node = muting_node(rule, which);
    const char *nearest;

    if (other && is_muted_by(other, slice_of_text(rule->name))) {
        rule_yaml_fault(fault, node, "'%s' is muted by this rule itself: nobody would be told",
                        log_text(name));
    } else if (!other) {
        nearest = nearest_rule(rules, count, name);
        if (nearest)
            rule_yaml_fault(fault, node, "there is no rule '%s', did you mean '%s'?",
                            log_text(name), nearest);
        else
            rule_yaml_fault(fault, node, "there is no rule '%s' in this folder", log_text(name));
    }
}

int rule_parse_check_set(const struct rule *const *rules, size_t count, const char *dir,
                         struct strbuf *errors)
{
    struct rule_fault *fault = calloc(1, sizeof *fault);
    bool is_wrong = false;

    if (!fault)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct strbuf file = { 0 };

        strbuf_addf(&file, "%s%s%s.yaml%c", dir, dir[0] ? "/" : "", rules[i]->name, '\0');
        fault->count = 0;
        fault->file = file.failed ? rules[i]->name : file.p;
        for (size_t m = 0; m < rules[i]->muted_by_count; m++)
            check_muting(rules, count, rules[i], m, fault);
        add_faults(errors, fault);
        is_wrong = is_wrong || fault->count;
        strbuf_fini(&file);
    }
    free(fault);
    return is_wrong ? -EINVAL : 0;
}
