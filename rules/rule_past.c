#include "rules/rule_past.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { QUARTERS_A_WEEK = 7 * 96 };

struct group {
    uint64_t labels_hash;
    double samples; /* of all weeks */
    double values[RULE_PAST_WEEKS];
    bool known[RULE_PAST_WEEKS];
};

static bool has_hash(const void *item, const void *key)
{
    return ((const struct group *)item)->labels_hash == *(const uint64_t *)key;
}

static void empty_page(struct rule_past_page *page)
{
    struct table *t = &page->groups;

    for (size_t i = 0; t->slots && i <= t->mask; i++) {
        free(t->slots[i].item);
        t->slots[i].item = NULL;
    }
    t->used = 0;
}

int rule_past_init(struct rule_past *p, size_t max_groups)
{
    *p = (struct rule_past){ .max_groups = max_groups };
    for (size_t i = 0; i < 2; i++) {
        p->pages[i].quarter = -1;
        if (table_init(&p->pages[i].groups, max_groups) != 0) {
            rule_past_fini(p);
            return -ENOMEM;
        }
    }
    return 0;
}

void rule_past_fini(struct rule_past *p)
{
    for (size_t i = 0; i < 2; i++) {
        empty_page(&p->pages[i]);
        table_fini(&p->pages[i].groups);
    }
}

static struct rule_past_page *page_of(struct rule_past *p, int64_t quarter)
{
    struct rule_past_page *page = &p->pages[quarter & 1];

    if (page->quarter != quarter) {
        empty_page(page);
        page->quarter = quarter;
    }
    return page;
}

static struct group *group_of(struct rule_past_page *page, uint64_t labels_hash)
{
    struct group *g = table_find(&page->groups, labels_hash, has_hash, &labels_hash);

    if (g)
        return g;
    g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->labels_hash = labels_hash;
    if (table_put(&page->groups, labels_hash, g) != 0) {
        free(g);
        return NULL;
    }
    return g;
}

void rule_past_put(struct rule_past *p, int64_t now_quarter, int64_t time_ns, uint64_t labels_hash,
                   double value, double samples)
{
    int64_t quarter = time_ns / RULE_QUARTER_NS;
    struct group *g;

    if (time_ns < 0 || !isfinite(value) || !p->pages[0].groups.slots)
        return;
    for (int64_t week = 1; week <= RULE_PAST_WEEKS; week++) {
        int64_t now = quarter + week * QUARTERS_A_WEEK;

        if (now != now_quarter && now != now_quarter + 1)
            continue;
        g = group_of(page_of(p, now), labels_hash);
        if (!g)
            return;
        if (!g->known[week - 1])
            g->samples += samples > 0 ? samples : 0;
        g->known[week - 1] = true;
        g->values[week - 1] = value;
        p->version++;
    }
}

static double normal_of(const struct group *g, bool is_rise)
{
    double sorted[RULE_PAST_WEEKS];
    size_t n = 0;

    for (size_t week = 0; week < RULE_PAST_WEEKS; week++) {
        size_t at = n;

        if (!g->known[week])
            continue;
        for (; at > 0 && sorted[at - 1] > g->values[week]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = g->values[week];
        n++;
    }
    if (n < RULE_PAST_WEEKS_MIN)
        return NAN;
    if (n == 2)
        return sorted[is_rise];
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double rule_past_find(const struct rule_past *p, int64_t quarter, uint64_t labels_hash,
                      double min_samples, bool is_rise)
{
    const struct rule_past_page *page = &p->pages[quarter & 1];
    const struct group *g = NULL;

    if (page->quarter == quarter && page->groups.slots)
        g = table_find(&page->groups, labels_hash, has_hash, &labels_hash);
    return g && g->samples >= min_samples ? normal_of(g, is_rise) : NAN;
}

size_t rule_past_bytes(const struct rule_past *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < 2; i++) {
        const struct table *t = &p->pages[i].groups;

        if (t->slots)
            bytes += (t->mask + 1) * sizeof *t->slots + t->used * sizeof(struct group);
    }
    return bytes;
}
