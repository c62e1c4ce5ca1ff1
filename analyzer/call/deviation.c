#include "analyzer/call/deviation.h"

#include "analyzer/call/call.h"

const struct deviation_row deviation_rows[DEVIATION_COUNT] = {
#define X(id, name, clause, sentence) { name, clause, sentence },
    DEVIATIONS(X)
#undef X
};

struct slice deviation_name(uint8_t deviation)
{
    return slice_of_text(deviation_rows[deviation].name);
}

void deviation_note(struct call *call, enum deviation deviation, int64_t time_ns, uint8_t by,
                    struct slice detail, struct counters *counters)
{
    if (!call_notes_add(&call->deviations, &call->arena, (uint8_t)deviation, time_ns, by, detail,
                        true))
        counters->refusals[REFUSAL_CALL_NOTES]++;
}

void deviation_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *counters)
{
    if (sip_msg_has(msg, SIP_ANOMALY_DUP_SINGLETON))
        deviation_note(call, DEVIATION_HEADER_DUPLICATE, d->time_ns, 0, SLICE_ABSENT, counters);
}

void deviation_close(struct call *call, int64_t now_ns, struct counters *counters)
{
    if (call->bye_seen && call->bye_answer_time == RECORD_NONE)
        deviation_note(call, DEVIATION_BYE_UNANSWERED, now_ns, call->ended_by, SLICE_ABSENT,
                       counters);
}
