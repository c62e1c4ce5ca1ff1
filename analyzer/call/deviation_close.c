/*
 * deviation_close - what is missing shows only at the end: and only where the probe saw the side that
 * should have sent it.
 */
#include "analyzer/call/call_end.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/deviation_check.h"
#include "analyzer/call/stream_events.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    ANSWER_COPIES = 3,  /* without an ACK: one may be slow */
    BYE_TIMEOUT_S = 32, /* timer F */
    BYE_COPIES = 5,     /* at 0.5, 1.5, 3.5, 7.5, 11.5 s */
};

static bool was_acked(const struct call *call)
{
    return call->watch.acked && call->watch.acked_cseq == call->invite_cseq;
}

/* Did the probe see that side on the call's path once it was answered? */
static bool spoke_since(const struct call *call, enum call_side side, int64_t time_ns)
{
    return call->watch.last_sip_ns[side] > time_ns;
}

static void check_ack(struct call *call, struct counters *counters)
{
    bool seen_side = spoke_since(call, SIDE_CALLER, call->answer_time) ||
                     call->watch.answer_copies >= ANSWER_COPIES;
    struct strbuf detail = { 0 };

    if (call->answer_time == RECORD_NONE || call->invite_time == RECORD_NONE)
        return;
    if (call_end_is_ack_timeout(call)) {
        strbuf_addf(&detail, "hung up %.1f s after its answer, which was sent %u times",
                    (double)(call->bye_time - call->answer_time) / 1e9,
                    call->watch.answer_copies + 1);
        deviation_note(call, DEVIATION_ACK_TIMEOUT, call->bye_time, SIDE_CALLEE + 1,
                       strbuf_slice(&detail), counters);
        strbuf_fini(&detail);
    }
    if (!was_acked(call) && seen_side)
        deviation_note(call, DEVIATION_ACK_MISSING, call->answer_time, SIDE_CALLER + 1,
                       SLICE_ABSENT, counters);
}

/* The one who did not confirm it. */
static void check_bye(struct call *call, int64_t now_ns, struct counters *counters)
{
    enum call_side other = call->ended_by == SIDE_CALLER + 1 ? SIDE_CALLEE : SIDE_CALLER;
    bool waited = call->bye_seen && (now_ns - call->bye_time >= BYE_TIMEOUT_S * NS_PER_S ||
                                     call->watch.bye_copies >= BYE_COPIES);
    bool seen_side =
        call->answer_time != RECORD_NONE && call->watch.last_sip_ns[other] >= call->answer_time;
    struct strbuf detail = { 0 };

    if (!waited || call->bye_answer_time != RECORD_NONE || call->ended_by == 0 || !seen_side)
        return;
    strbuf_addf(&detail, "BYE was sent %u time%s", call->watch.bye_copies + 1,
                call->watch.bye_copies ? "s" : "");
    deviation_note(call, DEVIATION_BYE_UNANSWERED, call->bye_time, (uint8_t)(other + 1),
                   strbuf_slice(&detail), counters);
    strbuf_fini(&detail);
}

static void check_codecs(struct call *call, struct counters *counters)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *s = call->streams[i];
        struct strbuf detail = { 0 };
        int64_t time_ns;
        uint8_t by = s->direction == DIRECTION_CALLER_TO_CALLEE   ? SIDE_CALLER + 1
                     : s->direction == DIRECTION_CALLEE_TO_CALLER ? SIDE_CALLEE + 1
                                                                  : 0;

        if (s->media == MEDIA_AUDIO && !s->foreign && !s->fax &&
            stream_events_first_unannounced(s, &time_ns, &detail))
            deviation_note(call, DEVIATION_CODEC_UNANNOUNCED, time_ns, by, strbuf_slice(&detail),
                           counters);
        strbuf_fini(&detail);
    }
}

void deviation_close(struct call *call, int64_t now_ns, bool lossy, struct counters *counters)
{
    check_codecs(call, counters);
    if (lossy || call->truncated)
        return;
    check_ack(call, counters);
    check_bye(call, now_ns, counters);
}
