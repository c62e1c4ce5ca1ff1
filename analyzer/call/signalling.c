/*
 * signalling - one SIP message finds its call or transaction, or begins one.
 */
#include "analyzer/call/call_plan.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/history.h"
#include "analyzer/call/media_tones.h"
#include "analyzer/call/stir_check.h"
#include "analyzer/call/tracker.h"
#include "analyzer/call/vq_reports.h"
#include "analyzer/legs/legs.h"
#include "analyzer/security/security.h"
#include "analyzer/sip/dtmf_info.h"
#include "analyzer/sip/sip_multipart.h"

#include <math.h>

static struct call *find_by_tags(struct call *call, const struct sip_msg *msg)
{
    for (; call; call = call->next_same_id) {
        if (call_has_tags(call, msg))
            return call;
    }
    return NULL;
}

/* Where a Call-ID and From-tag were used again, the To-tag tells which of the calls is meant. */
static struct call *find_by_dialog(struct call *call, const struct sip_msg *msg)
{
    for (; call && msg->to_tag.len; call = call->next_same_id) {
        if (call_has_dialog(call, msg))
            return call;
    }
    return NULL;
}

/* The call that an INVITE without To-tag belongs to; NULL: it opens one. */
static struct call *find_for_invite(struct call *calls, const struct sip_msg *msg,
                                    const struct sighting_mark *mark, int64_t time_ns)
{
    struct call *call = find_by_tags(calls, msg);

    if (call)
        return call_is_other(call, msg, mark, time_ns) ? NULL : call;
    /* Some clients answer a challenge with another From-tag. */
    if (calls && calls->challenge_open)
        return calls;
    return NULL;
}

static struct call *find_call(struct call *calls, const struct sip_msg *msg,
                              const struct sighting_mark *mark, int64_t time_ns)
{
    struct call *call;

    if (!calls)
        return NULL;
    if (sighting_opens(msg))
        return find_for_invite(calls, msg, mark, time_ns);
    call = calls->next_same_id ? find_by_dialog(calls, msg) : NULL;
    if (!call)
        call = find_by_tags(calls, msg);
    return call ? call : calls; /* tags that were cut or rewritten: the newest of that Call-ID */
}

/* INVITE, its responses and a re-INVITE tell enough of a call that was not seen to begin. */
static bool may_begin(const struct sip_msg *msg)
{
    if (msg->is_request)
        return msg->method == SIP_METHOD_INVITE;
    return msg->cseq_method == SIP_METHOD_INVITE;
}

/* True: there was a session description. */
static bool take_sdp(struct tracker *t, struct call *call, const struct sip_msg *msg)
{
    struct slice body;

    if (msg->body.len == 0 || (!msg->is_request && msg->status >= 300))
        return false;
    body = sdp_find_body(msg->content_type, msg->body);
    if (body.len)
        tracker_announce(t, call, call_sender(call, msg), body);
    return body.len != 0;
}

/* An INFO that carries a key; or that is sent back for credentials, and will carry it again. */
static void take_key(struct tracker *t, struct call *call, const struct sip_msg *msg,
                     int64_t time_ns)
{
    bool by_callee = (call_sender(call, msg) == SIDE_CALLEE) == msg->is_request;
    uint8_t direction = by_callee ? DIRECTION_CALLEE_TO_CALLER : DIRECTION_CALLER_TO_CALLEE;
    struct keypress key = { .time_ns = time_ns,
                            .last_ns = time_ns,
                            .duration_ms = NAN,
                            .known_by = msg->cseq,
                            .way = KEYPRESS_INFO,
                            .direction = direction,
                            .ended = true };
    struct dtmf_info info;

    if (!msg->is_request) {
        if (msg->cseq_method == SIP_METHOD_INFO && (msg->status == 401 || msg->status == 407))
            keypress_withdraw(&call->keys, msg->cseq, direction);
        return;
    }
    if (msg->method != SIP_METHOD_INFO || msg->body.len == 0)
        return;
    switch (dtmf_info_parse(&info, msg->content_type, msg->body)) {
    case DTMF_INFO_OK:
        key.digit = info.digit;
        if (info.duration_ms)
            key.duration_ms = info.duration_ms;
        keypress_info(&call->keys, &key, &t->counters);
        return;
    case DTMF_INFO_MALFORMED:
        tracker_refuse(t, REFUSAL_DTMF_MALFORMED);
        return;
    case DTMF_INFO_NONE:
        return;
    }
}

/* A failure that the client will answer with another INVITE decides nothing yet. */
static bool outcome_is_known(const struct call *call)
{
    return call->answer_time != RECORD_NONE ||
           (call_state_is_over((enum call_state)call->state) &&
            !(call->state == CALL_FAILED && call_is_retried(call->final_status)));
}

