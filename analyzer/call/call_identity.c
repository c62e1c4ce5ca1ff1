/* Whose message it is: which call's, which side's. */
#include "analyzer/call/call.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    GIVEN_UP_S = 32, /* 64·T1: a client that has heard nothing by then does not repeat its INVITE */
    REORDER_S = 1,   /* a mirror of two links: what was sent before may be seen after */
};

enum call_side call_sender(const struct call *call, const struct sip_msg *msg)
{
    bool from_callee = !slice_eq(msg->from_tag, call->from_tag) && msg->to_tag.len &&
                       slice_eq(msg->to_tag, call->from_tag);
    bool by_callee = msg->is_request ? from_callee : !from_callee;

    return by_callee ? SIDE_CALLEE : SIDE_CALLER;
}

bool call_is_by_callee(const struct call *call, const struct sip_msg *msg)
{
    return !slice_eq(msg->from_tag, call->from_tag);
}

bool call_has_tags(const struct call *call, const struct sip_msg *msg)
{
    return slice_eq(call->from_tag, msg->from_tag) ||
           (msg->to_tag.len && slice_eq(call->from_tag, msg->to_tag));
}

bool call_has_dialog(const struct call *call, const struct sip_msg *msg)
{
    if (slice_eq(call->from_tag, msg->from_tag))
        return branch_find(call, msg->to_tag) != NULL;
    return msg->to_tag.len && slice_eq(call->from_tag, msg->to_tag) &&
           branch_find(call, msg->from_tag);
}

bool call_is_retried(uint16_t status)
{
    static const uint16_t statuses[] = { 415, 420, 421, 422, 428, 436, 437, 438, 494 };

    if (status >= 300 && status <= 305)
        return true;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i] == status)
            return true;
    }
    return false;
}

/* The caller has its final answer, or the call is gone. */
static bool is_decided(const struct call *call)
{
    return call->invite_done || call->bye_seen || call->answer_time != RECORD_NONE;
}

/* Did the INVITE that the call has come so long ago that this is no copy of it? */
static bool is_too_late(const struct call *call, int64_t time_ns)
{
    return time_ns - call->invite_try_time > GIVEN_UP_S * NS_PER_S;
}

/* An INVITE of the CSeq that the call has, once that was decided. */
static bool is_used_again(const struct call *call, const struct sighting_mark *mark,
                          int64_t time_ns)
{
    if (!is_decided(call))
        return is_too_late(call, time_ns) && call_state_is_over((enum call_state)call->state);
    if (mark->via == call->invite_via)
        return is_too_late(call, time_ns);
    if (mark->ends == call->invite_ends) /* the same way, by another transaction */
        return time_ns > call->invite_try_time;
    return time_ns - call->invite_try_time > REORDER_S * NS_PER_S &&
           time_ns - call->last_sip_time > REORDER_S * NS_PER_S;
}

/* Is it the INVITE before the one that counts: a copy of it, or itself, shown late? */
static bool is_late(const struct call *call, const struct sip_msg *msg,
                    const struct sighting_mark *mark, int64_t time_ns)
{
    bool soon = time_ns - call->last_sip_time <= REORDER_S * NS_PER_S;

    if (is_too_late(call, time_ns))
        return false;
    switch (sighting_look(&call->seen, mark, true, time_ns)) {
    case SIGHTING_AGAIN:
        return true;
    case SIGHTING_ELSEWHERE: /* where it was seen, by another transaction: sent anew */
        return soon || sighting_has(&call->seen, mark->event, mark->via);
    default:
        return soon && msg->cseq < call->invite_cseq;
    }
}

bool call_is_other(const struct call *call, const struct sip_msg *msg,
                   const struct sighting_mark *mark, int64_t time_ns)
{
    bool over = call_state_is_over((enum call_state)call->state);

    if (call->final_status && msg->cseq == call->final_cseq &&
        !(call->invite_seen && msg->cseq == call->invite_cseq))
        return false;       /* its answer was shown first */
    if (!call->invite_seen) /* it began with a response, or in mid-call */
        return ((over && !call_is_retried(call->final_status)) || call->state == CALL_IN_CALL) &&
               !(call->invite_cseq_known && msg->cseq == call->invite_cseq);
    if (call_is_new_try(call, msg, mark))
        return false;
    if (msg->cseq == call->invite_cseq)
        return is_used_again(call, mark, time_ns);
    if (is_late(call, msg, mark, time_ns))
        return false;
    return call->state == CALL_IN_CALL || (over && !call_is_retried(call->final_status));
}

bool call_is_new_try(const struct call *call, const struct sip_msg *msg,
                     const struct sighting_mark *mark)
{
    return sighting_opens(msg) && call->invite_seen && call->invite_done &&
           msg->cseq == call->invite_cseq && mark->via != call->invite_via &&
           mark->ends == call->invite_ends && call->answer_time == RECORD_NONE &&
           (call->challenge_open || call_is_retried(call->final_status));
}
