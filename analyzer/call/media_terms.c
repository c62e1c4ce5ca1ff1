#include "analyzer/call/media_terms.h"

#include "analyzer/call/call.h"

static bool excuses(const uint8_t direction[2], uint8_t side)
{
    uint8_t own = direction[side], others = direction[!side];

    return own == SDP_RECVONLY || own == SDP_INACTIVE || others == SDP_SENDONLY ||
           others == SDP_INACTIVE;
}

bool media_terms_say(struct call *call, uint8_t side, uint8_t direction)
{
    struct call_media *m = &call->media;
    struct media_term *term;

    call->sdp_seen[side] = true;
    if (call->sdp_direction[side] == direction)
        return true;
    call->sdp_direction[side] = direction;
    if (m->terms && m->terms->time_ns == call->last_sip_time) {
        m->terms->direction[side] = direction;
        return true;
    }
    term = m->term_count < MEDIA_TERMS_MAX ? arena_take(&call->arena, sizeof *term) : NULL;
    if (!term) {
        m->terms_full = true;
        return false;
    }
    *term = (struct media_term){ m->terms,
                                 call->last_sip_time,
                                 { call->sdp_direction[0], call->sdp_direction[1] } };
    m->terms = term;
    m->term_count++;
    return true;
}

bool media_terms_excuse(const struct call *call, uint8_t side)
{
    return call->media.terms_full || excuses(call->sdp_direction, side);
}

int64_t media_terms_excused_ns(const struct call *call, uint8_t side, int64_t from_ns,
                               int64_t to_ns)
{
    int64_t sum = 0;

    if (to_ns <= from_ns)
        return 0;
    if (call->media.terms_full)
        return to_ns - from_ns;
    for (const struct media_term *t = call->media.terms; t && to_ns > from_ns; t = t->older) {
        int64_t begin = t->time_ns > from_ns ? t->time_ns : from_ns;

        if (begin >= to_ns)
            continue;
        if (excuses(t->direction, side))
            sum += to_ns - begin;
        to_ns = begin;
    }
    return sum;
}

/* When the terms of `at` began and end; are they an excuse? */
static bool term_at(const struct call *call, uint8_t side, int64_t at, int64_t *end_ns)
{
    const struct media_term *t = call->media.terms;

    *end_ns = INT64_MAX;
    for (; t && t->time_ns > at; t = t->older)
        *end_ns = t->time_ns;
    return t && excuses(t->direction, side);
}

bool media_terms_owed(const struct call *call, uint8_t side, int64_t *from_ns, int64_t *to_ns)
{
    int64_t at = *from_ns, end;

    if (call->media.terms_full)
        return false;
    while (at < *to_ns && term_at(call, side, at, &end))
        at = end;
    if (at >= *to_ns)
        return false;
    *from_ns = at;
    while (!term_at(call, side, at, &end) && end < *to_ns)
        at = end;
    if (at < *to_ns && term_at(call, side, at, &end))
        *to_ns = at;
    return true;
}
