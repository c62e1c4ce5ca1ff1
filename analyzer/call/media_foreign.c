#include "analyzer/call/media_foreign.h"

#include "analyzer/call/stream_events.h"

#define AT_ONCE_NS INT64_C(1000000000)

enum { ANNOUNCED = 2, ANSWERED = 1 };

static bool same_place(const struct media_stream *a, const struct media_stream *b)
{
    return a->media == b->media && a->direction == b->direction && !a->fax && !b->fax &&
           a->key.network == b->key.network && addr_eq(&a->key.dst, &b->key.dst);
}

/* Does SDP of the side that sends say that its media is there? */
static bool is_announced(const struct call *call, const struct media_stream *s)
{
    uint8_t sender = s->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;

    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (addr_eq(&e->addr, &s->key.src) && !e->rtcp_only && e->learned <= LEARNED_PORT &&
            (s->direction == DIRECTION_UNKNOWN || e->side == sender))
            return true;
    }
    return false;
}

static bool is_answered(const struct call *call, const struct media_stream *s)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *o = call->streams[i];

        if (addr_eq(&o->key.src, &s->key.dst) && addr_eq(&o->key.dst, &s->key.src) &&
            o->key.network == s->key.network)
            return true;
    }
    return false;
}

/* Both send there at once, from two addresses. */
static bool competes(const struct media_stream *a, const struct media_stream *b)
{
    return same_place(a, b) && !addr_eq(&a->key.src, &b->key.src) &&
           stream_events_overlap_ns(a, b) > AT_ONCE_NS && !stream_events_are_copies(a, b);
}

static bool is_before(const struct media_stream *a, int a_merit, const struct media_stream *b,
                      int b_merit)
{
    if (a_merit != b_merit)
        return a_merit > b_merit;
    if (a->rtp.packets != b->rtp.packets)
        return a->rtp.packets > b->rtp.packets;
    return a->rtp.first_time_ns < b->rtp.first_time_ns;
}

/* Most calls have one stream in each direction: nothing is to be ranked. */
static bool has_company(const struct call *call, const struct media_stream *s)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        if (call->streams[i] != s && same_place(call->streams[i], s))
            return true;
    }
    return false;
}

void media_foreign_judge(struct call *call)
{
    int merit[RECORD_STREAMS_MAX] = { 0 };

    for (uint8_t i = 0; i < call->stream_count; i++) {
        struct media_stream *s = call->streams[i];

        s->tones_want |= s->foreign ? TONES_DECIDE : TONES_NOTHING;
        s->foreign = false;
        if (has_company(call, s))
            merit[i] =
                (is_announced(call, s) ? ANNOUNCED : 0) + (is_answered(call, s) ? ANSWERED : 0);
    }
    for (uint8_t i = 0; i < call->stream_count; i++) {
        struct media_stream *s = call->streams[i];

        for (uint8_t k = 0; merit[i] == 0 && k < call->stream_count && !s->foreign; k++)
            s->foreign = call->streams[k] != s && is_before(call->streams[k], merit[k], s, 0) &&
                         competes(call->streams[k], s);
        s->tones_want |= s->foreign ? TONES_DECIDE : TONES_NOTHING;
    }
}

int64_t media_foreign_count(const struct call *call)
{
    int64_t n = 0;

    for (uint8_t i = 0; i < call->stream_count; i++)
        n += call->streams[i]->foreign;
    return n;
}
