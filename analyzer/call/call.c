#include "analyzer/call/call.h"

#include "analyzer/sip/sdp.h"

#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    FIRST_TEXT_BYTES = 512, /* what an ordinary call needs comes with its struct */
    /* How long nothing may be heard, in seconds, before a call is taken for over. */
    TRYING_S = 60,   /* an INVITE nobody answers is repeated for 32 s (RFC 3261 timer B) */
    RINGING_S = 300, /* longer than any proxy's timer C */
    IN_CALL_S = 4 * 3600,
    CHALLENGED_S = 30,      /* a client that has credentials answers at once */
    OVER_S = 5,             /* RFC 3261 timer T4: repeats still on their way */
    OVER_UNANSWERED_S = 32, /* … when the end was not acknowledged: 64·T1 */
    CANCELLED_S = 32,
};

struct call *call_new(struct slice call_id, uint64_t call_id_hash, int64_t time_ns)
{
    struct call *call = malloc(sizeof *call + FIRST_TEXT_BYTES);
    bool cut = false;

    if (!call)
        return NULL;
    memset(call, 0, sizeof *call);
    arena_init(&call->arena, call + 1, FIRST_TEXT_BYTES, CALL_ARENA_MAX_BYTES);
    call->call_id = arena_copy(&call->arena, call_id, CALL_ID_MAX_BYTES, &cut);
    if (!call->call_id.p) {
        call_free(call);
        return NULL;
    }
    call->call_id_hash = call_id_hash;
    call->first_time = time_ns;
    call->last_sip_time = time_ns;
    call->invite_time = call->first_18x_time = call->first_progress_time = RECORD_NONE;
    call->answer_time = call->final_time = call->bye_time = RECORD_NONE;
    call->bye_answer_time = call->end_time = RECORD_NONE;
    call->settled_time = call->closed_time = RECORD_NONE;
    return call;
}

void call_free(struct call *call)
{
    if (!call)
        return;
    for (uint8_t i = 0; i < call->stream_count; i++)
        media_stream_free(call->streams[i]);
    keypress_fini(&call->keys);
    arena_fini(&call->arena);
    free(call);
}

struct slice call_keep(struct call *call, struct slice text, size_t max_len, struct counters *c)
{
    bool cut = false;
    struct slice kept = arena_copy(&call->arena, text, max_len, &cut);

    if (cut)
        c->refusals[REFUSAL_TEXT_CUT]++;
    return kept;
}

bool call_add_stream(struct call *call, struct media_stream *s)
{
    if (call->stream_count == call->stream_room) {
        uint8_t room = call->stream_room ? (uint8_t)(call->stream_room * 2) : 4;
        struct media_stream **grown;

        if (room > RECORD_STREAMS_MAX)
            return false;
        grown = arena_take(&call->arena, room * sizeof(struct media_stream *));
        if (!grown)
            return false;
        if (call->stream_count)
            memcpy(grown, call->streams, call->stream_count * sizeof(struct media_stream *));
        call->streams = grown;
        call->stream_room = room;
    }
    call->streams[call->stream_count++] = s;
    return true;
}

static struct slice keep(struct call *call, struct slice text, struct counters *c)
{
    return call_keep(call, text, CALL_TEXT_MAX_BYTES, c);
}

/* A text that came before stays: the first one counts. */
static void keep_first(struct call *call, struct slice *kept, struct slice text, struct counters *c)
{
    if (!kept->p && text.p)
        *kept = keep(call, text, c);
}

enum call_side call_sender(const struct call *call, const struct sip_msg *msg)
{
    bool from_callee = !slice_eq(msg->from_tag, call->from_tag) && msg->to_tag.len &&
                       slice_eq(msg->to_tag, call->from_tag);
    bool by_callee = msg->is_request ? from_callee : !from_callee;

    return by_callee ? SIDE_CALLEE : SIDE_CALLER;
}

