/* What one message does to its call. */
#include "analyzer/call/call.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/history.h"
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_reason.h"

#define NS_PER_S INT64_C(1000000000)

enum { OTHER_BRANCH_S = 32 }; /* how soon the answer that is not wanted is hung up */

/* One message on its way into the call. */
struct arrival {
    const struct sip_msg *msg;
    const struct datagram *d;
    const struct sighting_mark *mark;
    struct counters *counters;
    enum sighting kind;
};

static struct slice keep(struct call *call, struct slice text, const struct arrival *a)
{
    return call_keep(call, text, CALL_TEXT_MAX_BYTES, a->counters);
}

/* A text that came before stays: the first one counts. */
static void keep_first(struct call *call, struct slice *kept, struct slice text,
                       const struct arrival *a)
{
    if (!kept->p && text.p)
        *kept = keep(call, text, a);
}

static void keep_reason(struct call *call, const struct arrival *a)
{
    if (!a->msg->reason_header.p)
        return;
    keep_first(call, &call->reason_header, a->msg->reason_header, a);
    if (call->q850_cause < 0)
        call->q850_cause = (int8_t)sip_reason_q850(a->msg->header_block);
}

static void forget_reason(struct call *call)
{
    call->reason_header = SLICE_ABSENT;
    call->q850_cause = -1;
}

static void note(struct call *call, enum history what, uint8_t by, struct slice detail,
                 const struct arrival *a)
{
    history_note(call, what, a->d->time_ns, by, detail, a->counters);
}

static void step(struct call *call, enum call_event event)
{
    call->state = (uint8_t)call_state_after((enum call_state)call->state, event);
}

static bool has_sdp(const struct sip_msg *msg)
{
    return msg->body.len && sdp_find_body(msg->content_type, msg->body).len;
}

static void take_route(struct call *call, const struct arrival *a)
{
    call->src = a->msg->is_request ? a->d->src : a->d->dst;
    call->dst = a->msg->is_request ? a->d->dst : a->d->src;
    call->network = a->d->network;
    call->path = a->d->path;
    call->transport = a->d->transport;
}

static void take_identity(struct call *call, const struct arrival *a)
{
    if (call->from_uri.p || call->from_tag.p)
        return;
    call->from_uri = keep(call, a->msg->from_uri, a);
    call->to_uri = keep(call, a->msg->to_uri, a);
    call->from_user = keep(call, a->msg->from_user, a);
    call->to_user = keep(call, a->msg->to_user, a);
    call->from_tag = keep(call, a->msg->from_tag, a);
    take_route(call, a);
}

/* Does the message belong to the transaction that the caller itself sees? What a proxy hears from a
 * branch behind it decides nothing yet: it may try elsewhere. */
static bool is_callers_own(const struct call *call, const struct arrival *a)
{
    return !call->invite_seen || a->mark->via == call->invite_via ||
           !sighting_has(&call->seen, call->invite_event, a->mark->via);
}

/* The answer was to a re-INVITE, which is seen only now: how the call began is not known. */
static void unlearn_answer(struct call *call)
{
    call->answer_time = call->final_time = RECORD_NONE;
    call->final_status = 0;
    call->final_reason = SLICE_ABSENT;
    call->invite_cseq_known = false;
}

static void on_reinvite(struct call *call, const struct arrival *a)
{
    enum call_side side = call_sender(call, a->msg);

    if (!call->invite_seen) { /* the capture began in mid-call */
        if (call->invite_cseq_known && a->msg->cseq == call->invite_cseq && side == SIDE_CALLER)
            unlearn_answer(call);
        step(call, EVENT_ANSWER);
    }
    if (call->reinvite_known[side] && call->reinvite_cseq[side] == a->msg->cseq)
        return;
    if (call->invite_seen && side == SIDE_CALLER && a->msg->cseq == call->invite_cseq)
        return;
    call->reinvite_known[side] = true;
    call->reinvite_cseq[side] = a->msg->cseq;
    call->reinvite_count++;
    note(call, HISTORY_REINVITE, (uint8_t)(side + 1), SLICE_ABSENT, a);
}

