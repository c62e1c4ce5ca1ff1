#include "analyzer/filter/filter_scope.h"

#include "analyzer/record_id.h"

struct scope {
    int64_t since, until; /* INT64_MIN, INT64_MAX: open */
    struct slice call_id; /* absent: not one alone */
    bool is_by_call_id;   /* all matches have a Call-ID that was asked for exactly */
};

static const struct scope everything = { .since = INT64_MIN, .until = INT64_MAX };

static bool is_field(const struct filter_test *test, const char *name)
{
    return strcmp(test->field->name, name) == 0;
}

static struct scope of_test(const struct filter_test *test)
{
    struct scope scope = everything;

    if (test->shape == FILTER_ANY)
        return scope;
    if (test->field->kind == FILTER_TIME) {
        scope.since = test->from != RECORD_NONE ? test->from : scope.since;
        scope.until = test->to != RECORD_NONE ? test->to : scope.until;
    } else if (is_field(test, "id")) {
        scope.since = record_id_time_ns(test->id);
        scope.until = scope.since + 999;
    } else if (is_field(test, "call_id") && test->shape == FILTER_WHOLE) {
        scope.call_id = test->text;
        scope.is_by_call_id = true;
    }
    return scope;
}

static struct scope both(struct scope a, struct scope b)
{
    return (struct scope){ .since = a.since > b.since ? a.since : b.since,
                           .until = a.until < b.until ? a.until : b.until,
                           .call_id = a.call_id.p ? a.call_id : b.call_id,
                           .is_by_call_id = a.is_by_call_id || b.is_by_call_id };
}

static struct scope either(struct scope a, struct scope b)
{
    bool is_same = a.call_id.p && b.call_id.p && slice_eq(a.call_id, b.call_id);

    return (struct scope){ .since = a.since < b.since ? a.since : b.since,
                           .until = a.until > b.until ? a.until : b.until,
                           .call_id = is_same ? a.call_id : SLICE_ABSENT,
                           .is_by_call_id = a.is_by_call_id && b.is_by_call_id };
}

/* Nodes come after what they join, so none of these goes deeper than there are nodes. */
static struct scope of_node(const struct filter *f, uint16_t at)
{
    const struct filter_node *n = &f->nodes[at];

    switch (n->kind) {
    case FILTER_AND:
        return both(of_node(f, n->left), of_node(f, n->right));
    case FILTER_OR:
        return either(of_node(f, n->left), of_node(f, n->right));
    case FILTER_TEST:
        return of_test(&f->tests[n->test]);
    default:
        return everything;
    }
}

static bool is_time(const struct filter *f, uint16_t at)
{
    const struct filter_node *n = &f->nodes[at];

    return n->kind == FILTER_TEST && f->tests[n->test].field->kind == FILTER_TIME;
}

static void open_times(struct filter *f, uint16_t at)
{
    struct filter_node *n = &f->nodes[at];

    if (n->kind == FILTER_NOT && is_time(f, n->left)) {
        *n = f->nodes[n->left];
    } else if (n->kind == FILTER_AND || n->kind == FILTER_OR) {
        open_times(f, n->left);
        open_times(f, n->right);
    }
    if (is_time(f, at)) {
        struct filter_test *test = &f->tests[f->nodes[at].test];

        test->shape = FILTER_ANY;
        test->from = test->to = RECORD_NONE;
    }
}

void filter_scope_find(struct filter *f)
{
    struct scope scope = everything;

    if (f->node_count)
        scope = of_node(f, f->root);
    if (scope.is_by_call_id) {
        open_times(f, f->root);
        scope = of_node(f, f->root);
    }
    f->since = scope.since == INT64_MIN ? RECORD_NONE : scope.since;
    f->until = scope.until == INT64_MAX ? RECORD_NONE : scope.until;
    f->call_id = scope.call_id;
}