bool call_has_tags(const struct call *call, const struct sip_msg *msg)
{
    return slice_eq(call->from_tag, msg->from_tag) ||
           (msg->to_tag.len && slice_eq(call->from_tag, msg->to_tag));
}

/* Failures that a client answers with a corrected INVITE of the same call. */
static bool is_retried(uint16_t status)
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

bool call_is_other(const struct call *call, const struct sip_msg *msg)
{
    if (!call->invite_cseq_known || msg->cseq == call->invite_cseq)
        return false;
    if (call->state == CALL_IN_CALL)
        return true;
    return call_state_is_over((enum call_state)call->state) && !is_retried(call->final_status);
}

/* A fingerprint, not a table's hash: whoever makes two alike only hides his own messages. */
static uint64_t mix(uint64_t h, const void *p, size_t len)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    const char *at = p;
    uint64_t word;

    for (; len >= 8; len -= 8, at += 8) {
        memcpy(&word, at, 8);
        h = (h ^ word) * odd;
        h ^= h >> 32;
    }
    word = len;
    if (len)
        memcpy(&word, at, len);
    h = (h ^ word) * odd;
    return h ^ h >> 29;
}

/* What makes two messages copies of one: everything that a retransmission repeats. */
static uint32_t message_hash(const struct sip_msg *msg, const struct datagram *d)
{
    const uint32_t numbers[2] = { msg->cseq, (uint32_t)msg->status << 8 | msg->method };
    uint64_t h = mix(1, numbers, sizeof numbers);

    h = mix(h, msg->via_branch.p, msg->via_branch.len);
    h = mix(h, msg->to_tag.p, msg->to_tag.len);
    h = mix(h, d->src.ip, sizeof d->src.ip);
    h = mix(h, d->dst.ip, sizeof d->dst.ip);
    return (uint32_t)(mix(h, &d->dst.port, sizeof d->dst.port) >> 16) | 1;
}

static bool is_repeat(struct call *call, uint32_t hash)
{
    for (int i = 0; i < CALL_SEEN_MESSAGES; i++) {
        if (call->seen_messages[i] == hash)
            return true;
    }
    call->seen_messages[call->next_seen] = hash;
    call->next_seen = (uint8_t)((call->next_seen + 1) % CALL_SEEN_MESSAGES);
    return false;
}

static void step(struct call *call, enum call_event event)
{
    call->state = (uint8_t)call_state_after((enum call_state)call->state, event);
}

static void take_identity(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                          struct counters *c)
{
    if (call->from_uri.p || call->from_tag.p)
        return;
    call->from_uri = keep(call, msg->from_uri, c);
    call->to_uri = keep(call, msg->to_uri, c);
    call->from_user = keep(call, msg->from_user, c);
    call->to_user = keep(call, msg->to_user, c);
    call->from_tag = keep(call, msg->from_tag, c);
    call->src = msg->is_request ? d->src : d->dst;
    call->dst = msg->is_request ? d->dst : d->src;
    call->network = d->network;
    call->path = d->path;
    call->transport = d->transport;
}

/* Of whose transaction this is: each side counts CSeq on its own (RFC 3261 §12.2.1.1). */
static bool is_by_callee(const struct call *call, const struct sip_msg *msg)
{
    return !slice_eq(msg->from_tag, call->from_tag);
}

/* An INVITE within the dialog that was seen before. */
static bool is_reinvite_known(const struct call *call, const struct sip_msg *msg)
{
    if (!is_by_callee(call, msg) && msg->cseq == call->invite_cseq)
        return true;
    return call->reinvite_count && msg->cseq == call->reinvite_cseq &&
           call->reinvite_by_callee == is_by_callee(call, msg);
}

