#include "analyzer/call/call_end.h"

#include "analyzer/call/call.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    ANSWER_REPEATS = 5,    /* in 64·T1 there are six or more; one or two may cross a late ACK */
    ANSWER_REPEATS_S = 5,  /* T2, and the way: the last repeat before the callee gives up */
    ANSWER_REPEATED_S = 1, /* … for longer than any reordering */
    REPLACED_S = 32,       /* how long whoever was replaced may take to hang up */
    REORDER_S = 2,
};

bool call_end_is_ack_timeout(const struct call *call)
{
    return call->ended_by == SIDE_CALLEE + 1 && call->answer_repeats >= ANSWER_REPEATS &&
           call->answer_time != RECORD_NONE &&
           call->answer_repeat_time - call->answer_time >= ANSWER_REPEATED_S * NS_PER_S &&
           call->bye_time - call->answer_repeat_time <= ANSWER_REPEATS_S * NS_PER_S;
}

/* It ended about when the call that replaces it was answered. */
static bool is_replaced(const struct call *call)
{
    int64_t end = call->end_time != RECORD_NONE ? call->end_time : call->last_sip_time;

    return call->replaced_time != RECORD_NONE &&
           end >= call->replaced_time - REORDER_S * NS_PER_S &&
           end <= call->replaced_time + REPLACED_S * NS_PER_S;
}

static enum call_end end_of_failed(const struct call *call)
{
    if (call->final_status >= 300 && call->final_status < 400)
        return CALL_END_REDIRECTED;
    return call->final_status == 408 ? CALL_END_TIMEOUT : CALL_END_REJECTED;
}

static enum call_end end_of(const struct call *call, bool closing)
{
    bool over = call_state_is_over((enum call_state)call->state);

    if (over && is_replaced(call))
        return CALL_END_REPLACED;
    switch ((enum call_state)call->state) {
    case CALL_COMPLETED:
        if (call_end_is_ack_timeout(call))
            return CALL_END_ACK_TIMEOUT;
        return session_timer_explains(call, call->bye_time) ? CALL_END_SESSION_TIMEOUT
                                                            : CALL_END_BYE;
    case CALL_CANCELLED:
        return CALL_END_CANCEL;
    case CALL_FAILED:
        return end_of_failed(call);
    case CALL_ABANDONED:
        return CALL_END_TIMEOUT;
    case CALL_IN_CALL:
        if (closing && call->session.expired &&
            session_timer_deadline(call, call_last_time(call)) != RECORD_NONE)
            return CALL_END_SESSION_TIMEOUT;
        return closing && call->given_up ? CALL_END_INTERRUPTED : CALL_END_NONE;
    default:
        return CALL_END_NONE;
    }
}

static int64_t settled_time(const struct call *call)
{
    if (call->answer_time != RECORD_NONE)
        return call->answer_time;
    if (call->state == CALL_COMPLETED || call->state == CALL_IN_CALL)
        return call->final_time; /* how it began was not seen */
    if (!call_state_is_over((enum call_state)call->state))
        return RECORD_NONE;
    return call->final_time != RECORD_NONE ? call->final_time : call->last_sip_time;
}

static int64_t closed_time(const struct call *call, bool closing)
{
    if (call->bye_time != RECORD_NONE)
        return call->bye_time;
    if (call->answer_time != RECORD_NONE || call->state == CALL_IN_CALL)
        return closing ? call_last_time(call) : RECORD_NONE;
    return call->settled_time;
}

void call_end_judge(struct call *call, bool closing)
{
    call->ended_how = (uint8_t)end_of(call, closing);
    if (call->ended_how == CALL_END_CANCEL && call->cancelled)
        call->ended_by = SIDE_CALLER + 1; /* only the caller can cancel */
    call->settled_time = settled_time(call);
    call->closed_time = closed_time(call, closing);
}

struct slice call_end_text(uint8_t end)
{
    static const struct slice texts[CALL_ENDS] = {
        [CALL_END_NONE] = { NULL, 0 },
        [CALL_END_BYE] = SLICE_INIT("bye"),
        [CALL_END_CANCEL] = SLICE_INIT("cancel"),
        [CALL_END_REJECTED] = SLICE_INIT("rejected"),
        [CALL_END_REDIRECTED] = SLICE_INIT("redirected"),
        [CALL_END_TIMEOUT] = SLICE_INIT("timeout"),
        [CALL_END_ACK_TIMEOUT] = SLICE_INIT("ack_timeout"),
        [CALL_END_SESSION_TIMEOUT] = SLICE_INIT("session_timeout"),
        [CALL_END_REPLACED] = SLICE_INIT("replaced"),
        [CALL_END_INTERRUPTED] = SLICE_INIT("interrupted"),
    };

    return texts[end];
}

void call_end_give_up(struct call *call, bool silence)
{
    enum call_event event = call->cancelled ? EVENT_CANCELLED_FAILURE : EVENT_SILENCE;

    call->given_up = silence;
    if (call->state != CALL_TRYING && call->state != CALL_RINGING)
        return;
    if (call->failure_pending) {
        call_fail(call);
        return;
    }
    if (!silence)
        return;
    if (call->challenge_open)
        event = EVENT_FAILURE; /* the client gave up, or went elsewhere */
    call->state = (uint8_t)call_state_after((enum call_state)call->state, event);
}