/* In mid-call both sides agreed on T.38. */
static void note_fax(struct tracker *t, struct call *call, const struct sip_msg *msg,
                     int64_t time_ns)
{
    if (msg->is_request || msg->status < 200 || call->answer_time == RECORD_NONE ||
        call->answer_time == time_ns || !call->image_sides || !call_has_fax(call) ||
        call_notes_find(&call->history, HISTORY_FAX))
        return;
    history_note(call, HISTORY_FAX, time_ns, 0, SLICE_ABSENT, &t->counters);
}

/* What is new, or new here: an INVITE that opens a call passes once for every point of its path that
 * the probe sees. */
/* Of the first INVITE that has an Identity header, at whichever point of the path it got it. */
static void take_identity(struct tracker *t, struct call *call, const struct sip_msg *msg,
                          const struct datagram *d)
{
    struct security_identity identity;

    if (msg->is_request && msg->method == SIP_METHOD_INVITE &&
        stir_check_message(call, msg, d, t->options.plan, &t->counters, &identity))
        security_identity(t->security, &identity, msg, d, call->id);
}

static void take_sighting(struct tracker *t, struct call *call, const struct sip_msg *msg,
                          const struct datagram *d)
{
    struct hold_before before = { call->sdp_direction[call_sender(call, msg)] };
    bool has_sdp = take_sdp(t, call, msg);

    if (msg->cseq_method == SIP_METHOD_INVITE)
        legs_message(t->legs, call->id, call->call_id, msg, d);
    take_identity(t, call, msg, d);
    call_plan_message(call, t->options.plan, msg, d, &t->counters);
    if (call->message_kind != SIGHTING_NEW)
        return;
    hold_message(call, msg, d, has_sdp, before, &t->counters);
    if (has_sdp)
        note_fax(t, call, msg, d->time_ns);
    take_key(t, call, msg, d->time_ns);
    transfer_message(t, call, msg, d);
}

static enum packet_bin into_call(struct tracker *t, struct call *call, const struct sip_msg *msg,
                                 const struct datagram *d, const struct sighting_mark *mark,
                                 struct claim *claim)
{
    bool answered = call->answer_time != RECORD_NONE;

    call->message_kind = (uint8_t)call_recognise(call, msg, mark, d->time_ns);
    deviation_message(call, msg, d, &t->counters);
    call_message(call, msg, d, mark, &t->counters);
    call->sip_anomalies |= msg->anomalies;
    if (d->wire_bytes > d->payload.len)
        call->truncated = true;
    if (call->message_kind != SIGHTING_AGAIN)
        take_sighting(t, call, msg, d);
    if (!answered && call->answer_time != RECORD_NONE)
        transfer_answered(t, call, d->time_ns);
    media_watch_message(t, call, d);
    media_tones_call_changed(call); /* SDP may agree on events; it may be answered */
    tracker_changed(t, call);
    call_queue_file(&t->queues, call);
    if (outcome_is_known(call))
        tracker_settled(t, call);
    if (answered || call->state >= CALL_IN_CALL)
        tracker_arm(t, call, d->time_ns);
    /* What people write to each other is nobody's business: not kept, with the call or without. */
    if (msg->cseq_method != SIP_METHOD_MESSAGE || msg->body.len == 0)
        *claim = (struct claim){ CLAIM_SIP, call->id, &call->keeper, CLAIM_ALL, false, 0 };
    return BIN_SIP;
}

struct transaction_key {
    struct slice call_id;
    uint8_t method;
};

static bool same_transaction(const void *item, const void *key)
{
    const struct transaction *tr = item;
    const struct transaction_key *k = key;

    /* A Call-ID longer than what is kept is compared by its hash and its beginning. */
    return tr->method == k->method && tr->record.call_id.p &&
           k->call_id.len >= tr->record.call_id.len &&
           memcmp(tr->record.call_id.p, k->call_id.p, tr->record.call_id.len) == 0;
}

static struct transaction *open_transaction(struct tracker *t, const struct sip_msg *msg,
                                            const struct datagram *d, uint64_t hash)
{
    struct transaction *tr;

    if (t->transactions.used >= t->options.max_transactions) {
        struct expiry_link *oldest = expiry_first(&t->transaction_expiry);

        if (oldest) {
            tr = (struct transaction *)(void *)((char *)oldest -
                                                offsetof(struct transaction, expiry));
            if (!tr->reported)
                tracker_refuse(t, REFUSAL_TRANSACTIONS);
            tracker_end_transaction(t, tr);
        }
    }
    tr = transaction_new(msg, d, hash);
    if (!tr || table_put(&t->transactions, hash, tr) != 0) {
        tracker_refuse(t, REFUSAL_MEMORY);
        transaction_free(tr);
        return NULL;
    }
    tr->record.id = tracker_new_id(t, d->time_ns, msg->cseq);
    expiry_set(&t->transaction_expiry, &tr->expiry, transaction_deadline(tr));
    return tr;
}

