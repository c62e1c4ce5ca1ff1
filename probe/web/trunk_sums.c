#include "probe/web/trunk_sums.h"

#include "analyzer/base/siphash.h"

#include <errno.h>
#include <stdlib.h>

struct trunk_sum {
    struct kpi_record names; /* trunk, direction, destination, channel_limit; the rest is unused */
    uint64_t hash;
    struct kpi_sum sum;
};

int trunk_sums_init(struct trunk_sums *t)
{
    t->count = 0;
    t->cut = false;
    return table_init(&t->by_name, TRUNK_SUMS_MAX);
}

void trunk_sums_fini(struct trunk_sums *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->groups[i]);
    table_fini(&t->by_name);
}

static bool same_text(struct slice a, struct slice b)
{
    return (a.p != NULL) == (b.p != NULL) && (!a.p || slice_eq(a, b));
}

static bool same_names(const void *item, const void *key)
{
    const struct kpi_record *a = &((const struct trunk_sum *)item)->names, *b = key;

    return same_text(a->trunk, b->trunk) && same_text(a->direction, b->direction) &&
           same_text(a->destination, b->destination);
}

/* The names are the configuration's: nobody aims at these hashes. */
static uint64_t hash_names(const struct kpi_record *k)
{
    static const struct siphash_key key = { { 0, 0 } };

    return siphash(&key, k->trunk.p, k->trunk.len) * 31 +
           siphash(&key, k->direction.p, k->direction.len) * 7 +
           siphash(&key, k->destination.p, k->destination.len);
}

static struct slice put_text(char **at, struct slice text)
{
    struct slice kept = text.p ? slice_of(*at, text.len) : SLICE_ABSENT;

    if (text.len)
        memcpy(*at, text.p, text.len);
    *at += text.len;
    return kept;
}

/* The group's names lie behind it. */
static struct trunk_sum *make_group(struct trunk_sums *t, const struct kpi_record *k)
{
    struct trunk_sum *g =
        calloc(1, sizeof *g + k->trunk.len + k->direction.len + k->destination.len + 1);
    char *at = (char *)(g + 1);

    if (!g)
        return NULL;
    g->hash = hash_names(k);
    g->names.trunk = put_text(&at, k->trunk);
    g->names.direction = put_text(&at, k->direction);
    g->names.destination = put_text(&at, k->destination);
    g->names.channel_limit = RECORD_NONE;
    g->sum.concurrent_max = RECORD_NONE;
    if (table_put(&t->by_name, g->hash, g) != 0) {
        free(g);
        return NULL;
    }
    t->groups[t->count++] = g;
    return g;
}

bool trunk_sums_add(struct trunk_sums *t, const struct kpi_record *k)
{
    struct trunk_sum *g = table_find(&t->by_name, hash_names(k), same_names, k);

    if (!g && t->count == TRUNK_SUMS_MAX) {
        t->cut = true;
        return true;
    }
    if (!g)
        g = make_group(t, k);
    if (!g)
        return false;
    kpi_sum_add(&g->sum, k);
    if (g->names.channel_limit == RECORD_NONE)
        g->names.channel_limit = k->channel_limit;
    return true;
}

static int compare_texts(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_groups(const void *a, const void *b)
{
    const struct trunk_sum *x = *(const struct trunk_sum *const *)a;
    const struct trunk_sum *y = *(const struct trunk_sum *const *)b;
    bool x_all = !x->names.trunk.p && !x->names.destination.p;
    bool y_all = !y->names.trunk.p && !y->names.destination.p;
    int order = y_all - x_all;

    if (order == 0)
        order = (y->sum.counts[KPI_ATTEMPTS] > x->sum.counts[KPI_ATTEMPTS]) -
                (y->sum.counts[KPI_ATTEMPTS] < x->sum.counts[KPI_ATTEMPTS]);
    if (order == 0)
        order = compare_texts(x->names.trunk, y->names.trunk);
    if (order == 0)
        order = compare_texts(x->names.direction, y->names.direction);
    return order ? order : compare_texts(x->names.destination, y->names.destination);
}

void trunk_sums_sort(struct trunk_sums *t)
{
    if (t->count)
        qsort(t->groups, t->count, sizeof *t->groups, compare_groups);
}

void trunk_sums_report(const struct trunk_sums *t, size_t at, struct kpi_record *out,
                       struct strbuf *texts)
{
    const struct trunk_sum *g = t->groups[at];

    kpi_sum_report(&g->sum, out, texts);
    out->trunk = g->names.trunk;
    out->direction = g->names.direction;
    out->destination = g->names.destination;
    out->channel_limit = g->names.channel_limit;
}
