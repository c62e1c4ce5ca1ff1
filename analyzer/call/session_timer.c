#include "analyzer/call/session_timer.h"

#include "analyzer/call/call.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/history.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    INTERVAL_MAX_S = 7 * 86400, /* more is as good as none */
    EARLY_MAX_S = 32,           /* how long before the end one hangs up: this, or a third */
    EXACT_S = 2,                /* clocks, and the way through the network */
    GRACE_S = 32,               /* 64·T1: the BYE's own way */
};

static uint32_t interval_of(const struct sip_msg *msg)
{
    struct slice rest = msg->session_expires;
    uint64_t seconds;

    return slice_to_u64(slice_trim(slice_cut(&rest, ';')), INTERVAL_MAX_S, &seconds)
               ? (uint32_t)seconds
               : 0;
}

void session_timer_answer(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                          bool refresh, bool elsewhere, struct counters *counters)
{
    struct session_timer *s = &call->session;
    uint32_t interval_s = msg->session_expires.p ? interval_of(msg) : 0;

    if (elsewhere) {
        if (interval_s && !s->running) {
            s->interval_s = interval_s;
            s->running = true;
            s->since = d->time_ns;
        }
        return;
    }
    if (refresh && interval_s && s->running)
        history_note(
            call, HISTORY_SESSION_REFRESH, d->time_ns,
            (uint8_t)((call_sender(call, msg) == SIDE_CALLER ? SIDE_CALLEE : SIDE_CALLER) + 1),
            SLICE_ABSENT, counters);
    s->running = interval_s != 0;
    if (!s->running)
        return;
    s->interval_s = interval_s;
    s->since = d->time_ns;
    s->expired = false;
}

static int64_t end_of(const struct session_timer *s)
{
    return s->since + (int64_t)s->interval_s * NS_PER_S;
}

int64_t session_timer_deadline(const struct call *call, int64_t last_ns)
{
    const struct session_timer *s = &call->session;

    return s->running && last_ns <= end_of(s) ? end_of(s) + GRACE_S * NS_PER_S : RECORD_NONE;
}

bool session_timer_explains(const struct call *call, int64_t bye_time)
{
    const struct session_timer *s = &call->session;
    int64_t early_s = s->interval_s / 3 < EARLY_MAX_S ? s->interval_s / 3 : EARLY_MAX_S;
    int64_t early, slack = EXACT_S * NS_PER_S;

    if (!s->running || bye_time == RECORD_NONE)
        return false;
    early = end_of(s) - early_s * NS_PER_S;
    return (bye_time >= early - slack / 2 && bye_time <= early + slack) ||
           (bye_time >= end_of(s) - slack && bye_time <= end_of(s) + GRACE_S * NS_PER_S);
}

int64_t session_timer_due(const struct call *call)
{
    const struct session_timer *s = &call->session;

    return s->running && !s->expired && call->state == CALL_IN_CALL ? end_of(s) + GRACE_S * NS_PER_S
                                                                    : RECORD_NONE;
}

void session_timer_tick(struct call *call, int64_t now_ns, struct counters *counters)
{
    struct session_timer *s = &call->session;
    int64_t due = session_timer_due(call);

    if (due == RECORD_NONE || now_ns < due)
        return;
    s->expired = true;
    history_note(call, HISTORY_SESSION_EXPIRED, end_of(s), 0, SLICE_ABSENT, counters);
    deviation_note(call, DEVIATION_SESSION_EXPIRED, end_of(s), 0, SLICE_ABSENT, counters);
}
