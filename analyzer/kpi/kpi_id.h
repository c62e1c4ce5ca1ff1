/*
 * kpi_id - where the row of a group's minute stands: the same id in every run, so a replay replaces its rows
 * and whoever knows a group finds them without a search.
 *
 * Thread  Pure functions.
 */
#ifndef ANALYZER_KPI_KPI_ID_H
#define ANALYZER_KPI_KPI_ID_H

#include "analyzer/base/slice.h"
#include "analyzer/record_id.h"

#include <stdint.h>

/* Of the names, with what parts them; absent ones are not empty ones. */
uint64_t kpi_id_hash(struct slice trunk, struct slice direction, struct slice destination);

/* Of that hash's row of the minute that begins then, ns. */
uint64_t kpi_id_make(uint64_t hash, int64_t minute_ns);

/* Which group it is of: the same in each minute. The row of that group is found by key and minute alone. */
#define KPI_ID_MINUTE (UINT64_C(60000000) << RECORD_ID_HASH_BITS)

static inline uint64_t kpi_id_key(uint64_t id)
{
    return id % KPI_ID_MINUTE;
}

static inline int64_t kpi_id_minute_ns(uint64_t id)
{
    return (int64_t)(id / KPI_ID_MINUTE) * 60000000000;
}

static inline uint64_t kpi_id_of(uint64_t key, int64_t minute_ns)
{
    return (uint64_t)(minute_ns / 60000000000) * KPI_ID_MINUTE + key;
}

#endif