/* What the failure before said no longer counts. */
static void retry(struct call *call)
{
    step(call, EVENT_RETRY);
    if (call->state == CALL_IN_CALL || call->state == CALL_COMPLETED)
        return;
    call->final_status = 0;
    call->final_time = call->end_time = RECORD_NONE;
    call->final_reason = call->to_tag = SLICE_ABSENT;
    call->ended_by = 0;
    call->failure_pending = call->cancelled = call->acked = false;
    forget_reason(call);
}

/* One that was seen so long ago that it is forgotten, or is older than the one that counts. */
static bool is_past(const struct call *call, const struct arrival *a)
{
    if (!call->invite_seen || call_is_new_try(call, a->msg, a->mark))
        return false;
    return a->mark->event == call->invite_event || a->msg->cseq < call->invite_cseq;
}

static void on_invite(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    if (is_past(call, a)) {
        call->invite_count += a->mark->event != call->invite_event;
        return;
    }
    /* Some clients answer a challenge with another From-tag: the dialog will have that one. */
    if (!slice_eq(call->from_tag, msg->from_tag))
        call->from_tag = keep(call, msg->from_tag, a);
    keep_first(call, &call->request_uri, msg->request_uri, a);
    keep_first(call, &call->user_agent, msg->user_agent, a);
    if (!call->invite_seen) {
        call->invite_time = a->d->time_ns;
        take_route(call, a);
    } else if (call->final_status == 0 || call->final_cseq != msg->cseq ||
               call_is_new_try(call, msg, a->mark)) {
        retry(call);
    }
    call->invite_seen = true;
    call->invite_count++;
    call->invite_cseq = msg->cseq;
    call->invite_cseq_known = true;
    call->invite_via = a->mark->via;
    call->invite_ends = a->mark->ends;
    call->invite_event = a->mark->event;
    call->invite_try_time = a->d->time_ns;
    call->invite_done = call->answer_time != RECORD_NONE || call->final_status != 0;
    call->challenge_open = false;
    call->late_offer = !has_sdp(msg);
}

static void on_ack(struct call *call, const struct arrival *a)
{
    struct call_branch *branch = branch_find(call, a->msg->to_tag);

    if (branch)
        branch->is |= BRANCH_ACKED;
    if (a->msg->cseq != call->invite_cseq || call_is_by_callee(call, a->msg))
        return;
    if (call->answer_time != RECORD_NONE ? !branch || slice_eq(branch->tag, call->to_tag)
                                         : is_callers_own(call, a))
        call->acked = true;
}

static struct call_branch *branch_of(const struct call *call, const struct sip_msg *msg)
{
    return branch_find(call, call_is_by_callee(call, msg) ? msg->from_tag : msg->to_tag);
}

/* Does it speak of a branch that answered too, and is not the one that counts? The caller hangs that
 * one up (RFC 3261 §13.2.2.4), while this one talks. */
static bool is_of_other_branch(const struct call *call, const struct sip_msg *msg)
{
    struct slice tag = call_is_by_callee(call, msg) ? msg->from_tag : msg->to_tag;

    return call->answer_time != RECORD_NONE && call_has_tags(call, msg) && tag.len &&
           call->to_tag.len && call->to_tag.len < CALL_TEXT_MAX_BYTES &&
           !slice_eq(tag, call->to_tag);
}

/* The caller kept the other one of two that answered at about the same time. */
static bool moves_on(struct call *call, const struct call_branch *branch, int64_t time_ns)
{
    struct call_branch *other = branch ? branch_find_talking(call, branch) : NULL;

    if (!other || time_ns - other->answer_time > OTHER_BRANCH_S * NS_PER_S)
        return false;
    call->to_tag = other->tag;
    return true;
}

