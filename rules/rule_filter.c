#include "rules/rule_filter.h"

#include "analyzer/base/log.h"
#include "analyzer/base/nearest.h"
#include "rules/rule_number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Room for every field of a record and its addresses a second time, as `.ip`. */
enum { NAMES_MAX = 128 };

static const char *const op_names[] = { "=", "!=", "<", "<=", ">", ">=" };

static const char *nearest_field(const struct record_type *type, struct slice name)
{
    const char *names[NAMES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < type->field_count && n < NAMES_MAX; i++)
        names[n++] = type->fields[i].name;
    if (n + 2 <= NAMES_MAX) {
        names[n++] = "src.ip";
        names[n++] = "dst.ip";
    }
    return nearest_name(name, names, n);
}

int rule_filter_field(struct rule_field *out, const struct record_type *type,
                      const struct rule_node *node, struct rule_fault *fault)
{
    struct slice name = node->text;
    const char *nearest;

    out->ip_only = false;
    out->field = record_field_find(type, name);
    if (!out->field && name.len > 3 && memcmp(name.p + name.len - 3, ".ip", 3) == 0) {
        out->field = record_field_find(type, slice_of(name.p, name.len - 3));
        if (out->field && out->field->kind != FIELD_ADDR)
            out->field = NULL;
        out->ip_only = out->field != NULL;
    }
    if (out->field)
        return 0;
    nearest = nearest_field(type, name);
    if (nearest)
        return rule_yaml_fault(fault, node, "a %s has no field '%s', did you mean '%s'?",
                               type->name, log_text(name), nearest);
    return rule_yaml_fault(fault, node, "a %s has no field '%s'; docs/METRICS.md lists them",
                           type->name, log_text(name));
}

static int read_addr(struct rule_value *v, const struct rule_condition *c,
                     const struct rule_node *node, struct rule_fault *fault)
{
    if (c->field.ip_only && !addr_parse_ip(node->text, &v->addr))
        return rule_yaml_fault(fault, node, "'%s' must be an IP address", log_text(node->text));
    if (!c->field.ip_only && !addr_parse(node->text, &v->addr))
        return rule_yaml_fault(fault, node,
                               "'%s' must be an address with its port (without it, compare %s.ip)",
                               log_text(node->text), c->field.field->name);
    return 0;
}

static int read_text(struct rule_value *v, const struct rule_condition *c,
                     const struct rule_node *node, struct rule_fault *fault)
{
    v->text = node->text;
    if (v->text.len && v->text.p[v->text.len - 1] == '*') {
        v->text.len--;
        v->prefix = true;
    }
    if (c->op > RULE_OP_NE)
        return rule_yaml_fault(fault, node, "%s is a text: it can be = or != only",
                               c->field.field->name);
    return 0;
}

static int read_value(struct rule_value *v, const struct rule_condition *c,
                      const struct rule_node *node, struct rule_fault *fault)
{
    const char *name = c->field.field->name;

    if (node->kind != RULE_NODE_SCALAR)
        return rule_yaml_fault(fault, node, "%s is compared with a single value", name);
    switch ((enum field_kind)c->field.field->kind) {
    case FIELD_INT:
        if (!rule_number_whole(node->text, &v->number))
            return rule_yaml_fault(fault, node, "%s is a whole number, '%s' is none", name,
                                   log_text(node->text));
        return 0;
    case FIELD_REAL:
        if (!rule_number_real(node->text, false, &v->real))
            return rule_yaml_fault(fault, node, "%s is a number, '%s' is none", name,
                                   log_text(node->text));
        return 0;
    case FIELD_BOOL:
        v->number = slice_eq(node->text, SLICE("true"));
        if (!v->number && !slice_eq(node->text, SLICE("false")))
            return rule_yaml_fault(fault, node, "%s is true or false, not '%s'", name,
                                   log_text(node->text));
        return c->op <= RULE_OP_NE ? 0
                                   : rule_yaml_fault(fault, node, "%s can be = or != only", name);
    case FIELD_TEXT:
        return read_text(v, c, node, fault);
    case FIELD_ADDR:
        if (c->op > RULE_OP_NE)
            return rule_yaml_fault(fault, node, "%s is an address: it can be = or != only", name);
        return read_addr(v, c, node, fault);
    default:
        return rule_yaml_fault(fault, node, "%s cannot be compared in a rule", name);
    }
}

/* One value, or a list of them of which any may match. */
static int read_values(struct rule_condition *c, const struct rule_node *node,
                       struct rule_fault *fault)
{
    const struct rule_node *item = node->kind == RULE_NODE_LIST ? node->first : node;
    size_t count = 0;

