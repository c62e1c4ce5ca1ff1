#include "analyzer/base/table.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

int table_init(struct table *t, size_t max_items)
{
    struct table_slot *slots = calloc(FIRST_SLOTS, sizeof *slots);

    if (!slots)
        return -ENOMEM;
    *t = (struct table){ slots, FIRST_SLOTS - 1, 0, max_items };
    return 0;
}

void table_fini(struct table *t)
{
    free(t->slots);
    *t = (struct table){ 0 };
}

static void place(struct table_slot *slots, size_t mask, struct table_slot slot)
{
    size_t i = slot.hash & mask;

    while (slots[i].item)
        i = (i + 1) & mask;
    slots[i] = slot;
}

static int grow(struct table *t)
{
    size_t count = (t->mask + 1) * 2;
    struct table_slot *slots = calloc(count, sizeof *slots);

    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i <= t->mask; i++) {
        if (t->slots[i].item)
            place(slots, count - 1, t->slots[i]);
    }
    free(t->slots);
    t->slots = slots;
    t->mask = count - 1;
    return 0;
}

int table_put(struct table *t, uint64_t hash, void *item)
{
    if (t->used >= t->max_items)
        return -ENOSPC;
    if ((t->used + 1) * 4 > (t->mask + 1) * 3) {
        int err = grow(t);

        if (err)
            return err;
    }
    place(t->slots, t->mask, (struct table_slot){ item, hash });
    t->used++;
    return 0;
}

/* Moves back what was pushed past the hole, so that every run of slots stays unbroken. */
static void close_gap(struct table *t, size_t hole)
{
    for (size_t i = (hole + 1) & t->mask; t->slots[i].item; i = (i + 1) & t->mask) {
        size_t home = t->slots[i].hash & t->mask;

        if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole].item = NULL;
}

bool table_remove(struct table *t, uint64_t hash, const void *item)
{
    for (size_t i = hash & t->mask; t->slots[i].item; i = (i + 1) & t->mask) {
        if (t->slots[i].item == item) {
            close_gap(t, i);
            t->used--;
            return true;
        }
    }
    return false;
}