static void on_bye(struct call *call, const struct arrival *a)
{
    struct call_branch *branch = branch_of(call, a->msg);

    if (branch)
        branch->is |= BRANCH_HUNG_UP;
    if (is_of_other_branch(call, a->msg) || moves_on(call, branch, a->d->time_ns))
        return;
    if (!call->bye_seen) {
        call->bye_seen = true;
        call->bye_time = a->d->time_ns;
        call->end_time = a->d->time_ns;
        call->bye_cseq = a->msg->cseq;
        call->ended_by = (uint8_t)(call_sender(call, a->msg) + 1);
    }
    if (call->ended_by == call_sender(call, a->msg) + 1)
        keep_reason(call, a); /* of a BYE with credentials too: the first was not let through */
    step(call, EVENT_BYE);
}

/* A proxy cancels branches on its own account; so may either side a re-INVITE. */
static void on_cancel(struct call *call, const struct arrival *a)
{
    if (a->msg->to_tag.len || call_is_by_callee(call, a->msg) || call->cancelled ||
        (call->invite_seen && a->msg->cseq != call->invite_cseq) || !is_callers_own(call, a))
        return;
    call->cancelled = true;
    if (call->answer_time == RECORD_NONE)
        keep_reason(call, a);
    note(call, HISTORY_CANCEL, SIDE_CALLER + 1, SLICE_ABSENT, a);
}

static void count_cseq(struct call *call, const struct sip_msg *msg)
{
    enum call_side side = call_sender(call, msg);

    if (!call->cseq_known[side] || msg->cseq > call->cseq_highest[side])
        call->cseq_highest[side] = msg->cseq;
    call->cseq_known[side] = true;
}

static void on_request(struct call *call, const struct arrival *a)
{
    uint8_t by = (uint8_t)(call_sender(call, a->msg) + 1);

    switch ((enum sip_method)a->msg->method) {
    case SIP_METHOD_ACK:
        on_ack(call, a);
        return;
    case SIP_METHOD_CANCEL:
        on_cancel(call, a);
        return;
    case SIP_METHOD_INVITE:
        if (a->msg->to_tag.len)
            on_reinvite(call, a);
        else
            on_invite(call, a);
        break;
    case SIP_METHOD_BYE:
        on_bye(call, a);
        break;
    case SIP_METHOD_PRACK:
        note(call, HISTORY_PRACK, by, SLICE_ABSENT, a);
        break;
    case SIP_METHOD_UPDATE:
        note(call, HISTORY_UPDATE, by, SLICE_ABSENT, a);
        break;
    default:
        break;
    }
    count_cseq(call, a->msg);
}

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
    if (call->answer_time == RECORD_NONE && has_sdp(msg)) {
        call->early_media = true;
        note(call, HISTORY_EARLY_MEDIA, SIDE_CALLEE + 1, SLICE_ABSENT, a);
    }
    step(call, EVENT_PROGRESS);
}

static void take_final(struct call *call, const struct arrival *a, const struct call_branch *branch)
{
    const struct sip_msg *msg = a->msg;

    call->final_status = msg->status;
    call->final_cseq = msg->cseq;
    call->final_time = a->d->time_ns;
    call->final_reason = keep(call, msg->reason, a);
    if (msg->to_tag.p)
        call->to_tag = branch ? branch->tag : keep(call, msg->to_tag, a);
    call->server = SLICE_ABSENT;
    keep_first(call, &call->server, msg->server.p ? msg->server : msg->user_agent, a);
}

/* Of answers behind a proxy the one counts that the caller gets: a proxy may choose, or rename it. */
static void hear_answer(struct call *call, const struct arrival *a)
{
    struct call_branch *branch = branch_find(call, a->msg->to_tag), *now;

    if (!branch || !is_callers_own(call, a))
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
        forget_reason(call);
    }
    call->answer_time = a->d->time_ns;
    call->acked = call->acked || (branch && branch->is & BRANCH_ACKED);
    call->invite_done = true;
    call->failure_pending = false;
    session_timer_answer(call, a->msg, a->d, false, false, a->counters);
    step(call, EVENT_ANSWER);
}

