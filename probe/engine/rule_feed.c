#include "probe/engine/rule_feed.h"

/* News of a fact that goes on come every ten seconds. */
#define STALE_FACT_NS INT64_C(15000000000)

/* The last word of a fact comes when nothing of it is left: it shall not raise its alert anew. */
static bool is_last_word(const struct record_type *type, const void *record, int64_t now_ns)
{
    const struct security_record *fact = record;

    return type == &record_type_security && now_ns - fact->last_seen > STALE_FACT_NS;
}

void rule_feed_record(struct rule_set *rules, const struct record_type *type, const void *record,
                      int64_t now_ns)
{
    if (rules && !is_last_word(type, record, now_ns))
        rule_set_record(rules, rule_occasion_of(type), type, record, now_ns);
}

void rule_feed_call(struct rule_set *rules, const struct call_record *call, enum record_event event,
                    int64_t now_ns)
{
    static const enum rule_occasion occasions[] = {
        [RECORD_OPENED] = RULE_CALL_OPENED,
        [RECORD_CHANGED] = RULE_OCCASIONS,
        [RECORD_SETTLED] = RULE_CALL_SETTLED,
        [RECORD_CLOSED] = RULE_CALL_CLOSED,
    };

    if (rules && occasions[event] != RULE_OCCASIONS)
        rule_set_record(rules, occasions[event], &record_type_call, call, now_ns);
}
