#include "analyzer/call/confidence.h"

#include "analyzer/call/call.h"

/* Shares of a call's losses that fall on instants of many. */
#define SIMULTANEOUS_SOME 0.3
#define SIMULTANEOUS_MOST 0.7

/* Until when the call went on, as far as its packets were missed. */
static int64_t end_of(const struct call *call, int64_t now_ns)
{
    if (call->bye_time != RECORD_NONE)
        return call->bye_time;
    return call->end_time != RECORD_NONE ? call->end_time : now_ns;
}

void confidence_judge(const struct call *call, const struct loss_windows *losses, int64_t now_ns,
                      int64_t lost, bool blind, struct confidence *out)
{
    int64_t end = end_of(call, now_ns) + 1, at_once = call->media.gap_lost;
    unsigned count = 0;
    const bool found[CONFIDENCE_REASON_COUNT] = {
        [CONFIDENCE_CAPTURE_DROPS] = loss_windows_sum(losses, call->first_time, end) > 0,
        /* A late copy may have filled a hole since. */
        [CONFIDENCE_SIMULTANEOUS_GAPS] =
            lost > 0 && (double)at_once >= SIMULTANEOUS_SOME * (double)lost,
        [CONFIDENCE_ONE_DIRECTION] = blind,
        [CONFIDENCE_TRUNCATED] = call->truncated || call->media.cut,
        [CONFIDENCE_TCP_GAPS] = call->media.tcp_gap,
    };

    *out = (struct confidence){ .lost = lost,
                                .simultaneous = at_once < lost ? at_once : lost,
                                .dropped = loss_windows_sum(losses, call->first_time, end) };
    for (unsigned i = 0; i < CONFIDENCE_REASON_COUNT; i++) {
        out->reasons |= (uint32_t)found[i] << i;
        count += found[i];
    }
    if (count)
        out->level = CONFIDENCE_REDUCED;
    if (count > 1 || (found[CONFIDENCE_SIMULTANEOUS_GAPS] &&
                      (double)at_once >= SIMULTANEOUS_MOST * (double)lost))
        out->level = CONFIDENCE_LOW;
}

struct slice confidence_text(enum confidence_level level)
{
    static const struct slice texts[] = { SLICE_INIT("high"), SLICE_INIT("reduced"),
                                          SLICE_INIT("low") };

    return texts[level];
}

void confidence_write_reasons(const struct confidence *c, struct strbuf *out)
{
    static const struct slice names[CONFIDENCE_REASON_COUNT] = {
#define X(id, name) SLICE_INIT(name),
        CONFIDENCE_REASONS(X)
#undef X
    };
    struct jsonw j = jsonw_to(out);

    jsonw_array_open(&j);
    for (unsigned i = 0; i < CONFIDENCE_REASON_COUNT; i++) {
        if (c->reasons >> i & 1)
            jsonw_text(&j, names[i]);
    }
    jsonw_array_close(&j);
}
