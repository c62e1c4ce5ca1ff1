/* What one response does to its call. */
#include "analyzer/call/arrival.h"
#include "analyzer/call/deviation.h"

static void on_provisional(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    if (msg->status <= 100)
        return;
    if (call->first_progress_time == RECORD_NONE)
        call->first_progress_time = a->d->time_ns;
    if (msg->status >= 180 && msg->status <= 189 && call->first_18x_time == RECORD_NONE)
        call->first_18x_time = a->d->time_ns;
    branch_take(call, msg->to_tag, msg->cseq, a->mark->via, BRANCH_EARLY, a->d->time_ns,
                a->counters);
    if (call->answer_time == RECORD_NONE && arrival_has_sdp(a)) {
        call->early_media = true;
        arrival_note(call, HISTORY_EARLY_MEDIA, SIDE_CALLEE + 1, SLICE_ABSENT, a);
    }
    arrival_step(call, EVENT_PROGRESS);
}

static void take_final(struct call *call, const struct arrival *a, const struct call_branch *branch)
{
    const struct sip_msg *msg = a->msg;

    call->final_status = msg->status;
    call->final_cseq = msg->cseq;
    call->final_time = a->d->time_ns;
    call->final_reason = arrival_keep(call, msg->reason, a);
    if (msg->to_tag.p)
        call->to_tag = branch ? branch->tag : arrival_keep(call, msg->to_tag, a);
    call->server = SLICE_ABSENT;
    arrival_keep_first(call, &call->server, msg->server.p ? msg->server : msg->user_agent, a);
}

/* Of answers behind a proxy the one counts that the caller gets: a proxy may choose, or rename it. */
static void hear_answer(struct call *call, const struct arrival *a)
{
    struct call_branch *branch = branch_find(call, a->msg->to_tag), *now;

    if (!branch || !arrival_is_callers_own(call, a))
        return;
    branch->is |= BRANCH_HEARD;
    now = branch_find(call, call->to_tag);
    if (now && !(now->is & BRANCH_HEARD) && !call->bye_seen)
        call->to_tag = branch->tag;
}

static void on_answer(struct call *call, const struct arrival *a)
{
    struct call_branch *branch = branch_take(call, a->msg->to_tag, a->msg->cseq, a->mark->via,
                                             BRANCH_ANSWERED, a->d->time_ns, a->counters);

    if (call->answer_time != RECORD_NONE) {
        hear_answer(call, a); /* another branch: the first one counts */
        return;
    }
    take_final(call, a, branch);
    hear_answer(call, a);
    if (!call->bye_seen) {
        call->end_time = RECORD_NONE;
        call->ended_by = 0;
        arrival_forget_reason(call);
    }
    call->answer_time = a->d->time_ns;
    call->acked = call->acked || (branch && branch->is & BRANCH_ACKED);
    call->invite_done = true;
    call->failure_pending = false;
    session_timer_answer(call, a->msg, a->d, false, false, a->counters);
    arrival_step(call, EVENT_ANSWER);
}

static void on_challenge(struct call *call, const struct arrival *a)
{
    call->challenged = true;
    call->challenge_open = a->msg->cseq == call->invite_cseq;
    call->challenge_status = a->msg->status;
    call->challenged_by = a->d->src;
    arrival_note(call, HISTORY_CHALLENGE, 0, SLICE_ABSENT, a);
}

void call_fail(struct call *call)
{
    call->failure_pending = false;
    call->end_time = call->final_time;
    if (call->cancelled && !call->ended_by)
        call->ended_by = SIDE_CALLER + 1; /* only the caller can cancel */
    arrival_step(call, call->final_status == 487 || call->cancelled ? EVENT_CANCELLED_FAILURE
                                                                    : EVENT_FAILURE);
}

static void note_failure(struct call *call, const struct arrival *a)
{
    if (a->msg->status < 400)
        arrival_note(call, HISTORY_REDIRECT, 0, a->msg->contact_uri, a);
    else if (a->msg->status == 482)
        arrival_note(call, HISTORY_MERGED, 0, SLICE_ABSENT, a);
}

