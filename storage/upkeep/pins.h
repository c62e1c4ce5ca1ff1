/*
 * pins - the calls that retention leaves alone: evidence of alerts, legal holds.
 *
 *     STORE/2026-11-21/pins/0dd2f00000000001      one file a pinned call, a line of JSON in it
 *
 * A pin lies in the folder of its call's day, so retention looks only where it removes. A file of its
 * own can be made and removed by any process at any time, whole or not at all.
 *
 * Thread     Any thread, any process that may write to the store.
 * Errors     −errno.
 */
#ifndef STORAGE_UPKEEP_PINS_H
#define STORAGE_UPKEEP_PINS_H

#include "analyzer/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pin {
    uint64_t call;
    int64_t time;    /* when it was pinned, ns; RECORD_NONE: not told */
    struct slice by; /* "alert sip_503_spike", a person */
    struct slice reason;
};

/* Pins a call; one that is pinned already keeps its first pin. −ENOENT: its day is not in the store. */
int pins_add(const char *store_dir, const struct pin *pin);

/* The same of a call that is new: the folder of its day is made if its first row is still on its way. */
int pins_add_new(const char *store_dir, const struct pin *pin);

/* The ids of a JSON array, as alerts have them; at most `room`. */
size_t pins_read_calls(struct slice json, uint64_t *calls, size_t room);

/* −ENOENT: it is not pinned. */
int pins_remove(const char *store_dir, uint64_t call);

bool pins_has(const char *store_dir, uint64_t call);

/* The pinned calls of a day, in order, in a block to be freed. 0 or −errno. */
int pins_of_day(const char *store_dir, int32_t day, uint64_t **calls, size_t *count);

/* Every pin of the store, oldest call first; false from `each` ends it. */
int pins_each(const char *store_dir, bool (*each)(void *ctx, const struct pin *pin), void *ctx);

#endif
