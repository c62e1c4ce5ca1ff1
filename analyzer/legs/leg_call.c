#include "analyzer/legs/leg_call.h"

#include "analyzer/record_id.h"

#include <stdlib.h>

enum { CALL_ID_KEPT_BYTES = 1024 }; /* as much as of the call's own */

struct leg_call *leg_call_new(uint64_t id, struct slice call_id, int64_t time_ns)
{
    size_t len = call_id.len < CALL_ID_KEPT_BYTES ? call_id.len : CALL_ID_KEPT_BYTES;
    struct leg_call *c = calloc(1, sizeof *c + len);

    if (!c)
        return NULL;
    c->id = id;
    c->start = time_ns;
    c->ring = c->answer = c->settled = c->end = c->look_time = RECORD_NONE;
    c->call_id_len = (uint16_t)len;
    if (len)
        memcpy(c->call_id, call_id.p, len);
    return c;
}

void leg_call_free(struct leg_call *c)
{
    free(c);
}

static void take_number(struct leg_number *n, const struct siphash_key *key, struct slice number,
                        struct slice user)
{
    struct leg_number found = leg_number_of(key, number.len ? number : user);

    if (found.packed)
        *n = found;
}

static enum leg_side side_of(struct slice ended_by)
{
    if (slice_eq(ended_by, SLICE("caller")))
        return LEG_CALLER;
    return slice_eq(ended_by, SLICE("callee")) ? LEG_CALLEE : LEG_NOBODY;
}

static int64_t first_known(int64_t a, int64_t b, int64_t c)
{
    if (a != RECORD_NONE)
        return a;
    return b != RECORD_NONE ? b : c;
}

void leg_call_take(struct leg_call *c, const struct siphash_key *key,
                   const struct call_record *record, enum leg_phase phase, int64_t now_ns)
{
    c->src = record->src;
    c->dst = record->dst;
    if (record->invite_time != RECORD_NONE)
        c->start = record->invite_time;
    c->ring = record->first_18x_time;
    c->answer = record->answer_time;
    if (record->final_status > 0 && record->final_status < 1000)
        c->final_status = (uint16_t)record->final_status;
    take_number(&c->from, key, record->from_number, record->from_user);
    take_number(&c->to, key, record->to_number, record->to_user);
    c->ended_by = (uint8_t)side_of(record->ended_by);
    if (phase > c->phase)
        c->phase = (uint8_t)phase;
    if (c->phase >= LEG_SETTLED && c->settled == RECORD_NONE)
        c->settled = first_known(record->settled_time, c->answer, now_ns);
    if (record->end_time != RECORD_NONE || phase == LEG_CLOSED)
        c->end = first_known(record->end_time, record->closed_time, c->end);
}
