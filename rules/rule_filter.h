/*
 * rule_filter - comparisons of a record's fields with values, all of which must hold.
 *
 * Fields go by their JSON names; an address also by its IP alone, as `dst.ip`. What a record does
 * not know (null) matches no comparison, not even "is not".
 *
 * Ownership  rule_filter_read/fini. Texts stay with the tree it was read from.
 */
#ifndef RULES_RULE_FILTER_H
#define RULES_RULE_FILTER_H

#include "analyzer/record.h"
#include "rules/rule_yaml.h"

enum { RULE_CONDITIONS_MAX = 16, RULE_VALUES_MAX = 64 };

/* A field as a rule names it. */
struct rule_field {
    const struct record_field *field;
    bool ip_only; /* of an address, without its port */
};

enum rule_op { RULE_OP_EQ, RULE_OP_NE, RULE_OP_LT, RULE_OP_LE, RULE_OP_GT, RULE_OP_GE };

struct rule_value {
    double real; /* also of an integer that a real is compared with */
    int64_t number;
    struct slice text;
    bool prefix; /* the text ended in '*' */
    struct addr addr;
};

struct rule_condition {
    struct rule_field field;
    enum rule_op op;
    struct rule_value *values; /* any of them; more than one with = alone */
    size_t value_count;
};

struct rule_filter {
    struct rule_condition conditions[RULE_CONDITIONS_MAX];
    size_t count; /* 0: everything matches */
};

/* The field that a scalar names. 0 or −EINVAL with the nearest real name in the fault. */
int rule_filter_field(struct rule_field *out, const struct record_type *type,
                      const struct rule_node *node, struct rule_fault *fault);

/* From a map of fields. 0, −EINVAL or −ENOMEM; fini either way. */
int rule_filter_read(struct rule_filter *out, const struct record_type *type,
                     const struct rule_node *map, struct rule_fault *fault);
void rule_filter_fini(struct rule_filter *filter);

/* Does a line of it compare that field? */
bool rule_filter_names(const struct rule_filter *filter, const struct record_field *field);

bool rule_filter_match(const struct rule_filter *filter, const void *record);

#endif
