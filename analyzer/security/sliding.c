#include "analyzer/security/sliding.h"

#include <stdbool.h>
#include <string.h>

static void move(struct sliding *s, uint32_t window_s, int64_t now_s)
{
    int64_t length_s = window_s / SLIDING_STEPS ? window_s / SLIDING_STEPS : 1;
    int64_t step = now_s / length_s;
    bool back = step < s->step;
    uint64_t steps = back ? (uint64_t)s->step - (uint64_t)step : (uint64_t)step - (uint64_t)s->step;

    if (steps == 0 || (back && steps < SLIDING_STEPS))
        return;
    if (steps >= SLIDING_STEPS)
        memset(s->counts, 0, sizeof s->counts);
    else
        for (uint64_t i = 1; i <= steps; i++)
            s->counts[((uint64_t)s->step + i) % SLIDING_STEPS] = 0;
    s->step = step;
}

void sliding_add(struct sliding *s, uint32_t window_s, int64_t now_s)
{
    uint32_t *count;

    move(s, window_s, now_s);
    count = &s->counts[(uint64_t)s->step % SLIDING_STEPS];
    *count += *count < UINT32_MAX / SLIDING_STEPS;
}

uint32_t sliding_count(struct sliding *s, uint32_t window_s, int64_t now_s)
{
    uint32_t sum = 0;

    move(s, window_s, now_s);
    for (unsigned i = 0; i < SLIDING_STEPS; i++)
        sum += s->counts[i];
    return sum;
}
