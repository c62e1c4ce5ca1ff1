#include "storage/search/search_cost.h"

#include "storage/search/search_fields.h"

bool search_cost_is_of_ids(const struct filter_test *t)
{
    return t->field->kind == FILTER_TIME ||
           (t->field->kind == FILTER_ID && t->members[0] && t->members[0]->offset == 0);
}

/* About how long a test takes, in parts of a look at a number. */
static unsigned test_cost(const struct filter_test *t)
{
    unsigned cost = 0;

    if (search_cost_is_of_ids(t) || t->field->kind == FILTER_ALERT)
        return 1;
    for (size_t m = 0; m < FILTER_MEMBERS_MAX && t->members[m]; m++) {
        int field = search_field_number(t->members[m]);
        bool is_head = field >= 0 && search_fields[field].is_head;

        if (field < 0 || (is_head && t->shape != FILTER_WHOLE && t->shape != FILTER_PREFIX))
            return 100000;
        if (t->field->kind == FILTER_TEXT && t->shape == FILTER_PART && !t->field->ignores_case)
            cost += 20; /* of numbers, most likely */
        cost += t->field->kind == FILTER_NUMBER || t->field->kind == FILTER_TRUTH ? 2 : 4;
    }
    return cost;
}

unsigned search_cost(const struct filter *f, uint16_t node)
{
    const struct filter_node *n = &f->nodes[node];

    if (n->kind == FILTER_TEST)
        return test_cost(&f->tests[n->test]);
    if (n->kind == FILTER_NOT)
        return search_cost(f, n->left);
    return search_cost(f, n->left) + search_cost(f, n->right);
}
