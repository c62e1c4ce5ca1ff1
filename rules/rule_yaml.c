#include "rules/rule_yaml.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

/* The deepest thing a rule says is a list in a comparison in a filter in the rule: 4. */
enum { DEPTH_MAX = 6, NODES_MAX = 2048 };

struct builder {
    struct rule_fault *fault;
    struct rule_node *root;
    struct rule_node *newest;    /* of all nodes, for the list that frees them */
    struct rule_node *container; /* what is open */
    const struct rule_node *key; /* waits for its value */
    int depth, nodes;
};

static int note(struct rule_fault *fault, int line, int column, const char *format, va_list args)
{
    struct rule_fault_line *l;

    if (fault->count == RULE_FAULTS_MAX)
        return -EINVAL;
    l = &fault->lines[fault->count++];
    l->line = line;
    l->column = column;
    vsnprintf(l->text, sizeof l->text, format, args);
    return -EINVAL;
}

int rule_yaml_fault(struct rule_fault *fault, const struct rule_node *node, const char *format, ...)
{
    va_list args;
    int err;

    va_start(args, format);
    err = note(fault, node->line, node->column, format, args);
    va_end(args);
    return err;
}

int rule_yaml_fault_at(struct rule_fault *fault, int line, int column, const char *format, ...)
{
    va_list args;
    int err;

    va_start(args, format);
    err = note(fault, line, column, format, args);
    va_end(args);
    return err;
}

