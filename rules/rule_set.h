/*
 * rule_set - records in, alerts out.
 *
 * Loads every *.yaml of a folder, one rule a file, and evaluates all of them in packet time: O(1) a
 * record and rule, bounded groups. The same records give the same alerts.
 *
 * Ownership  rule_set_load/free. Alert records are lent to the sink.
 * Thread     One thread an instance.
 * Time       Of the packets, through rule_set_tick.
 */
#ifndef RULES_RULE_SET_H
#define RULES_RULE_SET_H

#include "analyzer/record.h"

struct rule_set;

/* What a rule may listen to. */
enum rule_occasion { RULE_CALL_SETTLED, RULE_CALL_CLOSED, RULE_TRANSACTION };

typedef void (*rule_alert_fn)(void *ctx, const struct alert_record *alert);

/* 0; or −errno / −EINVAL with one line "file:line:column: what, and what to do" in error. A folder
 * without rules is a set of none. */
int rule_set_load(struct rule_set **sp, const char *dir, rule_alert_fn alert, void *ctx,
                  char *error, size_t error_room);
void rule_set_free(struct rule_set *s);

/* Feeds one record; its time is `now_ns`. */
void rule_set_record(struct rule_set *s, enum rule_occasion occasion,
                     const struct record_type *type, const void *record, int64_t now_ns);

/* Lets time pass: windows slide, alerts fire and clear. About once a second of packet time. */
void rule_set_tick(struct rule_set *s, int64_t now_ns);

size_t rule_set_count(const struct rule_set *s);

/* Sums over all rules. */
struct rule_set_stats {
    uint64_t records;        /* counted in a window */
    uint64_t without_group;  /* left out: the field of group_by is unknown */
    uint64_t doubtful;       /* left out: the probe itself may have damaged the call */
    uint64_t groups_refused; /* records of a group that found no room */
    uint64_t clock_set_back; /* times that packet time went back past a window */
    uint64_t no_memory;      /* alerts put off for want of memory */
    uint64_t fired, resolved;
};

void rule_set_read_stats(const struct rule_set *s, struct rule_set_stats *stats);

#endif
