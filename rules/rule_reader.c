#include "rules/rule_reader.h"

#include "analyzer/base/log.h"
#include "analyzer/base/nearest.h"
#include "rules/rule_number.h"
#include "rules/rule_unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* Texts travel with every alert, and a webhook's body stays under 20 kB. */
enum { TEXT_MAX = 1000, NAMES_MAX = 40 };

#define LEVEL_MOST 1e15

int rule_reader_scalar(struct rule_reader *r, const struct rule_node *node, const char *what)
{
    const struct rule_node *key = node->key ? node->key : node->parent ? node->parent->key : NULL;

    if (node->kind == RULE_NODE_SCALAR)
        return 0;
    return rule_yaml_fault(r->fault, node, "'%s' is %s, not a list or a map",
                           key ? log_text(key->text) : "it", what);
}

int rule_reader_words(struct rule_reader *r, const struct rule_node *node, struct slice *out)
{
    struct slice text = slice_trim(node->text);

    if (rule_reader_scalar(r, node, "a text"))
        return -EINVAL;
    if (text.len == 0 || text.len > TEXT_MAX)
        return rule_yaml_fault(r->fault, node, "'%s' is a text of 1 to %d bytes",
                               log_text(node->key->text), TEXT_MAX);
    *out = text;
    return 0;
}

