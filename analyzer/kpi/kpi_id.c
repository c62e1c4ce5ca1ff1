#include "analyzer/kpi/kpi_id.h"

#include "analyzer/base/siphash.h"

#define MINUTE_US UINT64_C(60000000)

uint64_t kpi_id_hash(struct slice trunk, struct slice direction, struct slice destination)
{
    static const struct siphash_key fixed = { { 0, 0 } };
    const struct slice names[] = { trunk, direction, destination };
    uint64_t h = 0;

    for (size_t i = 0; i < 3; i++) {
        uint64_t part[2] = { h, names[i].p ? siphash(&fixed, names[i].p, names[i].len) : 0 };

        h = siphash(&fixed, part, sizeof part);
    }
    return h;
}

/* Over the 11 bits of a hash the rest of it stands in the microseconds of the minute. */
uint64_t kpi_id_make(uint64_t hash, int64_t minute_ns)
{
    uint64_t us = (hash >> RECORD_ID_HASH_BITS) % MINUTE_US;

    return record_id_make(minute_ns + (int64_t)us * 1000, hash);
}