static int by_place(const void *a, const void *b)
{
    const struct rule_fault_line *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

void rule_yaml_sort_faults(struct rule_fault *fault)
{
    qsort(fault->lines, fault->count, sizeof fault->lines[0], by_place);
}

int rule_yaml_write_fault(const struct rule_fault *fault, size_t which, char *out, size_t room)
{
    const struct rule_fault_line *l = &fault->lines[which];

    return snprintf(out, room, "%s:%d:%d: %s", fault->file, l->line, l->column, l->text);
}

static int fault_at_mark(struct rule_fault *fault, const yaml_mark_t *mark, const char *what)
{
    struct rule_node at = { .line = (int)mark->line + 1, .column = (int)mark->column + 1 };

    return rule_yaml_fault(fault, &at, "%s", what);
}

static int new_node(struct builder *b, enum rule_node_kind kind, const yaml_event_t *event,
                    struct rule_node **np)
{
    bool scalar = kind == RULE_NODE_SCALAR;
    size_t len = scalar ? event->data.scalar.length : 0;
    struct rule_node *n;
    char *bytes;

    if (++b->nodes > NODES_MAX)
        return fault_at_mark(b->fault, &event->start_mark, "too much for one rule");
    if (scalar && memchr(event->data.scalar.value, 0, len))
        return fault_at_mark(b->fault, &event->start_mark, "a NUL byte in a text");
    n = calloc(1, sizeof *n + len + 1);
    if (!n)
        return -ENOMEM;
    bytes = (char *)(n + 1);
    if (len)
        memcpy(bytes, event->data.scalar.value, len);
    n->kind = kind;
    n->line = (int)event->start_mark.line + 1;
    n->column = (int)event->start_mark.column + 1;
    n->text = slice_of(bytes, len);
    n->made_before = b->newest;
    b->newest = n;
    *np = n;
    return 0;
}

static int check_key(struct builder *b, const struct rule_node *key)
{
    const struct rule_node *before = rule_yaml_find(b->container, key->text.p);

    if (before)
        return rule_yaml_fault(b->fault, key, "'%s' stands here a second time, first in line %d",
                               log_text(key->text), before->key->line);
    return 0;
}

/* Hangs a node under what is open. */
static int attach(struct builder *b, struct rule_node *n)
{
    struct rule_node *parent = b->container;

    if (!parent) {
        if (n->kind != RULE_NODE_MAP)
            return rule_yaml_fault(b->fault, n, "a rule is a list of 'key: value' lines");
        b->root = n;
        return 0;
    }
    if (parent->kind == RULE_NODE_MAP && !b->key) {
        if (n->kind != RULE_NODE_SCALAR)
            return rule_yaml_fault(b->fault, n, "a key must be a single word");
        b->key = n;
        return check_key(b, n);
    }
    n->parent = parent;
    n->key = b->key;
    b->key = NULL;
    if (parent->last)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
    return 0;
}

static int open_container(struct builder *b, enum rule_node_kind kind, const yaml_event_t *event)
{
    struct rule_node *n = NULL;
    int err;

    if (b->depth >= DEPTH_MAX)
        return fault_at_mark(b->fault, &event->start_mark, "nested too deep for a rule");
    err = new_node(b, kind, event, &n);
    if (!err)
        err = attach(b, n);
    if (err)
        return err;
    b->container = n;
    b->depth++;
    return 0;
}

static int take_node(struct builder *b, enum rule_node_kind kind, const yaml_event_t *event,
                     const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct rule_node *n = NULL;
    int err;

    if (anchor)
        return fault_at_mark(b->fault, &event->start_mark, "anchors (&) are not used in rules");
    if (tag)
        return fault_at_mark(b->fault, &event->start_mark,
                             "tags (!) are not used in rules; quote the text");
    if (kind != RULE_NODE_SCALAR)
        return open_container(b, kind, event);
    err = new_node(b, kind, event, &n);
    return err ? err : attach(b, n);
}

static int take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return fault_at_mark(b->fault, &event->start_mark,
                             "aliases (*) are not used in rules; quote a text that begins with *");
    case YAML_DOCUMENT_START_EVENT:
        if (b->root)
            return fault_at_mark(b->fault, &event->start_mark,
                                 "one rule a file: put the second document in a file of its own");
        return 0;
    case YAML_SCALAR_EVENT:
        return take_node(b, RULE_NODE_SCALAR, event, event->data.scalar.anchor,
                         event->data.scalar.tag);
    case YAML_SEQUENCE_START_EVENT:
        return take_node(b, RULE_NODE_LIST, event, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return take_node(b, RULE_NODE_MAP, event, event->data.mapping_start.anchor,
                         event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->container = b->container->parent;
        b->depth--;
        return 0;
    default:
        return 0;
    }
}

static int syntax_fault(struct rule_fault *fault, const yaml_parser_t *parser)
{
    const yaml_mark_t *mark = &parser->problem_mark;
    char what[160];

    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    snprintf(what, sizeof what, "not YAML: %s%s%s", parser->problem ? parser->problem : "broken",
             parser->context ? " " : "", parser->context ? parser->context : "");
    return fault_at_mark(fault, mark, what);
}

static void free_nodes(struct rule_node *newest)
{
    while (newest) {
        struct rule_node *before = newest->made_before;

        free(newest);
        newest = before;
    }
}

static int read_events(struct builder *b, yaml_parser_t *parser)
{
    bool ended = false;
    int err = 0;

    while (!ended && !err) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event))
            return syntax_fault(b->fault, parser);
        ended = event.type == YAML_STREAM_END_EVENT;
        err = take_event(b, &event);
        yaml_event_delete(&event);
    }
    return err;
}

int rule_yaml_read(struct rule_node **root, struct slice text, struct rule_fault *fault)
{
    static const struct rule_node top = { .line = 1, .column = 1 };
    struct builder b = { .fault = fault };
    yaml_parser_t parser;
    int err;

    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.p ? text.p : ""), text.len);
    err = read_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (!err && !b.root)
        err = rule_yaml_fault(fault, &top, "nothing in it; rules/README.md shows what a rule is");
    if (err) {
        free_nodes(b.newest);
        return err;
    }
    /* The root was made first, so it would be the end of the list: it becomes its head. */
    if (b.newest != b.root) {
        struct rule_node *n = b.newest;

        while (n->made_before != b.root)
            n = n->made_before;
        n->made_before = NULL;
        b.root->made_before = b.newest;
    }
    *root = b.root;
    return 0;
}

void rule_yaml_free(struct rule_node *root)
{
    free_nodes(root);
}

const struct rule_node *rule_yaml_find(const struct rule_node *map, const char *key)
{
    for (const struct rule_node *n = map->first; n; n = n->next) {
        if (n->key && slice_eq(n->key->text, slice_of_text(key)))
            return n;
    }
    return NULL;
}
