#include "rules/rule_mute.h"

#include "analyzer/base/array.h"
#include "rules/rule_eval.h"

#include <errno.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* An alert looks at so many that might explain it, and no more. */
enum { PARENTS_LOOKED_AT = 256 };

/* Names of one row mean the same. */
static const char *const same[][6] = {
    { "trunk", "trunk_in", "trunk_out" },
    { "target", "dst.ip", "registrar", "server.ip" },
    { "source", "src.ip" },
};

void rule_mute_fini(struct rule_mute *m)
{
    free(m->children);
    *m = (struct rule_mute){ .parent_count = 0 };
}

static struct rule_eval *find(struct rule_eval *const *evals, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(slice_of_text(evals[i]->rule->name), name))
            return evals[i];
    }
    return NULL;
}

static int add_child(struct rule_eval *parent, struct rule_eval *child)
{
    struct rule_mute *m = &parent->mute;
    struct rule_eval **grown =
        array_grow(m->children, &m->child_room, m->child_count, sizeof(struct rule_eval *));

    if (!grown)
        return -ENOMEM;
    m->children = grown;
    m->children[m->child_count++] = child;
    return 0;
}

int rule_mute_link(struct rule_eval *const *evals, size_t count)
{
    int err = 0;

    for (size_t i = 0; i < count; i++)
        rule_mute_fini(&evals[i]->mute);
    for (size_t i = 0; i < count && !err; i++) {
        struct rule_eval *child = evals[i];

        for (size_t k = 0; k < child->rule->muted_by_count && !err; k++) {
            struct rule_eval *parent = find(evals, count, child->rule->muted_by[k]);

            if (!parent || parent == child)
                continue;
            child->mute.parents[child->mute.parent_count++] = parent;
            err = add_child(parent, child);
        }
    }
    return err;
}

/* The row of a name; COUNT(same): of none. */
static size_t row_of(struct slice name)
{
    for (size_t row = 0; row < COUNT(same); row++) {
        for (size_t i = 0; i < COUNT(same[row]) && same[row][i]; i++) {
            if (slice_eq(name, slice_of_text(same[row][i])))
                return row;
        }
    }
    return COUNT(same);
}

static bool means_the_same(const struct rule_field *a, const struct rule_field *b)
{
    struct strbuf one = { 0 }, other = { 0 };
    bool is_same;
    size_t row;

    rule_field_name(a, &one);
    rule_field_name(b, &other);
    row = row_of(strbuf_slice(&one));
    is_same = slice_eq(strbuf_slice(&one), strbuf_slice(&other)) ||
              (row < COUNT(same) && row == row_of(strbuf_slice(&other)));
    strbuf_fini(&one);
    strbuf_fini(&other);
    return is_same;
}

static bool has_same_text(const struct rule_field *a, struct slice part_a,
                          const struct rule_field *b, struct slice part_b)
{
    struct strbuf one = { 0 }, other = { 0 };
    bool is_same;

    rule_field_write(a, part_a, &one);
    rule_field_write(b, part_b, &other);
    is_same = slice_eq(strbuf_slice(&one), strbuf_slice(&other));
    strbuf_fini(&one);
    strbuf_fini(&other);
    return is_same;
}

static bool explains(const struct rule *parent, const struct rule_group *pg,
                     const struct rule *child, const struct rule_group *cg)
{
    size_t common = 0;

    if (pg->is_other || cg->is_other)
        return false;
    for (size_t p = 0; p < parent->group_count; p++) {
        struct slice part = rule_group_part(pg, p);
        size_t named = 0, equal = 0;

        for (size_t c = 0; c < child->group_count; c++) {
            struct slice other = rule_group_part(cg, c);

            if (!part.p || !other.p || !means_the_same(&parent->group[p], &child->group[c]))
                continue;
            named++;
            equal += has_same_text(&parent->group[p], part, &child->group[c], other);
        }
        if (named && !equal)
            return false;
        common += named;
    }
    return common || !parent->group_count;
}

uint64_t rule_mute_find(const struct rule_eval *child, const struct rule_group *g)
{
    size_t looked_at = 0;

    for (size_t i = 0; i < child->mute.parent_count; i++) {
        const struct rule_eval *parent = child->mute.parents[i];

        for (const struct rule_episode *ep = parent->first_episode;
             ep && looked_at < PARENTS_LOOKED_AT; ep = ep->after, looked_at++) {
            if (ep->life == RULE_FIRING && explains(parent->rule, ep->group, child->rule, g))
                return ep->id;
        }
    }
    return 0;
}

void rule_mute_begin(const struct rule_eval *parent, const struct rule_episode *ep, int64_t now_ns)
{
    for (size_t i = 0; i < parent->mute.child_count; i++) {
        struct rule_eval *child = parent->mute.children[i];

        for (struct rule_episode *c = child->first_episode; c; c = c->after) {
            bool is_of_it =
                c->life == RULE_PENDING || now_ns - c->fired_ns <= parent->rule->window_ns;

            if (!c->muted_by && is_of_it &&
                explains(parent->rule, ep->group, child->rule, c->group))
                rule_episode_mute(child, c, ep->id, now_ns);
        }
    }
}

void rule_mute_end(const struct rule_eval *parent, const struct rule_episode *ep, int64_t now_ns)
{
    for (size_t i = 0; i < parent->mute.child_count; i++) {
        struct rule_eval *child = parent->mute.children[i];

        for (struct rule_episode *c = child->first_episode; c; c = c->after) {
            if (c->muted_by == ep->id)
                c->unmute_ns = now_ns + child->rule->window_ns + child->rule->clear_for_ns;
        }
    }
}
