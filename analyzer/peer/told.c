#include "analyzer/peer/told.h"

#include "analyzer/record_id.h"

#define NS_PER_S INT64_C(1000000000)

bool told_may_begin(struct told_room *room, const struct told *t, int64_t now_ns)
{
    if (t->id)
        return true;
    if (now_ns / NS_PER_S != room->second) {
        room->second = now_ns / NS_PER_S;
        room->begun = 0;
    }
    if (room->begun >= TOLD_BEGIN_PER_S)
        return false;
    room->begun++;
    return true;
}

uint64_t told_now(struct told_room *room, struct told *t, int64_t now_ns, uint64_t hash)
{
    /* As far as packets come out of order; see tracker_new_id. */
    const uint64_t near = UINT64_C(2000000) << RECORD_ID_HASH_BITS;

    if (!t->id || record_id_day(t->id) < (int32_t)(now_ns / (86400 * NS_PER_S))) {
        t->id = record_id_make(now_ns, hash);
        if (t->id <= room->last_id && room->last_id - t->id < near)
            t->id = room->last_id + 1;
        room->last_id = t->id;
    }
    t->time_ns = now_ns;
    t->news = false;
    return t->id;
}