int rule_reader_choice(struct rule_reader *r, const struct rule_node *node,
                       const char *const *words, size_t count)
{
    char all[240] = "";
    const char *nearest;
    size_t used = 0;

    if (rule_reader_scalar(r, node, "one word"))
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

static void write_length(char *out, size_t room, int64_t ns)
{
    long long s = (long long)(ns / RULE_SECOND);

    if (s % 86400 == 0 && s)
        snprintf(out, room, "%lldd", s / 86400);
    else if (s % 3600 == 0 && s)
        snprintf(out, room, "%lldh", s / 3600);
    else
        snprintf(out, room, "%llds", s);
}

int rule_reader_duration(struct rule_reader *r, const struct rule_node *node, int64_t min,
                         int64_t max, int64_t *out)
{
    int64_t ns;
    char least[24], most[24];

    if (rule_reader_scalar(r, node, "a length of time"))
        return -EINVAL;
    if (!rule_number_duration(node->text, &ns) || ns % RULE_SECOND != 0)
        return rule_yaml_fault(r->fault, node,
                               "'%s' is a number of whole seconds with its unit: 30s, 5m, 1h, 2d",
                               log_text(node->key->text));
    if (ns < min || ns > max) {
        write_length(least, sizeof least, min);
        write_length(most, sizeof most, max);
        return rule_yaml_fault(r->fault, node, "'%s' must be from %s to %s",
                               log_text(node->key->text), least, most);
    }
    *out = ns;
    return 0;
}

int rule_reader_whole(struct rule_reader *r, const struct rule_node *node, int64_t min,
                      int64_t *out)
{
    int64_t value;

    if (rule_reader_scalar(r, node, "a whole number"))
        return -EINVAL;
    if (!rule_number_whole(node->text, &value) || value < min || value > 1000000000)
        return rule_yaml_fault(r->fault, node, "'%s' is a whole number from %lld to 1000000000",
                               log_text(node->key->text), (long long)min);
    *out = value;
    return 0;
}

/* --- levels --------------------------------------------------------------------------------- */

/* What a count, a ratio and the like can reach at all. */
static bool is_reachable(const struct rule *rule, double value)
{
    switch (rule->measure) {
    case RULE_RATIO:
    case RULE_SHARE:
        return value >= 0 && value <= 1;
    case RULE_COUNT:
    case RULE_RATE:
    case RULE_DISTINCT:
    case RULE_REPEATS:
    case RULE_ABSENCE:
        return value >= 0;
    default:
        return true;
    }
}

static const char *expected(const struct rule *rule)
{
    const char *unit = rule_unit_number(rule->unit);

    if (!unit)
        return "a number: 12, 3.1";
    if (unit[0] == '%')
        return "a ratio: 20% or 0.2";
    if (unit[0] == 'd')
        return "a number of days: 30d, 30 or 12h";
    return unit[0] == 'm' ? "a length of time: 250ms, 3s, or a number of ms"
                          : "a length of time: 90s, 5m, or a number of s";
}

int rule_reader_level(struct rule_reader *r, const struct rule_node *node, double *out)
{
    const struct rule *rule = r->rule;
    double value;

    if (rule_reader_scalar(r, node, "a number"))
        return -EINVAL;
    if (!rule_number_real(node->text, rule_unit_number(rule->unit), &value) ||
        fabs(value) > LEVEL_MOST)
        return rule_yaml_fault(r->fault, node, "'%s' is %s; '%s' is none",
                               log_text(node->key->text), expected(rule), log_text(node->text));
    if (!is_reachable(rule, value))
        return rule_yaml_fault(r->fault, node, "'%s': a %s is never %s", log_text(node->key->text),
                               rule_measure_name(rule->measure),
                               value < 0 ? "below 0" : "over 1 (100%)");
    *out = value;
    return 0;
}

/* --- lists and fields ----------------------------------------------------------------------- */

int rule_reader_each(struct rule_reader *r, const struct rule_node *node, size_t max,
                     int (*read)(struct rule_reader *r, const struct rule_node *item))
{
    size_t count = 0;
    int err = 0;

    if (node->kind == RULE_NODE_SCALAR)
        return read(r, node);
    for (const struct rule_node *n = node->first; n; n = n->next)
        count++;
    if (node->kind == RULE_NODE_MAP || count == 0 || count > max)
        return rule_yaml_fault(r->fault, node, "'%s' is one name, or a list of up to %zu: [a, b]",
                               log_text(node->key->text), max);
    for (const struct rule_node *n = node->first; n && err != -ENOMEM; n = n->next) {
        int each = n->kind == RULE_NODE_SCALAR
                       ? read(r, n)
                       : rule_yaml_fault(r->fault, n, "a name in '%s' is a single word",
                                         log_text(node->key->text));

        err = each ? each : err;
    }
    return err;
}

/* The key that a scalar, or the list it is in, stands behind. */
static const char *key_of(const struct rule_node *node)
{
    const struct rule_node *key = node->key ? node->key : node->parent ? node->parent->key : NULL;

    return key ? log_text(key->text) : "it";
}

int rule_reader_field(struct rule_reader *r, const struct rule_node *node,
                      bool (*fits)(const struct rule_field *f), const char *what,
                      struct rule_field *out)
{
    const struct record_type *type = r->rule->type;
    const char *nearest;

    if (rule_reader_scalar(r, node, "the name of a field"))
        return -EINVAL;
    if (!rule_field_find(out, type, node->text)) {
        nearest = rule_field_nearest(type, node->text);
        if (nearest)
            return rule_yaml_fault(r->fault, node, "a %s has no field '%s', did you mean '%s'?",
                                   type->name, log_text(node->text), nearest);
        return rule_yaml_fault(r->fault, node, "a %s has no field '%s'; docs/METRICS.md lists them",
                               type->name, log_text(node->text));
    }
    if (!fits(out)) {
        int err = rule_yaml_fault(r->fault, node, "'%s' takes %s, and %s is none", key_of(node),
                                  what, log_text(node->text));

        *out = (struct rule_field){ 0 };
        return err;
    }
    return 0;
}

/* --- keys ----------------------------------------------------------------------------------- */

static int unknown_key(struct rule_reader *r, const struct rule_node *key,
                       const struct rule_key *keys, size_t count)
{
    const char *names[NAMES_MAX];
    const char *nearest;
    size_t n = 0;

    while (n < count && n < NAMES_MAX) {
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

static bool is_known(const struct rule_node *key, const struct rule_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(key->text, slice_of_text(keys[i].name)))
            return true;
    }
    return false;
}

int rule_reader_keys(struct rule_reader *r, const struct rule_node *map,
                     const struct rule_key *keys, size_t count)
{
    int err = 0;

    for (const struct rule_node *n = map->first; n; n = n->next) {
        if (!is_known(n->key, keys, count))
            err = unknown_key(r, n->key, keys, count);
    }
    for (size_t i = 0; i < count && err != -ENOMEM; i++) {
        const struct rule_node *n = rule_yaml_find(map, keys[i].name);
        int each = 0;

        if (n || keys[i].need == RULE_KEY_DEFAULTS)
            each = keys[i].read(r, n);
        else if (keys[i].need == RULE_KEY_REQUIRED)
            each = rule_yaml_fault(r->fault, map, "the key '%s' is missing", keys[i].name);
        err = each ? each : err;
    }
    return err;
}
