#include "analyzer/call/history.h"

#include "analyzer/call/call.h"

struct slice history_name(uint8_t history)
{
    static const struct slice names[HISTORY_COUNT] = {
#define X(id, name) SLICE_INIT(name),
        HISTORIES(X)
#undef X
    };

    return names[history];
}

void history_note(struct call *call, enum history history, int64_t time_ns, uint8_t by,
                  struct slice detail, struct counters *counters)
{
    if (!call_notes_add(&call->history, &call->arena, (uint8_t)history, time_ns, by, detail, false))
        counters->refusals[REFUSAL_CALL_NOTES]++;
}
