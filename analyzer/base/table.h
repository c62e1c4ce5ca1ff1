/*
 * table - an open-addressing hash table of borrowed items.
 *
 * Ownership  Holds pointers; the items belong to the caller and must outlive their stay.
 * Growth     Doubles at 3/4 full, never past max_items: table_put then says -ENOSPC and the caller
 *            counts the refusal. Removal closes the gap, so there are no tombstones.
 * The hash is the caller's, keyed (siphash.h). Equality is a function, inlined at each use.
 */
#ifndef ANALYZER_BASE_TABLE_H
#define ANALYZER_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
    void *item; /* NULL: free */
    uint64_t hash;
};

struct table {
    struct table_slot *slots;
    size_t mask; /* slots − 1 */
    size_t used;
    size_t max_items;
};

typedef bool (*table_same_fn)(const void *item, const void *key);

/* 0 or −ENOMEM. */
int table_init(struct table *t, size_t max_items);
void table_fini(struct table *t);

/* 0, −ENOSPC at max_items, −ENOMEM. The caller has made sure that no equal item is inside. */
int table_put(struct table *t, uint64_t hash, void *item);

/* Takes this very item out; false when it was not inside. */
bool table_remove(struct table *t, uint64_t hash, const void *item);

/* Asks for the memory that a look-up of this hash begins with. */
static inline void table_prefetch(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(&t->slots[hash & t->mask]);
}

/* The first item with this hash, most likely the one; nobody has compared it. NULL: there is none. */
static inline void *table_guess(const struct table *t, uint64_t hash)
{
    for (size_t i = hash & t->mask; t->slots[i].item; i = (i + 1) & t->mask) {
        if (t->slots[i].hash == hash)
            return t->slots[i].item;
    }
    return NULL;
}

/* Borrowed, or NULL. */
static inline void *table_find(const struct table *t, uint64_t hash, table_same_fn same,
                               const void *key)
{
    for (size_t i = hash & t->mask; t->slots[i].item; i = (i + 1) & t->mask) {
        if (t->slots[i].hash == hash && same(t->slots[i].item, key))
            return t->slots[i].item;
    }
    return NULL;
}

#endif
