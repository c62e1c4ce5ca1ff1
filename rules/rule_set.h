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

/* What a rule may listen to, by name in rule_occasions. */
enum rule_occasion {
    RULE_CALL_OPENED,  /* the first INVITE was heard */
    RULE_CALL_SETTLED, /* its outcome is known */
    RULE_CALL_CLOSED,
    RULE_TRANSACTION,
    RULE_MINUTE, /* kpi: a trunk, a destination, all, by the minute */
    RULE_REGISTRATION,
    RULE_PEER,
    RULE_SECURITY,
    RULE_CERTIFICATE,
    RULE_MIRROR,
    RULE_CAPTURE,
    RULE_STORE,
    RULE_LOAD,
    RULE_PROBE,
    RULE_OCCASIONS
};

struct rule_occasion_row {
    const char *name; /* "call.settled" */
    const struct record_type *type;
    const char *help; /* when it comes */
};

extern const struct rule_occasion_row rule_occasions[RULE_OCCASIONS];

/* Of a type that has one alone; RULE_OCCASIONS: of none. */
enum rule_occasion rule_occasion_of(const struct record_type *type);

typedef void (*rule_alert_fn)(void *ctx, const struct alert_record *alert);
/* A quarter of an hour of a group is over, and was normal. */
typedef void (*rule_baseline_fn)(void *ctx, const struct baseline_record *baseline);

struct rule_set_options {
    const char *dir;
    const char *only;   /* name of one rule; NULL: all */
    uint32_t occasions; /* those to take rules of, 1 << enum rule_occasion; 0: all */
    size_t max_groups;  /* of a rule; 0: RULE_GROUPS_MAX */
    rule_alert_fn alert;
    rule_baseline_fn baseline; /* NULL: nobody keeps them */
    void *ctx;
};

/* 0; or −errno / −EINVAL with one line "file:line:column: what, and what to do" in error. A folder
 * without rules is a set of none. */
int rule_set_load(struct rule_set **sp, const struct rule_set_options *options, char *error,
                  size_t error_room);
void rule_set_free(struct rule_set *s);

/* Reads the folder again. Rules whose file is the same go on as they are, alerts of those that are
 * gone are resolved. On an error the old rules stay in force, all of them, and it is said; else what
 * changed: "41 rules; new: a; changed: b, c; gone: d". */
int rule_set_reload(struct rule_set *s, int64_t now_ns, char *said, size_t said_room);

/* Feeds one record; its time is `now_ns`. */
void rule_set_record(struct rule_set *s, enum rule_occasion occasion,
                     const struct record_type *type, const void *record, int64_t now_ns);

/* Lets time pass: windows slide, alerts fire and clear. About once a second of packet time. */
void rule_set_tick(struct rule_set *s, int64_t now_ns);

/* Does a rule ask what was normal in past weeks? */
bool rule_set_wants_history(const struct rule_set *s);

/* What was normal in a quarter of an hour of a past week, for the quarter that comes. Given in
 * any order, ahead of it or in it; what is for another quarter or no rule is ignored. */
void rule_set_history(struct rule_set *s, const struct baseline_record *past);

size_t rule_set_count(const struct rule_set *s);

/* Each rule with its last values against its threshold, as the members of the current JSON object:
 * "rules":[{"rule","severity","on","threshold","unit","groups","firing","pending","values":[{"group",
 * "value","baseline","samples","state"}…]}]; of each the `values_max` groups nearest to firing. */
void rule_set_write_values(const struct rule_set *s, struct jsonw *j, size_t values_max);

/* Sums over all rules. */
struct rule_set_stats {
    uint64_t records;        /* counted in a window */
    uint64_t without_group;  /* left out: a field of group_by is unknown */
    uint64_t doubtful;       /* left out: the probe itself may have damaged the call */
    uint64_t groups_refused; /* records of a group that found no room: counted in `other` */
    uint64_t clock_set_back; /* times that packet time went back past a window */
    uint64_t no_memory;      /* alerts put off for want of memory */
    uint64_t fired, resolved;
    uint64_t groups, bytes; /* at the moment */
};

void rule_set_read_stats(const struct rule_set *s, struct rule_set_stats *stats);

#endif
