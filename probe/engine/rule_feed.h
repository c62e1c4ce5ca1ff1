/*
 * rule_feed - what the rules are shown of the engine's records.
 *
 * Thread  The analysis thread.
 */
#ifndef PROBE_ENGINE_RULE_FEED_H
#define PROBE_ENGINE_RULE_FEED_H

#include "analyzer/sink.h"
#include "rules/rule_set.h"

/* Of every type but calls. rules NULL: nobody looks. */
void rule_feed_record(struct rule_set *rules, const struct record_type *type, const void *record,
                      int64_t now_ns);
void rule_feed_call(struct rule_set *rules, const struct call_record *call, enum record_event event,
                    int64_t now_ns);

#endif
