/* What one message does to its call: requests, and what all messages share. */
#include "analyzer/call/arrival.h"
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_reason.h"

#define NS_PER_S INT64_C(1000000000)

enum { OTHER_BRANCH_S = 32 }; /* how soon the answer that is not wanted is hung up */

struct slice arrival_keep(struct call *call, struct slice text, const struct arrival *a)
{
    return call_keep(call, text, CALL_TEXT_MAX_BYTES, a->counters);
}

void arrival_keep_first(struct call *call, struct slice *kept, struct slice text,
                        const struct arrival *a)
{
    if (!kept->p && text.p)
        *kept = arrival_keep(call, text, a);
}

void arrival_keep_reason(struct call *call, const struct arrival *a)
{
    if (!a->msg->reason_header.p)
        return;
    arrival_keep_first(call, &call->reason_header, a->msg->reason_header, a);
    if (call->q850_cause < 0)
        call->q850_cause = (int8_t)sip_reason_q850(a->msg->header_block);
}

void arrival_forget_reason(struct call *call)
{
    call->reason_header = SLICE_ABSENT;
    call->q850_cause = -1;
}

void arrival_note(struct call *call, enum history what, uint8_t by, struct slice detail,
                  const struct arrival *a)
{
    history_note(call, what, a->d->time_ns, by, detail, a->counters);
}

void arrival_step(struct call *call, enum call_event event)
{
    call->state = (uint8_t)call_state_after((enum call_state)call->state, event);
}

bool arrival_has_sdp(const struct arrival *a)
{
    return a->msg->body.len && sdp_find_body(a->msg->content_type, a->msg->body).len;
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
    call->from_uri = arrival_keep(call, a->msg->from_uri, a);
    call->to_uri = arrival_keep(call, a->msg->to_uri, a);
    call->from_user = arrival_keep(call, a->msg->from_user, a);
    call->to_user = arrival_keep(call, a->msg->to_user, a);
    call->from_tag = arrival_keep(call, a->msg->from_tag, a);
    take_route(call, a);
}

bool arrival_is_callers_own(const struct call *call, const struct arrival *a)
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
        arrival_step(call, EVENT_ANSWER);
    }
    if (call->reinvite_known[side] && call->reinvite_cseq[side] == a->msg->cseq)
        return;
    if (call->invite_seen && side == SIDE_CALLER && a->msg->cseq == call->invite_cseq)
        return;
    call->reinvite_known[side] = true;
    call->reinvite_cseq[side] = a->msg->cseq;
    call->reinvite_count++;
    arrival_note(call, HISTORY_REINVITE, (uint8_t)(side + 1), SLICE_ABSENT, a);
}

/* What the failure before said no longer counts. */
static void retry(struct call *call)
{
    arrival_step(call, EVENT_RETRY);
    if (call->state == CALL_IN_CALL || call->state == CALL_COMPLETED)
        return;
    call->final_status = 0;
    call->final_time = call->end_time = RECORD_NONE;
    call->final_reason = call->to_tag = SLICE_ABSENT;
    call->ended_by = 0;
    call->failure_pending = call->cancelled = call->acked = false;
    arrival_forget_reason(call);
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
        call->from_tag = arrival_keep(call, msg->from_tag, a);
    arrival_keep_first(call, &call->request_uri, msg->request_uri, a);
    arrival_keep_first(call, &call->user_agent, msg->user_agent, a);
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
    call->late_offer = !arrival_has_sdp(a);
}

static void on_ack(struct call *call, const struct arrival *a)
{
    struct call_branch *branch = branch_find(call, a->msg->to_tag);

    if (branch)
        branch->is |= BRANCH_ACKED;
    if (a->msg->cseq != call->invite_cseq || call_is_by_callee(call, a->msg))
        return;
    if (call->answer_time != RECORD_NONE ? !branch || slice_eq(branch->tag, call->to_tag)
                                         : arrival_is_callers_own(call, a))
        call->acked = true;
}

static struct call_branch *branch_of(const struct call *call, const struct sip_msg *msg)
{
    return branch_find(call, call_is_by_callee(call, msg) ? msg->from_tag : msg->to_tag);
}

bool arrival_is_of_other_branch(const struct call *call, const struct arrival *a)
{
    const struct sip_msg *msg = a->msg;
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
    if (arrival_is_of_other_branch(call, a) || moves_on(call, branch, a->d->time_ns))
        return;
    if (!call->bye_seen) {
        call->bye_seen = true;
        call->bye_time = a->d->time_ns;
        call->end_time = a->d->time_ns;
        call->bye_cseq = a->msg->cseq;
        call->ended_by = (uint8_t)(call_sender(call, a->msg) + 1);
    }
    if (call->ended_by == call_sender(call, a->msg) + 1)
        arrival_keep_reason(call,
                            a); /* of a BYE with credentials too: the first was not let through */
    arrival_step(call, EVENT_BYE);
}

/* A proxy cancels branches on its own account; so may either side a re-INVITE. */
static void on_cancel(struct call *call, const struct arrival *a)
{
    if (a->msg->to_tag.len || call_is_by_callee(call, a->msg) || call->cancelled ||
        (call->invite_seen && a->msg->cseq != call->invite_cseq) ||
        !arrival_is_callers_own(call, a))
        return;
    call->cancelled = true;
    if (call->answer_time == RECORD_NONE)
        arrival_keep_reason(call, a);
    arrival_note(call, HISTORY_CANCEL, SIDE_CALLER + 1, SLICE_ABSENT, a);
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
        arrival_note(call, HISTORY_PRACK, by, SLICE_ABSENT, a);
        break;
    case SIP_METHOD_UPDATE:
        arrival_note(call, HISTORY_UPDATE, by, SLICE_ABSENT, a);
        break;
    default:
        break;
    }
    count_cseq(call, a->msg);
}

/* Only what is decided hop by hop has more to say where it is seen once more. */
static void on_elsewhere(struct call *call, const struct arrival *a)
{
    call->sightings++;
    if (!a->msg->is_request)
        arrival_response_elsewhere(call, a);
    else if (a->msg->method == SIP_METHOD_CANCEL)
        on_cancel(call, a);
    else if (a->msg->method == SIP_METHOD_ACK)
        on_ack(call, a);
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
    if (a.kind == SIGHTING_AGAIN) {
        call->retransmissions++;
        if (!msg->is_request)
            arrival_response_again(call, &a);
    } else if (a.kind == SIGHTING_ELSEWHERE)
        on_elsewhere(call, &a);
    else if (msg->is_request)
        on_request(call, &a);
    else
        arrival_response(call, &a);
}