    for (const struct rule_node *n = item; n; n = node->kind == RULE_NODE_LIST ? n->next : NULL)
        count++;
    if (count == 0 || count > RULE_VALUES_MAX)
        return rule_yaml_fault(fault, node, "a list here has 1 to %d values", RULE_VALUES_MAX);
    if (node->kind == RULE_NODE_LIST && c->op > RULE_OP_NE)
        return rule_yaml_fault(fault, node, "a list goes with = and != only");
    c->values = calloc(count, sizeof *c->values);
    if (!c->values)
        return -ENOMEM;
    for (; c->value_count < count; c->value_count++, item = item->next) {
        int err = read_value(&c->values[c->value_count], c, item, fault);

        if (err)
            return err;
    }
    return 0;
}

static int add_condition(struct rule_filter *f, struct rule_field field, enum rule_op op,
                         const struct rule_node *node, struct rule_fault *fault)
{
    struct rule_condition *c;

    if (f->count >= RULE_CONDITIONS_MAX)
        return rule_yaml_fault(fault, node, "more than %d comparisons", RULE_CONDITIONS_MAX);
    c = &f->conditions[f->count++];
    c->field = field;
    c->op = op;
    return read_values(c, node, fault);
}

static int read_ops(struct rule_filter *f, struct rule_field field, const struct rule_node *map,
                    struct rule_fault *fault)
{
    if (!map->first)
        return rule_yaml_fault(fault, map, "nothing to compare %s with", field.field->name);
    for (const struct rule_node *n = map->first; n; n = n->next) {
        size_t op = 0;
        int err;

        while (op <= RULE_OP_GE && !slice_eq(n->key->text, slice_of_text(op_names[op])))
            op++;
        if (op > RULE_OP_GE)
            return rule_yaml_fault(fault, n->key,
                                   "'%s' is no comparison: \"=\" \"!=\" \"<\" \"<=\" \">\" \">=\"",
                                   log_text(n->key->text));
        err = add_condition(f, field, (enum rule_op)op, n, fault);
        if (err)
            return err;
    }
    return 0;
}

int rule_filter_read(struct rule_filter *out, const struct record_type *type,
                     const struct rule_node *map, struct rule_fault *fault)
{
    if (map->kind != RULE_NODE_MAP || !map->first)
        return rule_yaml_fault(fault, map, "a filter is lines of 'field: value'");
    for (const struct rule_node *n = map->first; n; n = n->next) {
        struct rule_field field;
        int err = rule_filter_field(&field, type, n->key, fault);

        if (err)
            return err;
        err = n->kind == RULE_NODE_MAP ? read_ops(out, field, n, fault)
                                       : add_condition(out, field, RULE_OP_EQ, n, fault);
        if (err)
            return err;
    }
    return 0;
}

void rule_filter_fini(struct rule_filter *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->conditions[i].values);
    f->count = 0;
}

bool rule_filter_names(const struct rule_filter *f, const struct record_field *field)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->conditions[i].field.field == field)
            return true;
    }
    return false;
}

/* −1, 0, 1; a caller of EQ and NE only needs 0 or not. */
static int compare(const struct rule_condition *c, const void *at, const struct rule_value *v)
{
    const struct slice *text = at;

    switch ((enum field_kind)c->field.field->kind) {
    case FIELD_INT:
        return (*(const int64_t *)at > v->number) - (*(const int64_t *)at < v->number);
    case FIELD_REAL:
        return (*(const double *)at > v->real) - (*(const double *)at < v->real);
    case FIELD_BOOL:
        return *(const int8_t *)at != v->number;
    case FIELD_ADDR:
        return c->field.ip_only ? !addr_ip_eq(at, &v->addr) : !addr_eq(at, &v->addr);
    default:
        return v->prefix ? !slice_starts_with(*text, v->text) : !slice_eq(*text, v->text);
    }
}

static bool is_known(const struct record_field *field, const void *at)
{
    static const struct addr none;

    switch ((enum field_kind)field->kind) {
    case FIELD_INT:
        return *(const int64_t *)at != RECORD_NONE;
    case FIELD_REAL:
        return !isnan(*(const double *)at);
    case FIELD_BOOL:
        return *(const int8_t *)at >= 0;
    case FIELD_ADDR:
        return !addr_eq(at, &none);
    default:
        return ((const struct slice *)at)->p != NULL;
    }
}

static bool holds(const struct rule_condition *c, const void *record)
{
    const void *at = record_at(record, c->field.field);
    bool any = false;

    if (!is_known(c->field.field, at))
        return false;
    switch (c->op) {
    case RULE_OP_LT:
        return compare(c, at, c->values) < 0;
    case RULE_OP_LE:
        return compare(c, at, c->values) <= 0;
    case RULE_OP_GT:
        return compare(c, at, c->values) > 0;
    case RULE_OP_GE:
        return compare(c, at, c->values) >= 0;
    case RULE_OP_EQ:
    case RULE_OP_NE:
        break;
    }
    for (size_t i = 0; i < c->value_count && !any; i++)
        any = compare(c, at, &c->values[i]) == 0;
    return any == (c->op == RULE_OP_EQ);
}

bool rule_filter_match(const struct rule_filter *f, const void *record)
{
    for (size_t i = 0; i < f->count; i++) {
        if (!holds(&f->conditions[i], record))
            return false;
    }
    return true;
}
