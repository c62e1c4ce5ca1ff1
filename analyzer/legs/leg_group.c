#include "analyzer/legs/leg_group.h"

#include "analyzer/legs/leg_report.h"

struct members {
    struct leg_call *calls[LEG_GROUP_MAX];
    size_t count;
};

static bool has(const struct members *m, const struct leg_call *c)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->calls[i] == c)
            return true;
    }
    return false;
}

/* All that hang together with the call. False: more than LEG_GROUP_MAX. */
static bool collect(struct members *m, struct leg_call *first)
{
    m->calls[0] = first;
    m->count = 1;
    for (size_t i = 0; i < m->count; i++) {
        struct leg_call *c = m->calls[i];

        for (struct leg_pair *p = c->pairs; p; p = leg_pair_next(p, c)) {
            if (!p->joined || has(m, leg_pair_other(p, c)))
                continue;
            if (m->count == LEG_GROUP_MAX)
                return false;
            m->calls[m->count++] = leg_pair_other(p, c);
        }
    }
    return true;
}

static void tell_changed(struct leg_book *b, const struct members *m)
{
    for (size_t i = 0; i < m->count; i++) {
        struct leg_call *c = m->calls[i];

        for (struct leg_pair *p = c->pairs; p; p = leg_pair_next(p, c)) {
            if (p->joined && p->calls[0] == c && p->told_group != c->group)
                leg_report_tell(b, p);
        }
    }
}

/* A member that is forgotten already may have been the first: its name stays. */
static void name_group(struct leg_book *b, const struct members *m, bool keep_name)
{
    uint64_t group = UINT64_MAX;

    for (size_t i = 0; i < m->count; i++) {
        const struct leg_call *c = m->calls[i];

        if (c->id < group)
            group = c->id;
        if (keep_name && c->group && c->group < group)
            group = c->group;
    }
    for (size_t i = 0; i < m->count; i++)
        m->calls[i]->group = m->count > 1 || keep_name ? group : 0;
    tell_changed(b, m);
}

void leg_group_join(struct leg_book *b, struct leg_pair *p)
{
    struct members m;

    p->joined = true;
    if (collect(&m, p->calls[0]))
        name_group(b, &m, true);
    else
        p->joined = false;
}

void leg_group_part(struct leg_book *b, struct leg_pair *p)
{
    struct members m;

    p->joined = false;
    leg_report_tell(b, p);
    for (int i = 0; i < 2; i++) {
        if (collect(&m, p->calls[i]))
            name_group(b, &m, false);
    }
}