static void on_challenge(struct call *call, const struct arrival *a)
{
    call->challenged = true;
    call->challenge_open = a->msg->cseq == call->invite_cseq;
    call->challenge_status = a->msg->status;
    call->challenged_by = a->d->src;
    note(call, HISTORY_CHALLENGE, 0, SLICE_ABSENT, a);
}

void call_fail(struct call *call)
{
    call->failure_pending = false;
    call->end_time = call->final_time;
    if (call->cancelled && !call->ended_by)
        call->ended_by = SIDE_CALLER + 1; /* only the caller can cancel */
    step(call,
         call->final_status == 487 || call->cancelled ? EVENT_CANCELLED_FAILURE : EVENT_FAILURE);
}

static void note_failure(struct call *call, const struct arrival *a)
{
    if (a->msg->status < 400)
        note(call, HISTORY_REDIRECT, 0, a->msg->contact_uri, a);
    else if (a->msg->status == 482)
        note(call, HISTORY_MERGED, 0, SLICE_ABSENT, a);
}

/* Who sends elsewhere, or has the INVITE already, is no place where it rings. */
static bool is_from_branch(uint16_t status)
{
    return status >= 400 && status != 482;
}

static void on_failure(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;
    bool own = is_callers_own(call, a);
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
        keep_reason(call, a);
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
        note(call, HISTORY_GLARE, (uint8_t)(asker + 1), SLICE_ABSENT, a);
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

static void on_response(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    if (msg->cseq_method == SIP_METHOD_BYE && msg->status >= 200) {
        if (call->bye_answer_time == RECORD_NONE && !is_of_other_branch(call, msg) &&
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
static void on_elsewhere(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    call->sightings++;
    if (msg->is_request && msg->method == SIP_METHOD_CANCEL)
        on_cancel(call, a);
    else if (msg->is_request && msg->method == SIP_METHOD_ACK)
        on_ack(call, a);
    else if (msg->is_request || is_of_reinvite(call, msg))
        return;
    else if (msg->cseq_method == SIP_METHOD_INVITE && msg->status >= 300)
        on_failure(call, a);
    else if (msg->cseq_method == SIP_METHOD_INVITE && msg->status >= 200) {
        hear_answer(call, a);
        session_timer_answer(call, msg, a->d, false, true, a->counters);
    }
}

static void on_again(struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;

    call->retransmissions++;
    if (msg->is_request || msg->cseq_method != SIP_METHOD_INVITE || msg->status < 200 ||
        msg->status >= 300 || is_of_reinvite(call, msg))
        return;
    call->answer_repeats++;
    call->answer_repeat_time = a->d->time_ns;
}

enum sighting call_recognise(const struct call *call, const struct sip_msg *msg,
                             const struct sighting_mark *mark, int64_t time_ns)
{
    if (call_is_new_try(call, msg, mark))
        return SIGHTING_NEW;
    return sighting_look(&call->seen, mark, sighting_opens(msg), time_ns);
}

void call_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                  const struct sighting_mark *mark, struct counters *counters)
{
    const struct arrival a = { msg, d, mark, counters, (enum sighting)call->message_kind };

    call->last_sip_time = d->time_ns;
    take_identity(call, &a);
    if (a.kind != SIGHTING_AGAIN)
        sighting_keep(&call->seen, &call->arena, mark, d->time_ns);
    if (a.kind == SIGHTING_AGAIN)
        on_again(call, &a);
    else if (a.kind == SIGHTING_ELSEWHERE)
        on_elsewhere(call, &a);
    else if (msg->is_request)
        on_request(call, &a);
    else
        on_response(call, &a);
}