static void on_invite(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                      struct counters *c)
{
    if (msg->to_tag.len) {
        if (!is_reinvite_known(call, msg)) {
            call->reinvite_count++;
            call->reinvite_cseq = msg->cseq;
            call->reinvite_by_callee = is_by_callee(call, msg);
        }
        if (!call->invite_seen)
            step(call, EVENT_ANSWER); /* the capture began in mid-call */
        return;
    }
    /* Some clients answer a challenge with another From-tag: the dialog will have that one. */
    if (!slice_eq(call->from_tag, msg->from_tag))
        call->from_tag = keep(call, msg->from_tag, c);
    keep_first(call, &call->request_uri, msg->request_uri, c);
    keep_first(call, &call->user_agent, msg->user_agent, c);
    if (!call->invite_seen) {
        call->invite_seen = true;
        call->invite_time = d->time_ns;
    }
    if (!call->invite_cseq_known || msg->cseq != call->invite_cseq || call->invite_count == 0)
        call->invite_count++;
    call->invite_cseq = msg->cseq;
    call->invite_cseq_known = true;
    call->challenge_open = false;
}

/* Does it speak of a branch that answered too, and is not the one that counts? The caller hangs that
 * one up (RFC 3261 §13.2.2.4), while this one talks. */
static bool is_of_other_branch(const struct call *call, const struct sip_msg *msg)
{
    struct slice tag = is_by_callee(call, msg) ? msg->from_tag : msg->to_tag;

    return call->answer_time != RECORD_NONE && call_has_tags(call, msg) && tag.len &&
           call->to_tag.len && call->to_tag.len < CALL_TEXT_MAX_BYTES &&
           !slice_eq(tag, call->to_tag);
}

static void on_bye(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                   struct counters *c)
{
    if (is_of_other_branch(call, msg))
        return;
    if (!call->bye_seen) {
        call->bye_seen = true;
        call->bye_time = d->time_ns;
        call->end_time = d->time_ns;
        call->bye_cseq = msg->cseq;
        call->ended_by = (uint8_t)(call_sender(call, msg) + 1);
        keep_first(call, &call->reason_header, msg->reason_header, c);
    }
    step(call, EVENT_BYE);
}

static void on_cancel(struct call *call, const struct sip_msg *msg, struct counters *c)
{
    call->cancelled = true;
    keep_first(call, &call->reason_header, msg->reason_header, c);
}

static void on_request(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *c)
{
    switch ((enum sip_method)msg->method) {
    case SIP_METHOD_INVITE:
        on_invite(call, msg, d, c);
        return;
    case SIP_METHOD_ACK:
        call->acked = call->acked || msg->cseq == call->invite_cseq;
        return;
    case SIP_METHOD_BYE:
        on_bye(call, msg, d, c);
        return;
    case SIP_METHOD_CANCEL:
        on_cancel(call, msg, c);
        return;
    default:
        return;
    }
}

static void on_provisional(struct call *call, const struct sip_msg *msg, const struct datagram *d)
{
    if (msg->status <= 100)
        return;
    if (call->first_progress_time == RECORD_NONE)
        call->first_progress_time = d->time_ns;
    if (msg->status >= 180 && msg->status <= 189 && call->first_18x_time == RECORD_NONE)
        call->first_18x_time = d->time_ns;
    step(call, EVENT_PROGRESS);
}

static void take_final(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *c)
{
    call->final_status = msg->status;
    call->final_time = d->time_ns;
    call->final_reason = keep(call, msg->reason, c);
    if (msg->to_tag.p)
        call->to_tag = keep(call, msg->to_tag, c);
    call->server = SLICE_ABSENT;
    keep_first(call, &call->server, msg->server.p ? msg->server : msg->user_agent, c);
    keep_first(call, &call->reason_header, msg->reason_header, c);
}

static void on_answer(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                      struct counters *c)
{
    if (call->answer_time != RECORD_NONE)
        return; /* another branch, or another hop: the first one counts */
    take_final(call, msg, d, c);
    call->answer_time = d->time_ns;
    if (!call->bye_seen)
        call->end_time = RECORD_NONE;
    step(call, EVENT_ANSWER);
}

