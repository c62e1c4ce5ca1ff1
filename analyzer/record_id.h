/*
 * record_id - names for calls and streams that sort by time and tell their day.
 *
 * Source-independent layout of the 64 bits: microseconds since 1970 in the upper 53, a hash of what
 * the record is in the lower 11. The same packets give the same ids; rows come out in order of
 * time; the day folder of an id needs no look-up. Good until the year 2112.
 */
#ifndef ANALYZER_RECORD_ID_H
#define ANALYZER_RECORD_ID_H

#include <stdint.h>

enum { RECORD_ID_HASH_BITS = 11, RECORD_ID_TEXT_LEN = 16 };

static inline uint64_t record_id_make(int64_t time_ns, uint64_t hash)
{
    uint64_t us = time_ns > 0 ? (uint64_t)time_ns / 1000 : 0;

    return (us << RECORD_ID_HASH_BITS) | (hash & ((1u << RECORD_ID_HASH_BITS) - 1));
}

static inline int64_t record_id_time_ns(uint64_t id)
{
    return (int64_t)(id >> RECORD_ID_HASH_BITS) * 1000;
}

/* Days since 1970 UTC. */
static inline int32_t record_id_day(uint64_t id)
{
    return (int32_t)((id >> RECORD_ID_HASH_BITS) / 86400000000ull);
}

#endif
