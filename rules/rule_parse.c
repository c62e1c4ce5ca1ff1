#include "rules/rule_parse.h"

#include "analyzer/base/log.h"
#include "analyzer/base/nearest.h"
#include "rules/rule_number.h"
#include "rules/rule_summary.h"
#include "rules/rule_yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define SECOND   INT64_C(1000000000)

/* Texts travel with every alert, and a webhook's body stays under 20 kB. */
enum { TEXT_MAX = 1000 };

/* The second of a window is the grain of a rule: finer steps would cost a rule's memory for
 * nothing that a person could react to. */
#define WINDOW_MAX (24 * 3600 * SECOND)
#define HOLD_MAX   (3600 * SECOND)

struct reader {
    struct rule *rule;
    const struct rule_node *map; /* the rule's top */
    struct rule_fault *fault;
};

struct key {
    const char *name;
    bool required;
    int (*read)(struct reader *r, const struct rule_node *node);
};

static int wants_scalar(struct reader *r, const struct rule_node *node, const char *what)
{
    if (node->kind == RULE_NODE_SCALAR)
        return 0;
    return rule_yaml_fault(r->fault, node, "'%s' is %s, not a list or a map",
                           log_text(node->key->text), what);
}

static int read_words(struct reader *r, const struct rule_node *node, struct slice *out)
{
    struct slice text = slice_trim(node->text);

    if (wants_scalar(r, node, "a text"))
        return -EINVAL;
    if (text.len == 0 || text.len > TEXT_MAX)
        return rule_yaml_fault(r->fault, node, "'%s' is a text of 1 to %d bytes",
                               log_text(node->key->text), TEXT_MAX);
    *out = text;
    return 0;
}

/* The position of the word in the list of allowed ones, or −EINVAL. */
static int read_choice(struct reader *r, const struct rule_node *node, const char *const *words,
                       size_t count)
{
    char all[160] = "";
    const char *nearest;
    size_t used = 0;

    if (wants_scalar(r, node, "one word"))
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        int n;

        if (slice_eq(node->text, slice_of_text(words[i])))
            return (int)i;
        n = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", words[i]);
        used += n > 0 && (size_t)n < sizeof all - used ? (size_t)n : 0;
    }
    nearest = nearest_name(node->text, words, count);
    if (nearest)
        return rule_yaml_fault(r->fault, node, "'%s' is not '%s', did you mean '%s'?",
                               log_text(node->key->text), log_text(node->text), nearest);
    return rule_yaml_fault(r->fault, node, "'%s' is one of: %s", log_text(node->key->text), all);
}

static int read_duration(struct reader *r, const struct rule_node *node, int64_t min, int64_t max,
                         int64_t *out)
{
    int64_t ns;

    if (wants_scalar(r, node, "a length of time"))
        return -EINVAL;
    if (!rule_number_duration(node->text, &ns))
        return rule_yaml_fault(r->fault, node, "'%s' needs a whole number and a unit: 30s, 5m, 1h",
                               log_text(node->key->text));
    if (ns < min || ns > max)
        return rule_yaml_fault(r->fault, node, "'%s' must be from %llds to %llds",
                               log_text(node->key->text), (long long)(min / SECOND),
                               (long long)(max / SECOND));
    *out = ns;
    return 0;
}

static int read_whole(struct reader *r, const struct rule_node *node, int64_t *out)
{
    int64_t value;

    if (wants_scalar(r, node, "a whole number"))
        return -EINVAL;
    if (!rule_number_whole(node->text, &value) || value < 1 || value > 1000000000)
        return rule_yaml_fault(r->fault, node, "'%s' is a whole number from 1 to 1000000000",
                               log_text(node->key->text));
    *out = value;
    return 0;
}

/* Something that the measure is held against: a count, or a ratio as 0.2 or 20%. */
static int read_level(struct reader *r, const struct rule_node *node, double *out)
{
    bool ratio = r->rule->measure == RULE_RATIO;
    double value;

    if (wants_scalar(r, node, "a number"))
        return -EINVAL;
    if (!rule_number_real(node->text, ratio, &value))
        return rule_yaml_fault(r->fault, node, "'%s' is a number%s, '%s' is none",
                               log_text(node->key->text), ratio ? " (0.2) or a share (20%)" : "",
                               log_text(node->text));
    if (value <= 0 || value > (ratio ? 1 : 1e9))
        return rule_yaml_fault(r->fault, node, "'%s' must be above 0 and at most %s",
                               log_text(node->key->text), ratio ? "1 (100%)" : "1000000000");
    *out = value;
    return 0;
}

static int read_description(struct reader *r, const struct rule_node *node)
{
    return read_words(r, node, &r->rule->description);
}

static int read_severity(struct reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "info", "warning", "critical" };
    int which = read_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    r->rule->severity = (enum rule_severity)which;
    return 0;
}

