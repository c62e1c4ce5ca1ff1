#include "analyzer/call/confidence.h"

#include "analyzer/call/call.h"

/* Shares of a call's losses that fall on instants of many. */
#define SIMULTANEOUS_SOME 0.3
#define SIMULTANEOUS_MOST 0.7

void loss_windows_look(struct loss_windows *w, int64_t now_ns, uint64_t dropped)
{
    int64_t from_ns = w->looked_ns;
    struct loss_window *last = w->count ? &w->at[w->count - 1] : NULL;

    w->looked_ns = now_ns;
    if (!dropped)
        return;
    if (last && (last->to_ns >= from_ns || now_ns < last->to_ns)) {
        last->to_ns = now_ns > last->to_ns ? now_ns : last->to_ns;
        last->dropped += dropped;
        return;
    }
    if (w->count == LOSS_WINDOWS) {
        w->at[1].from_ns = w->at[0].from_ns;
        w->at[1].dropped += w->at[0].dropped;
        memmove(w->at, w->at + 1, sizeof w->at - sizeof w->at[0]);
        w->count--;
    }
    w->at[w->count++] = (struct loss_window){ from_ns, now_ns, dropped };
}

uint64_t loss_windows_sum(const struct loss_windows *w, int64_t from_ns, int64_t to_ns)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < w->count; i++) {
        if (w->at[i].from_ns < to_ns && from_ns < w->at[i].to_ns)
            sum += w->at[i].dropped;
    }
    return sum;
}

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