static void on_failure(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *c)
{
    if (call->answer_time != RECORD_NONE || call->bye_seen)
        return;
    if (msg->status == 401 || msg->status == 407) {
        call->challenged = true;
        call->challenge_open = msg->cseq == call->invite_cseq;
        call->challenge_status = msg->status;
        return;
    }
    if (call->final_status != msg->status) {
        take_final(call, msg, d, c);
        call->end_time = d->time_ns;
    }
    if (call->cancelled && !call->ended_by)
        call->ended_by = SIDE_CALLER + 1; /* only the caller can cancel */
    step(call, msg->status == 487 || call->cancelled ? EVENT_CANCELLED_FAILURE : EVENT_FAILURE);
}

static void on_response(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                        struct counters *c)
{
    if (msg->cseq_method == SIP_METHOD_BYE && msg->status >= 200) {
        if (call->bye_answer_time == RECORD_NONE && !is_of_other_branch(call, msg))
            call->bye_answer_time = d->time_ns;
        return;
    }
    if (msg->cseq_method != SIP_METHOD_INVITE)
        return;
    if (call->reinvite_count && msg->cseq == call->reinvite_cseq &&
        call->reinvite_by_callee == is_by_callee(call, msg))
        return; /* the answer to a re-INVITE does not change how the call began */
    if (!call->invite_cseq_known) {
        call->invite_cseq = msg->cseq;
        call->invite_cseq_known = true;
    }
    if (msg->status < 200)
        on_provisional(call, msg, d);
    else if (msg->status < 300)
        on_answer(call, msg, d, c);
    else
        on_failure(call, msg, d, c);
}

bool call_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                  struct counters *counters)
{
    call->last_sip_time = d->time_ns;
    take_identity(call, msg, d, counters);
    if (is_repeat(call, message_hash(msg, d))) {
        call->retransmissions++;
        return true;
    }
    if (msg->is_request)
        on_request(call, msg, d, counters);
    else
        on_response(call, msg, d, counters);
    return false;
}

int64_t call_last_time(const struct call *call)
{
    int64_t last = call->last_sip_time;

    for (uint8_t i = 0; i < call->stream_count; i++) {
        if (call->streams[i]->rtp.packets && call->streams[i]->rtp.last_time_ns > last)
            last = call->streams[i]->rtp.last_time_ns;
    }
    return last;
}

int64_t call_deadline(const struct call *call)
{
    int64_t last = call_last_time(call);

    switch ((enum call_state)call->state) {
    case CALL_TRYING:
        if (call->challenge_open)
            return last + CHALLENGED_S * NS_PER_S;
        return last + (call->cancelled ? CANCELLED_S : TRYING_S) * NS_PER_S;
    case CALL_RINGING:
        return last + (call->cancelled ? CANCELLED_S : RINGING_S) * NS_PER_S;
    case CALL_IN_CALL:
        return last + IN_CALL_S * NS_PER_S;
    case CALL_COMPLETED:
        last = call->last_sip_time; /* media that goes on after BYE does not hold it */
        return last +
               (call->bye_answer_time != RECORD_NONE ? OVER_S : OVER_UNANSWERED_S) * NS_PER_S;
    default:
        last = call->last_sip_time;
        return last + (call->acked ? OVER_S : OVER_UNANSWERED_S) * NS_PER_S;
    }
}

bool call_has_fax(const struct call *call)
{
    static const unsigned both = 1u << SIDE_CALLER | 1u << SIDE_CALLEE;
    unsigned heard = (call->sdp_seen[SIDE_CALLER] ? 1u << SIDE_CALLER : 0) |
                     (call->sdp_seen[SIDE_CALLEE] ? 1u << SIDE_CALLEE : 0);

    /* Where only one side's SDP passes the probe, its word must do. */
    return call->has_fax || call->image_sides == both ||
           (call->image_sides && (heard & ~call->image_sides) == 0);
}