/* Who sends elsewhere, or has the INVITE already, is no place where it rings. */
static bool is_from_branch(uint16_t status)
{
    return status >= 400 && status != 482;
}

static void on_failure(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;
    bool own = arrival_is_callers_own(call, a);
    struct call_branch *branch = NULL;

    if (msg->cseq == call->invite_cseq && own)
        call->invite_done = true;
    if (call->answer_time != RECORD_NONE || call->bye_seen)
        return;
    if (msg->status == 401 || msg->status == 407) {
        if (a->kind == SIGHTING_NEW)
            on_challenge(call, a);
        return;
    }
    if (msg->cseq < call->invite_cseq)
        return; /* of the INVITE before, and late */
    if (a->kind == SIGHTING_NEW)
        note_failure(call, a);
    if (is_from_branch(msg->status))
        branch = branch_take(call, msg->to_tag, msg->cseq, a->mark->via, BRANCH_FAILED,
                             a->d->time_ns, a->counters);
    if (!own && call_state_is_over((enum call_state)call->state))
        return;
    if (call->final_status != msg->status || call->failure_pending) {
        take_final(call, a, branch);
        arrival_keep_reason(call, a);
    }
    call->failure_pending = !own;
    if (own)
        call_fail(call);
}

/* The answer to a re-INVITE or UPDATE. */
static void on_dialog_answer(struct call *call, const struct arrival *a)
{
    enum call_side asker = call_is_by_callee(call, a->msg) ? SIDE_CALLEE : SIDE_CALLER;

    if (a->msg->status == 491) {
        arrival_note(call, HISTORY_GLARE, (uint8_t)(asker + 1), SLICE_ABSENT, a);
        deviation_note(call, DEVIATION_GLARE, a->d->time_ns, (uint8_t)(asker + 1), SLICE_ABSENT,
                       a->counters);
    }
    if (a->msg->status >= 200 && a->msg->status < 300)
        session_timer_answer(call, a->msg, a->d, true, false, a->counters);
}

static bool is_of_reinvite(const struct call *call, const struct sip_msg *msg)
{
    enum call_side side = call_is_by_callee(call, msg) ? SIDE_CALLEE : SIDE_CALLER;

    if (call->reinvite_known[side] && msg->cseq == call->reinvite_cseq[side])
        return true;
    return side == SIDE_CALLEE ||
           (call->answer_time != RECORD_NONE && call->invite_seen && msg->cseq > call->invite_cseq);
}

void arrival_response(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    if (msg->cseq_method == SIP_METHOD_BYE && msg->status >= 200) {
        if (call->bye_answer_time == RECORD_NONE && !arrival_is_of_other_branch(call, a) &&
            msg->status != 401 && msg->status != 407)
            call->bye_answer_time = a->d->time_ns;
        return;
    }
    if (msg->cseq_method == SIP_METHOD_UPDATE ||
        (msg->cseq_method == SIP_METHOD_INVITE && is_of_reinvite(call, msg))) {
        on_dialog_answer(call, a);
        return;
    }
    if (msg->cseq_method != SIP_METHOD_INVITE)
        return;
    if (!call->invite_cseq_known) {
        call->invite_cseq = msg->cseq;
        call->invite_cseq_known = true;
    }
    if (msg->status < 200)
        on_provisional(call, a);
    else if (msg->status < 300)
        on_answer(call, a);
    else
        on_failure(call, a);
}

/* Only what is decided hop by hop has more to say where it is seen once more. */
void arrival_response_elsewhere(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    if (msg->cseq_method != SIP_METHOD_INVITE || msg->status < 200 || is_of_reinvite(call, msg))
        return;
    if (msg->status >= 300) {
        on_failure(call, a);
        return;
    }
    hear_answer(call, a);
    session_timer_answer(call, msg, a->d, false, true, a->counters);
}

void arrival_response_again(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    if (msg->cseq_method != SIP_METHOD_INVITE || msg->status < 200 || msg->status >= 300 ||
        is_of_reinvite(call, msg))
        return;
    call->answer_repeats++;
    call->answer_repeat_time = a->d->time_ns;
}
