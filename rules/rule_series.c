#include "rules/rule_series.h"

#include <math.h>

int64_t rule_series_every(int64_t window_steps)
{
    return (2 * window_steps + RULE_SERIES_MAX - 1) / RULE_SERIES_MAX;
}

uint32_t rule_series_room(int64_t window_steps)
{
    int64_t room = 2 * window_steps / rule_series_every(window_steps) + 1;

    return (uint32_t)(room < RULE_SERIES_MAX ? room : RULE_SERIES_MAX);
}

void rule_series_init(struct rule_series *s, float *values, uint32_t room)
{
    *s = (struct rule_series){ values, -1 };
    for (uint32_t i = 0; i < room; i++)
        values[i] = NAN;
}

void rule_series_put(struct rule_series *s, uint32_t room, int64_t at, double value)
{
    int64_t gap = s->newest < 0 ? 1 : at - s->newest;

    if (gap <= 0) /* set back: what is there is of another time */
        gap = room;
    for (int64_t i = 1; i < gap && i < room; i++)
        s->values[(uint64_t)(at - i) % room] = NAN;
    s->values[(uint64_t)at % room] = (float)value;
    s->newest = at;
}

double rule_series_get(const struct rule_series *s, uint32_t room, int64_t at)
{
    if (s->newest < 0 || at < 0 || at > s->newest || at <= s->newest - (int64_t)room)
        return NAN;
    return (double)s->values[(uint64_t)at % room];
}
