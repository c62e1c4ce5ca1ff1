#include "analyzer/call/gap_watch.h"

#include "analyzer/call/call.h"

enum { CHANCE_FACTOR = 4, CHANCE_LEAST = 3 };

/* Sooner no rate is taken for one. */
#define RATE_LEAST_NS INT64_C(1000000000)

static void charge(struct call *call, uint32_t lost)
{
    uint32_t *sum = &call->media.gap_lost;

    *sum = lost < UINT32_MAX - *sum ? *sum + lost : UINT32_MAX;
}

/* So many losses are more than chance makes in an instant. */
static double limit_of(const struct gap_watch *w)
{
    int64_t since = w->begin_ns - w->rate_since_ns;
    double elapsed = (double)(since > RATE_LEAST_NS ? since : RATE_LEAST_NS);
    double before = w->rate_before / (double)GAP_RATE_NS, now = w->rate_now / elapsed;

    return CHANCE_LEAST + CHANCE_FACTOR * (now > before ? now : before) * (double)GAP_INSTANT_NS;
}

/* An instant of many counts as one that just was not: else what is usual would never be learned where
 * much is lost. */
static void end_instant(struct gap_watch *w)
{
    double limit = limit_of(w);

    w->rate_now += w->losses < limit ? w->losses : (uint32_t)limit;
    w->losses = 0;
    w->entry_count = w->call_count = 0;
    w->several_sources = w->several_targets = w->simultaneous = false;
}

static void roll_rate(struct gap_watch *w, int64_t time_ns)
{
    int64_t since = time_ns - w->rate_since_ns;

    if (since >= 0 && since < GAP_RATE_NS)
        return;
    w->rate_before = since >= 0 && since < 2 * GAP_RATE_NS ? w->rate_now : 0;
    w->rate_now = 0;
    w->rate_since_ns = time_ns;
}

static void begin_instant(struct gap_watch *w, const struct addr *src, const struct addr *dst,
                          int64_t time_ns)
{
    end_instant(w);
    roll_rate(w, time_ns);
    w->begin_ns = time_ns;
    w->src = *src;
    w->dst = *dst;
}

static void note_call(struct gap_watch *w, struct call *call)
{
    for (uint8_t i = 0; i < w->call_count; i++) {
        if (w->calls[i] == call)
            return;
    }
    if (w->call_count < GAP_CALLS_LEAST)
        w->calls[w->call_count++] = call;
}

static void judge(struct gap_watch *w)
{
    if (w->call_count < GAP_CALLS_LEAST || !w->several_sources || !w->several_targets ||
        w->losses < limit_of(w))
        return;
    w->simultaneous = true;
    w->instants++;
    for (uint8_t i = 0; i < w->entry_count; i++)
        charge(w->entries[i].call, w->entries[i].lost);
    w->entry_count = 0;
}

void gap_watch_lost(struct gap_watch *w, struct call *call, const struct addr *src,
                    const struct addr *dst, uint32_t lost, int64_t time_ns)
{
    int64_t since = time_ns - w->begin_ns;

    if (w->losses == 0 || since < 0 || since > GAP_INSTANT_NS)
        begin_instant(w, src, dst, time_ns);
    w->losses++;
    if (w->simultaneous) {
        charge(call, lost);
        return;
    }
    note_call(w, call);
    w->several_sources |= !addr_ip_eq(src, &w->src);
    w->several_targets |= !addr_ip_eq(dst, &w->dst);
    if (w->entry_count < GAP_ENTRIES_MAX)
        w->entries[w->entry_count++] = (struct gap_entry){ call, lost };
    judge(w);
}

void gap_watch_forget(struct gap_watch *w, const struct call *call)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < w->entry_count; i++) {
        if (w->entries[i].call != call)
            w->entries[kept++] = w->entries[i];
    }
    w->entry_count = kept;
    for (uint8_t i = 0; i < w->call_count; i++) {
        if (w->calls[i] == call)
            w->calls[i] = NULL; /* it counts on; no other call is the same */
    }
}
