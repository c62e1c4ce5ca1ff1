/*
 * rule_yaml - the text of a rule file as a small tree that knows where each word stood.
 *
 * Plain YAML only: one document of maps, lists and scalars. Anchors, aliases, tags and a second
 * document are refused, so nothing can be larger in memory than it is in the file.
 *
 * Ownership  rule_yaml_read/free. Nodes and their texts belong to the tree.
 * Errors     −EINVAL with what is wrong, and where, in the fault; −ENOMEM.
 */
#ifndef RULES_RULE_YAML_H
#define RULES_RULE_YAML_H

#include "analyzer/base/slice.h"

enum rule_node_kind { RULE_NODE_SCALAR, RULE_NODE_LIST, RULE_NODE_MAP };

struct rule_node {
    enum rule_node_kind kind;
    int line, column;            /* from 1 */
    struct slice text;           /* of a scalar; NUL-terminated, without one inside */
    const struct rule_node *key; /* the scalar that names it, in a map */
    struct rule_node *first, *last, *next, *parent;
    struct rule_node *made_before; /* all nodes of the tree, to free them */
};

enum { RULE_FAULTS_MAX = 16, RULE_FAULT_BYTES = 400 };

struct rule_fault_line {
    int line, column;
    char text[RULE_FAULT_BYTES];
};

/* What is wrong with a file, as it was found. */
struct rule_fault {
    const char *file;
    struct rule_fault_line lines[RULE_FAULTS_MAX];
    size_t count;
};

/* Notes what is wrong there and returns −EINVAL. */
int rule_yaml_fault(struct rule_fault *fault, const struct rule_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int rule_yaml_fault_at(struct rule_fault *fault, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* By their places in the file. */
void rule_yaml_sort_faults(struct rule_fault *fault);

/* "file:line:column: …", without a line end. */
int rule_yaml_write_fault(const struct rule_fault *fault, size_t which, char *out, size_t room);

/* *root is the top map. 0, −EINVAL or −ENOMEM. */
int rule_yaml_read(struct rule_node **root, struct slice text, struct rule_fault *fault);
void rule_yaml_free(struct rule_node *root);

/* The value of that key in a map, or NULL. */
const struct rule_node *rule_yaml_find(const struct rule_node *map, const char *key);

#endif