static int read_on(struct reader *r, const struct rule_node *node)
{
    const char *words[RULE_OCCASIONS];
    int which;

    for (size_t i = 0; i < RULE_OCCASIONS; i++)
        words[i] = rule_occasions[i].name;
    which = read_choice(r, node, words, COUNT(words));
    if (which < 0)
        return which;
    r->rule->occasion = (enum rule_occasion)which;
    r->rule->type = rule_occasions[which].type;
    return 0;
}

static int read_filter(struct reader *r, const struct rule_node *node, struct filter **out)
{
    struct filter_error error;
    int err;

    if (wants_scalar(r, node, "a filter, as 'earshot calls' takes it"))
        return -EINVAL;
    err = filter_parse_record(out, r->rule->type, node->text, 0, &error);
    return err == -EINVAL ? rule_yaml_fault(r->fault, node, "%s", error.text) : err;
}

static int read_among(struct reader *r, const struct rule_node *node)
{
    return read_filter(r, node, &r->rule->among);
}

static int read_where(struct reader *r, const struct rule_node *node)
{
    return read_filter(r, node, &r->rule->where);
}

static int read_group_by(struct reader *r, const struct rule_node *node)
{
    if (wants_scalar(r, node, "the name of a field"))
        return -EINVAL;
    if (!rule_field_find(&r->rule->group[0], r->rule->type, node->text))
        return rule_yaml_fault(r->fault, node, "%s has no field '%s'", r->rule->type->name,
                               log_text(node->text));
    if (!rule_field_is_groupable(&r->rule->group[0], r->rule->type))
        return rule_yaml_fault(r->fault, node,
                               "group_by takes a text, a whole number or an address, %s is none",
                               log_text(node->text));
    r->rule->group_count = 1;
    return 0;
}

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

/* Comes about by what was captured, or was not. */
static bool is_of_quality(const struct rule *rule)
{
    static const char *const fields[] = {
        "mos_lq",        "mos_cq",           "jitter_ms_p95",   "loss_ratio",
        "bad_seconds",   "worst_10s_mos_lq", "interval_mos.p5", "interval_mos.p50",
        "silence_ratio", "one_way",          "media_verdict",
    };

    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct record_field *f = record_field_find(rule->type, slice_of_text(fields[i]));

        if (f && (names(rule->among, f) || names(rule->where, f) || rule->group[0].field == f))
            return true;
    }
    return false;
}

/* A rule that asks for the confidence itself knows what it does. */
static bool names_confidence(const struct rule *rule)
{
    const struct record_field *f = record_field_find(rule->type, SLICE("capture_confidence"));

    return f && (names(rule->among, f) || names(rule->where, f));
}

static int read_confidence(struct reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "any", "high" };
    int which = read_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    if (r->rule->type != &record_type_call)
        return rule_yaml_fault(r->fault, node, "'confidence' goes with calls only");
    r->rule->confident = which == 1;
    return 0;
}

static int read_window(struct reader *r, const struct rule_node *node)
{
    return read_duration(r, node, SECOND, WINDOW_MAX, &r->rule->window_ns);
}

static int read_step(struct reader *r, const struct rule_node *node)
{
    int err = read_duration(r, node, SECOND, HOLD_MAX, &r->rule->step_ns);

    if (err)
        return err;
    if (r->rule->window_ns % r->rule->step_ns != 0 ||
        r->rule->window_ns / r->rule->step_ns > RULE_BUCKETS_MAX)
        return rule_yaml_fault(r->fault, node, "the window must be 1 to %d whole steps",
                               RULE_BUCKETS_MAX);
    return 0;
}

static int read_for(struct reader *r, const struct rule_node *node)
{
    return read_duration(r, node, 0, HOLD_MAX, &r->rule->for_ns);
}

static int read_measure(struct reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "count", "ratio" };
    int which = read_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    r->rule->measure = which ? RULE_RATIO : RULE_COUNT;
    if (r->rule->measure == RULE_COUNT)
        return 0;
    if (!rule_yaml_find(r->map, "where"))
        return rule_yaml_fault(r->fault, node, "a ratio needs 'where', else it is always 100%%");
    if (!rule_yaml_find(r->map, "min_samples"))
        return rule_yaml_fault(r->fault, node,
                               "a ratio needs 'min_samples', so that 2 of 3 wake nobody");
    return 0;
}

static int read_threshold(struct reader *r, const struct rule_node *node)
{
    return read_level(r, node, &r->rule->threshold);
}

static int read_min_matching(struct reader *r, const struct rule_node *node)
{
    return read_whole(r, node, &r->rule->min_matching);
}

static int read_min_samples(struct reader *r, const struct rule_node *node)
{
    return read_whole(r, node, &r->rule->min_samples);
}

static int read_clear_below(struct reader *r, const struct rule_node *node)
{
    int err = read_level(r, node, &r->rule->clear);

    if (!err && r->rule->clear > r->rule->threshold)
        return rule_yaml_fault(r->fault, node, "'below' must not be above the threshold");
    return err;
}

static int read_clear_for(struct reader *r, const struct rule_node *node)
{
    return read_duration(r, node, 0, HOLD_MAX, &r->rule->clear_for_ns);
}

