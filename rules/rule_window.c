#include "rules/rule_window.h"

#include <string.h>

static struct rule_bucket *bucket_of(const struct rule_window *w, int64_t step)
{
    return &w->buckets[(uint64_t)step % w->count];
}

void rule_window_init(struct rule_window *w, struct rule_bucket *buckets, uint32_t count)
{
    w->buckets = buckets;
    w->count = count;
    rule_window_clear(w);
}

void rule_window_clear(struct rule_window *w)
{
    memset(w->buckets, 0, w->count * sizeof *w->buckets);
    w->samples = 0;
    w->matching = 0;
}

void rule_window_add(struct rule_window *w, int64_t step, bool matches, uint32_t offset_us)
{
    struct rule_bucket *b = bucket_of(w, step);

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

void rule_window_slide(struct rule_window *w, int64_t step)
{
    struct rule_bucket *b = bucket_of(w, step);

    w->samples -= b->samples;
    w->matching -= b->matching;
    *b = (struct rule_bucket){ 0 };
}

int64_t rule_window_first_match_us(const struct rule_window *w, int64_t newest, int64_t step_us)
{
    for (int64_t step = newest - w->count + 1; step <= newest; step++) {
        const struct rule_bucket *b = step >= 0 ? bucket_of(w, step) : NULL;

        if (b && b->matching)
            return step * step_us + b->first_us;
    }
    return -1;
}
