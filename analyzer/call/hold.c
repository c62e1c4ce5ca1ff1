#include "analyzer/call/hold.h"

#include "analyzer/call/call.h"
#include "analyzer/call/history.h"
#include "analyzer/sip/sdp.h"

static bool is_hold(uint8_t direction)
{
    return direction == SDP_SENDONLY || direction == SDP_INACTIVE;
}

static enum call_side other_side(enum call_side side)
{
    return side == SIDE_CALLER ? SIDE_CALLEE : SIDE_CALLER;
}

static struct hold *hold_of(struct call *call, struct counters *counters)
{
    if (call->hold)
        return call->hold;
    call->hold = arena_take(&call->arena, sizeof *call->hold);
    if (!call->hold) {
        counters->refusals[REFUSAL_MEMORY]++;
        return NULL;
    }
    *call->hold = (struct hold){ .since = RECORD_NONE };
    return call->hold;
}

static void set(struct call *call, enum call_side side, bool on, int64_t time_ns,
                struct counters *counters)
{
    struct hold *h = call->hold;
    bool was_on = hold_is_on(call);

    if (h->by[side] == on || (on && call->answer_time == RECORD_NONE && call->invite_seen))
        return; /* nobody holds a call that is not answered */
    h->by[side] = on;
    h->count += on;
    history_note(call, on ? HISTORY_HOLD : HISTORY_RESUME, time_ns, (uint8_t)(side + 1),
                 SLICE_ABSENT, counters);
    if (!was_on && on) {
        h->since = time_ns;
    } else if (was_on && !hold_is_on(call)) {
        h->total_ns += time_ns > h->since ? time_ns - h->since : 0;
        h->since = RECORD_NONE;
    }
}

/* Does who asked for that get less? Who only wants to listen is sent to, and nothing else. */
static bool gives_less(uint8_t said, uint8_t asked)
{
    return asked == SDP_SENDRECV || (asked == SDP_RECVONLY && said == SDP_INACTIVE);
}

/* A side's word is agreed on. asked: what the other one offered; SDP_SENDRECV where it offered
 * nothing. Whoever answers an offer that wants no sound with "inactive" holds nobody by that. */
static void agree(struct call *call, enum call_side side, uint8_t before, uint8_t said,
                  uint8_t asked, int64_t time_ns, struct counters *counters)
{
    if (!is_hold(said))
        set(call, side, false, time_ns, counters);
    else if (!is_hold(before) && gives_less(said, asked))
        set(call, side, true, time_ns, counters);
}

static void take_request(struct call *call, const struct sip_msg *msg, enum call_side side,
                         bool has_sdp, struct hold_before before, struct counters *counters)
{
    struct hold *h;

    if (msg->to_tag.len == 0 || (!has_sdp && msg->method != SIP_METHOD_INVITE))
        return; /* the first offer holds nobody; an UPDATE without SDP is none */
    h = hold_of(call, counters);
    if (!h)
        return;
    h->offer[side] = (struct hold_offer){ .open = true,
                                          .empty = !has_sdp,
                                          .method = msg->method,
                                          .before = before.direction,
                                          .offered = call->sdp_direction[side],
                                          .cseq = msg->cseq };
}

/* The offer of `asker` is answered. */
static void take_answer(struct call *call, const struct sip_msg *msg, enum call_side asker,
                        bool has_sdp, struct hold_before before, int64_t time_ns,
                        struct counters *counters)
{
    enum call_side answerer = other_side(asker);
    struct hold_offer *o = &call->hold->offer[asker];

    if (!o->open || o->cseq != msg->cseq || o->method != msg->cseq_method || msg->status < 200)
        return;
    if (msg->status >= 300) {
        o->open = false;
        if (!o->empty)
            media_terms_say(call, (uint8_t)asker, o->before);
        return;
    }
    if (!o->empty)
        agree(call, asker, o->before, o->offered, SDP_SENDRECV, time_ns, counters);
    if (has_sdp)
        agree(call, answerer, before.direction, call->sdp_direction[answerer],
              o->empty ? (uint8_t)SDP_SENDRECV : o->offered, time_ns, counters);
    o->open = o->empty; /* its answer comes with the ACK */
    o->offered = call->sdp_direction[answerer];
}

static void take_ack(struct call *call, const struct sip_msg *msg, enum call_side asker,
                     bool has_sdp, struct hold_before before, int64_t time_ns,
                     struct counters *counters)
{
    struct hold_offer *o = &call->hold->offer[asker];

    if (!o->open || !o->empty || o->cseq != msg->cseq)
        return;
    o->open = false;
    if (has_sdp)
        agree(call, asker, before.direction, call->sdp_direction[asker], o->offered, time_ns,
              counters);
}

/* The call is answered: what its first offer and answer say. */
static void take_first_answer(struct call *call, int64_t time_ns, struct counters *counters)
{
    uint8_t offered = call->sdp_direction[SIDE_CALLER];

    if ((!is_hold(offered) && !is_hold(call->sdp_direction[SIDE_CALLEE])) ||
        !hold_of(call, counters))
        return;
    if (call->sdp_seen[SIDE_CALLER])
        agree(call, SIDE_CALLER, SDP_SENDRECV, offered, SDP_SENDRECV, time_ns, counters);
    if (call->sdp_seen[SIDE_CALLEE])
        agree(call, SIDE_CALLEE, SDP_SENDRECV, call->sdp_direction[SIDE_CALLEE], offered, time_ns,
              counters);
}

void hold_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                  bool has_sdp, struct hold_before before, struct counters *counters)
{
    enum call_side sender = call_sender(call, msg);

    if (!msg->is_request && call->answer_time == d->time_ns &&
        msg->cseq_method == SIP_METHOD_INVITE && msg->status >= 200 && msg->status < 300)
        take_first_answer(call, d->time_ns, counters);
    else if (msg->is_request &&
             (msg->method == SIP_METHOD_INVITE || msg->method == SIP_METHOD_UPDATE))
        take_request(call, msg, sender, has_sdp, before, counters);
    else if (!call->hold)
        return;
    else if (!msg->is_request)
        take_answer(call, msg, other_side(sender), has_sdp, before, d->time_ns, counters);
    else if (msg->method == SIP_METHOD_ACK)
        take_ack(call, msg, sender, has_sdp, before, d->time_ns, counters);
}

bool hold_is_on(const struct call *call)
{
    return call->hold && (call->hold->by[SIDE_CALLER] || call->hold->by[SIDE_CALLEE]);
}

int64_t hold_total_ns(const struct call *call, int64_t until_ns)
{
    const struct hold *h = call->hold;

    if (!h)
        return 0;
    return h->total_ns + (h->since != RECORD_NONE && until_ns > h->since ? until_ns - h->since : 0);
}

uint32_t hold_count(const struct call *call)
{
    return call->hold ? call->hold->count : 0;
}