static int read_summary(struct reader *r, const struct rule_node *node)
{
    struct slice bad;
    const char *nearest;
    int err = read_words(r, node, &r->rule->summary);

    if (err || rule_summary_check(r->rule->summary, &bad, &nearest))
        return err;
    if (nearest)
        return rule_yaml_fault(r->fault, node, "there is no {%s}, did you mean {%s}?",
                               log_text(bad), nearest);
    return rule_yaml_fault(r->fault, node,
                           "there is no {%s}; rules/README.md lists what a summary can say",
                           log_text(bad));
}

static int read_runbook(struct reader *r, const struct rule_node *node)
{
    return read_words(r, node, &r->rule->runbook);
}

static int unknown_key(struct reader *r, const struct rule_node *key, const struct key *keys,
                       size_t count)
{
    const char *names[32];
    const char *nearest;
    size_t n = 0;

    while (n < count && n < COUNT(names)) {
        names[n] = keys[n].name;
        n++;
    }
    nearest = nearest_name(key->text, names, n);
    if (nearest)
        return rule_yaml_fault(r->fault, key, "unknown key '%s', did you mean '%s'?",
                               log_text(key->text), nearest);
    return rule_yaml_fault(r->fault, key, "unknown key '%s'; rules/README.md lists them",
                           log_text(key->text));
}

/* Reads a map in the order of the table, since later keys are checked against earlier ones. */
static int read_keys(struct reader *r, const struct rule_node *map, const struct key *keys,
                     size_t count)
{
    for (const struct rule_node *n = map->first; n; n = n->next) {
        size_t i = 0;

        while (i < count && !slice_eq(n->key->text, slice_of_text(keys[i].name)))
            i++;
        if (i == count)
            return unknown_key(r, n->key, keys, count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct rule_node *n = rule_yaml_find(map, keys[i].name);
        int err;

        if (!n && !keys[i].required)
            continue;
        if (!n)
            return rule_yaml_fault(r->fault, map, "the key '%s' is missing", keys[i].name);
        err = keys[i].read(r, n);
        if (err)
            return err;
    }
    return 0;
}

static int read_clear(struct reader *r, const struct rule_node *node)
{
    static const struct key keys[] = {
        { "below", true, read_clear_below },
        { "for", true, read_clear_for },
    };

    if (node->kind != RULE_NODE_MAP)
        return rule_yaml_fault(r->fault, node, "'clear' is a map: { below: 5%%, for: 2m }");
    return read_keys(r, node, keys, COUNT(keys));
}

static const struct key rule_keys[] = {
    { "description", true, read_description },
    { "severity", true, read_severity },
    { "on", true, read_on },
    { "among", false, read_among },
    { "where", false, read_where },
    { "group_by", false, read_group_by },
    { "confidence", false, read_confidence },
    { "window", true, read_window },
    { "step", true, read_step },
    { "for", false, read_for },
    { "measure", true, read_measure },
    { "threshold", true, read_threshold },
    { "min_matching", false, read_min_matching },
    { "min_samples", false, read_min_samples },
    { "clear", true, read_clear },
    { "summary", false, read_summary },
    { "runbook", false, read_runbook },
};

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

static int read_name(struct reader *r, const char *file)
{
    static const struct rule_node top = { .line = 1, .column = 1 };
    const char *slash = strrchr(file, '/');
    struct slice name = slice_of_text(slash ? slash + 1 : file);

    if (name.len > 5 && memcmp(name.p + name.len - 5, ".yaml", 5) == 0)
        name.len -= 5;
    if (!is_name(name))
        return rule_yaml_fault(r->fault, &top,
                               "a rule's file is named with a-z 0-9 - _ (1 to %d) and .yaml",
                               RULE_NAME_MAX);
    memcpy(r->rule->name, name.p, name.len);
    return 0;
}

int rule_parse(struct rule **rp, const char *file, struct slice text, char *error,
               size_t error_room)
{
    static const struct rule_node top = { .line = 1, .column = 1 };
    struct rule_fault fault = { file, error, error_room };
    struct rule *rule = calloc(1, sizeof *rule);
    struct reader r = { .rule = rule, .fault = &fault };
    int err;

    if (!rule)
        return -ENOMEM;
    rule->summary = rule_summary_default;
    rule->min_matching = 1;
    rule->min_samples = 1;
    err = text.len > RULE_FILE_MAX_BYTES
              ? rule_yaml_fault(&fault, &top, "more than %d bytes", RULE_FILE_MAX_BYTES)
              : read_name(&r, file);
    if (!err)
        err = rule_yaml_read(&rule->tree, text, &fault);
    r.map = rule->tree;
    if (!err)
        err = read_keys(&r, r.map, rule_keys, COUNT(rule_keys));
    if (!err && !rule_yaml_find(r.map, "confidence"))
        rule->confident = is_of_quality(rule) && !names_confidence(rule);
    if (err) {
        rule_free(rule);
        return err;
    }
    *rp = rule;
    return 0;
}
