#include "analyzer/call/gap_watch.h"

#include "analyzer/call/call.h"

enum { CHANCE_FACTOR = 4, CHANCE_LEAST = 3 };

static void charge(struct call *call, uint32_t lost)
{
    uint32_t *sum = &call->media.gap_lost;

    *sum = lost < UINT32_MAX - *sum ? *sum + lost : UINT32_MAX;
}

static void end_instant(struct gap_watch *w)
{
    if (!w->simultaneous)
        w->rate_now += w->losses;
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

static bool is_beyond_chance(const struct gap_watch *w)
{
    uint64_t usual = w->rate_before > w->rate_now ? w->rate_before : w->rate_now;

    return w->losses * (uint64_t)GAP_RATE_NS >=
           CHANCE_LEAST * (uint64_t)GAP_RATE_NS + CHANCE_FACTOR * usual * GAP_INSTANT_NS;
}

static void judge(struct gap_watch *w)
{
    if (w->call_count < GAP_CALLS_LEAST || !w->several_sources || !w->several_targets ||
        !is_beyond_chance(w))
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
