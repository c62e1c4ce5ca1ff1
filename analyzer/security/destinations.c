#include "analyzer/security/destinations.h"

#include <stdlib.h>
#include <string.h>

static struct destination_slot *find(struct destinations *d, uint64_t hash)
{
    uint64_t i = hash & (DESTINATIONS_SLOTS - 1);

    while (d->slots[i].hash && d->slots[i].hash != hash)
        i = (i + 1) & (DESTINATIONS_SLOTS - 1);
    return &d->slots[i];
}

static bool has_learnt(const struct destinations *d, int64_t now_s)
{
    return d->calls >= DESTINATIONS_LEARN_CALLS && now_s - d->first_s >= DESTINATIONS_LEARN_S;
}

uint32_t destinations_call(struct destinations *d, uint64_t hash, uint32_t window_s, int64_t now_s)
{
    struct destination_slot *slot;

    hash += hash == 0;
    if (!d->slots) {
        d->slots = calloc(DESTINATIONS_SLOTS, sizeof *d->slots);
        d->first_s = now_s;
    }
    if (!d->slots)
        return 0;
    slot = find(d, hash);
    if (!slot->hash) {
        if (d->used >= DESTINATIONS_MAX)
            return 0;
        d->used++;
        *slot = (struct destination_slot){ hash, has_learnt(d, now_s) ? now_s + window_s : 0, 0 };
    }
    d->calls++;
    if (now_s >= slot->new_until_s)
        return 0;
    return ++slot->calls;
}

void destinations_fini(struct destinations *d)
{
    free(d->slots);
    memset(d, 0, sizeof *d);
}
