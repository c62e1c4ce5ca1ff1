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

enum { RESERVED = 8 }; /* of the list, for what happens once in a call, and late */

/* What may come again and again counts up where it stands; so does all else in a list that fills. */
static bool counts_up(const struct call *call, enum history history)
{
    static const bool often[HISTORY_COUNT] = {
        [HISTORY_CHALLENGE] = true, [HISTORY_EARLY_MEDIA] = true, [HISTORY_PRACK] = true,
        [HISTORY_UPDATE] = true,    [HISTORY_REINVITE] = true,    [HISTORY_SESSION_REFRESH] = true,
        [HISTORY_GLARE] = true,     [HISTORY_MERGED] = true,      [HISTORY_CANCEL] = true,
    };

    return often[history] || call->history.count >= CALL_NOTES_MAX - RESERVED;
}

void history_note(struct call *call, enum history history, int64_t time_ns, uint8_t by,
                  struct slice detail, struct counters *counters)
{
    if (!call_notes_add(&call->history, &call->arena, (uint8_t)history, time_ns, by, detail,
                        counts_up(call, history)))
        counters->refusals[REFUSAL_CALL_NOTES]++;
}
