#include "rules/rule_distinct.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 8, LAST_ROOM = 2 * RULE_DISTINCT_EXACT, PROBES_MAX = 64, LEVEL_MAX = 20 };

size_t rule_distinct_bytes(uint32_t count)
{
    return (count * sizeof(uint32_t) + 7) & ~(size_t)7;
}

void rule_distinct_init(struct rule_distinct *d, void *room, uint32_t count)
{
    *d = (struct rule_distinct){ .steps = room, .count = count };
    memset(room, 0, rule_distinct_bytes(count));
}

void rule_distinct_fini(struct rule_distinct *d)
{
    rule_distinct_clear(d);
}

void rule_distinct_clear(struct rule_distinct *d)
{
    free(d->entries);
    rule_distinct_init(d, d->steps, d->count);
}

static uint32_t *step_of(struct rule_distinct *d, uint32_t step)
{
    return &d->steps[step % d->count];
}

/* The upper bits say whether a value is remembered, the lower ones where. */
static bool is_drawn(const struct rule_distinct *d, uint32_t id)
{
    return d->level == 0 || id >> (32 - d->level) == 0;
}

static bool is_live(const struct rule_distinct *d, const struct rule_distinct_entry *e)
{
    return e->id && e->step >= d->oldest;
}

static void place(struct rule_distinct_entry *entries, uint32_t room, struct rule_distinct_entry e)
{
    uint32_t i = e.id & (room - 1);

    while (entries[i].id)
        i = (i + 1) & (room - 1);
    entries[i] = e;
}

/* A table of that size with those that are live and drawn; false without memory. */
static bool remake(struct rule_distinct *d, uint32_t room)
{
    struct rule_distinct_entry *entries = calloc(room, sizeof *entries);

    if (!entries)
        return false;
    memset(d->steps, 0, d->count * sizeof *d->steps);
    d->live = 0;
    for (uint32_t i = 0; i < d->room; i++) {
        if (!is_live(d, &d->entries[i]) || !is_drawn(d, d->entries[i].id))
            continue;
        place(entries, room, d->entries[i]);
        ++*step_of(d, d->entries[i].step);
        d->live++;
    }
    free(d->entries);
    d->entries = entries;
    d->room = room;
    d->used = d->live;
    return true;
}

/* Room for one more. */
static bool make_room(struct rule_distinct *d)
{
    uint32_t room = FIRST_ROOM;

    if ((d->used + 1) * 4 <= d->room * 3)
        return true;
    if (d->live >= RULE_DISTINCT_EXACT && d->level < LEVEL_MAX)
        d->level++;
    while (room < 2 * (d->live + 1) && room < LAST_ROOM)
        room *= 2;
    return remake(d, room) && (d->used + 1) * 4 <= d->room * 3;
}

static void see_again(struct rule_distinct *d, struct rule_distinct_entry *e, uint32_t step)
{
    if (!is_live(d, e)) {
        d->live++;
    } else if (step <= e->step) {
        return;
    } else {
        --*step_of(d, e->step);
    }
    e->step = step;
    ++*step_of(d, step);
}

void rule_distinct_add(struct rule_distinct *d, int64_t step, uint64_t hash)
{
    uint32_t id = (uint32_t)(hash >> 32) | 1, at;

    if (!is_drawn(d, id) || !make_room(d) || !is_drawn(d, id))
        return;
    at = id & (d->room - 1);
    /* Nobody gets to make a search long by values that were chosen for it. */
    for (uint32_t probes = 0; probes < PROBES_MAX; probes++, at = (at + 1) & (d->room - 1)) {
        struct rule_distinct_entry *e = &d->entries[at];

        if (e->id == id) {
            see_again(d, e, (uint32_t)step);
            return;
        }
        if (!e->id) {
            *e = (struct rule_distinct_entry){ id, (uint32_t)step };
            ++*step_of(d, (uint32_t)step);
            d->used++;
            d->live++;
            return;
        }
    }
}

void rule_distinct_slide(struct rule_distinct *d, int64_t step)
{
    uint32_t *leaving = step_of(d, (uint32_t)step);

    d->live -= *leaving;
    *leaving = 0;
    d->oldest = step < d->count ? 0 : (uint32_t)(step - d->count + 1);
    /* Again exact once a flood is over; short by up to half for one window, and so late rather than
     * wrong. */
    if (d->live == 0)
        rule_distinct_clear(d);
    else if (d->level && d->live < RULE_DISTINCT_EXACT / 8)
        d->level--;
}

double rule_distinct_estimate(const struct rule_distinct *d)
{
    return (double)((uint64_t)d->live << d->level);
}

size_t rule_distinct_heap_bytes(const struct rule_distinct *d)
{
    return d->room * sizeof *d->entries;
}
