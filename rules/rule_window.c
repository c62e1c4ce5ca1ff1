#include "rules/rule_window.h"

#include <string.h>

static size_t place_of(const struct rule_window *w, int64_t step)
{
    return (uint64_t)step % w->count;
}

static size_t sums_bytes(uint32_t count, uint32_t lanes)
{
    return (size_t)count * lanes * sizeof(double);
}

size_t rule_window_bytes(uint32_t count, uint32_t lanes)
{
    return (sums_bytes(count, lanes) + count * sizeof(struct rule_bucket) + 7) & ~(size_t)7;
}

void rule_window_init(struct rule_window *w, void *room, uint32_t count, uint32_t lanes)
{
    w->sums = lanes ? room : NULL;
    w->buckets = (void *)((char *)room + sums_bytes(count, lanes));
    w->count = count;
    w->lanes = lanes;
    rule_window_clear(w);
}

void rule_window_clear(struct rule_window *w)
{
    if (w->sums)
        memset(w->sums, 0, sums_bytes(w->count, w->lanes));
    memset(w->buckets, 0, w->count * sizeof *w->buckets);
    memset(w->totals, 0, sizeof w->totals);
    w->samples = 0;
    w->matching = 0;
}

void rule_window_add(struct rule_window *w, int64_t step, bool matches, uint32_t offset_us)
{
    struct rule_bucket *b = &w->buckets[place_of(w, step)];

    if (w->samples == UINT32_MAX)
        return;
    b->samples++;
    w->samples++;
    if (!matches)
        return;
    if (b->matching == 0 || offset_us < b->first_us)
        b->first_us = offset_us;
    b->matching++;
    w->matching++;
}

void rule_window_add_sum(struct rule_window *w, int64_t step, uint32_t lane, double value)
{
    w->sums[place_of(w, step) * w->lanes + lane] += value;
    w->totals[lane] += value;
}

/* What was added and taken away again leaves the errors of its rounding behind: once a turn of the
 * ring, and when nothing is left, the totals are made anew. */
static void add_up(struct rule_window *w)
{
    memset(w->totals, 0, sizeof w->totals);
    for (uint32_t i = 0; w->matching && i < w->count; i++) {
        for (uint32_t lane = 0; lane < w->lanes; lane++)
            w->totals[lane] += w->sums[i * w->lanes + lane];
    }
}

void rule_window_slide(struct rule_window *w, int64_t step)
{
    size_t at = place_of(w, step);
    struct rule_bucket *b = &w->buckets[at];

    w->samples -= b->samples;
    w->matching -= b->matching;
    *b = (struct rule_bucket){ 0 };
    if (!w->sums)
        return;
    for (uint32_t lane = 0; lane < w->lanes; lane++) {
        w->totals[lane] -= w->sums[at * w->lanes + lane];
        w->sums[at * w->lanes + lane] = 0;
    }
    if (at == 0 || w->matching == 0)
        add_up(w);
}

const struct rule_bucket *rule_window_bucket(const struct rule_window *w, int64_t step)
{
    return &w->buckets[place_of(w, step)];
}

int64_t rule_window_first_match_us(const struct rule_window *w, int64_t newest, int64_t step_us)
{
    for (int64_t step = newest - w->count + 1; step <= newest; step++) {
        const struct rule_bucket *b = step >= 0 ? rule_window_bucket(w, step) : NULL;

        if (b && b->matching)
            return step * step_us + b->first_us;
    }
    return -1;
}
