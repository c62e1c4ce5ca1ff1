#include "analyzer/call/call.h"

#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    FIRST_TEXT_BYTES = 1024, /* what an ordinary answered call needs comes with its struct */
    /* How long nothing may be heard, in seconds, before a call is taken for over. */
    TRYING_S = 60,   /* an INVITE nobody answers is repeated for 32 s (RFC 3261 timer B) */
    RINGING_S = 300, /* longer than any proxy's timer C */
    IN_CALL_S = 4 * 3600,
    CHALLENGED_S = 30,      /* a client that has credentials answers at once */
    OVER_S = 5,             /* RFC 3261 timer T4: repeats still on their way */
    OVER_UNANSWERED_S = 32, /* … when the end was not acknowledged: 64·T1 */
    CANCELLED_S = 32,
    PENDING_S = 32,   /* a proxy passes a failure on, or tries elsewhere, at once */
    TRANSFER_S = 180, /* how long a REFER's NOTIFYs may come after the BYE */
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
    call->invite_try_time = call->answer_repeat_time = call->replaced_time = RECORD_NONE;
    call->q850_cause = -1;
    call->emergency = -1;
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

int64_t call_last_time(const struct call *call)
{
    int64_t last = call->last_sip_time;

    for (uint8_t i = 0; i < call->stream_count; i++) {
        if (call->streams[i]->rtp.packets && call->streams[i]->rtp.last_time_ns > last)
            last = call->streams[i]->rtp.last_time_ns;
    }
    return last;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a == RECORD_NONE || (b != RECORD_NONE && b < a) ? b : a;
}

/* Of a call that rings, or may do so. */
static int64_t open_s(const struct call *call)
{
    if (call->cancelled)
        return CANCELLED_S;
    if (call->challenge_open)
        return CHALLENGED_S;
    if (call->failure_pending && !branch_is_ringing(call))
        return PENDING_S;
    return call->state == CALL_TRYING ? TRYING_S : RINGING_S;
}

static int64_t over_s(const struct call *call, bool acknowledged)
{
    if (call->transfer_open)
        return TRANSFER_S;
    return acknowledged ? OVER_S : OVER_UNANSWERED_S;
}

int64_t call_deadline(const struct call *call)
{
    int64_t last = call_last_time(call);

    switch ((enum call_state)call->state) {
    case CALL_TRYING:
    case CALL_RINGING:
        return last + open_s(call) * NS_PER_S;
    case CALL_IN_CALL:
        return earlier(session_timer_deadline(call, last), last + IN_CALL_S * NS_PER_S);
    case CALL_COMPLETED: /* media that goes on after BYE does not hold it */
        return call->last_sip_time + over_s(call, call->bye_answer_time != RECORD_NONE) * NS_PER_S;
    default:
        return call->last_sip_time + over_s(call, call->acked) * NS_PER_S;
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