static enum packet_bin into_transaction(struct tracker *t, const struct sip_msg *msg,
                                        const struct datagram *d)
{
    uint8_t method = msg->is_request ? msg->method : msg->cseq_method;
    struct transaction_key key = { msg->call_id, method };
    uint64_t hash = siphash(&t->key, msg->call_id.p, msg->call_id.len) ^ method;
    struct transaction *tr = table_find(&t->transactions, hash, same_transaction, &key);

    if (msg->is_request) {
        if (tr && tr->cseq != msg->cseq && (!tr->challenged || tr->reported)) {
            tracker_end_transaction(t, tr); /* the one before: answered, or never */
            tr = NULL;
        }
        if (tr)
            transaction_request(tr, msg, d);
        else
            open_transaction(t, msg, d, hash);
        return BIN_SIP;
    }
    if (!tr)
        tracker_refuse(t, REFUSAL_SIP_NO_CALL);
    else if (!tr->reported && transaction_response(tr, msg, d))
        tracker_report_transaction(t, tr);
    return BIN_SIP;
}

static enum packet_bin bin_of(enum sip_parse why)
{
    return why == SIP_PARSE_KEEPALIVE ? BIN_SIP_KEEPALIVE : BIN_SIP_MALFORMED;
}

/* The quality report in a PUBLISH or NOTIFY; absent: none. */
static struct slice vq_body(const struct sip_msg *msg)
{
    if (!msg->is_request || msg->body.len == 0 ||
        (msg->method != SIP_METHOD_PUBLISH && msg->method != SIP_METHOD_NOTIFY))
        return SLICE_ABSENT;
    return sip_multipart_find(msg->content_type, msg->body, VQ_REPORT_TYPE);
}

/* It belongs to the call that it measures, not to its own Call-ID; so does its packet. */
static void into_measured_call(struct tracker *t, struct slice body, const struct datagram *d,
                               struct claim *claim)
{
    struct vq_report report;
    struct call *call;

    if (vq_report_parse(&report, body) != VQ_PARSE_OK) {
        tracker_refuse(t, REFUSAL_VQ_MALFORMED);
        return;
    }
    call = tracker_find_calls(t, report.call_id);
    if (!call) {
        tracker_refuse(t, REFUSAL_VQ_NO_CALL);
        return;
    }
    vq_reports_add(call, &report, siphash(&t->key, body.p, body.len), d, &t->counters);
    tracker_changed(t, call);
    *claim = (struct claim){ CLAIM_SIP, call->id, &call->keeper, CLAIM_ALL, false, 0 };
}

/* No message that can be followed (of another version, of no status), but whose call is known: its
 * bytes are kept with the call, where somebody may look at them. */
static void claim_unreadable(const struct tracker *t, const struct sip_msg *msg,
                             struct claim *claim)
{
    struct call *call = msg->call_id.len ? tracker_find_calls(t, msg->call_id) : NULL;

    if (!call)
        return;
    call->sip_anomalies |= msg->anomalies;
    *claim = (struct claim){ CLAIM_SIP, call->id, &call->keeper, CLAIM_ALL, false, 0 };
}

static void count_anomalies(struct tracker *t, const struct sip_msg *msg)
{
    for (uint64_t left = msg->anomalies; left; left &= left - 1)
        t->anomalies[__builtin_ctzll(left)]++;
}

enum packet_bin tracker_sip(struct tracker *t, const struct datagram *d, struct claim *claim)
{
    struct sip_msg msg;
    enum sip_parse why = sip_msg_parse(&msg, d->payload);
    struct sighting_mark mark;
    struct slice report;
    struct call *call;

    t->heard_ns = d->time_ns;
    if (why != SIP_PARSE_KEEPALIVE)
        count_anomalies(t, &msg);
    if (why != SIP_PARSE_OK) {
        claim_unreadable(t, &msg, claim);
        return bin_of(why);
    }
    date_watch_message(&t->dates, &msg, d);
    report = vq_body(&msg);
    if (report.p)
        into_measured_call(t, report, d, claim);
    mark = sighting_mark_of(&msg, d);
    call = find_call(tracker_find_calls(t, msg.call_id), &msg, &mark, d->time_ns);
    security_message(t->security, &msg, d, call ? call->id : 0);
    if (call)
        return into_call(t, call, &msg, d, &mark, claim);
    if (may_begin(&msg)) {
        call = tracker_open_call(t, msg.call_id, d->time_ns);
        return call ? into_call(t, call, &msg, d, &mark, claim) : BIN_SIP;
    }
    if (transaction_is_followed((enum sip_method)(msg.is_request ? msg.method : msg.cseq_method)))
        return into_transaction(t, &msg, d);
    tracker_refuse(t, REFUSAL_SIP_NO_CALL);
    return BIN_SIP;
}
