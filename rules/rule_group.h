/*
 * rule_group - the groups of one rule: found by key, kept in order of use, bounded.
 *
 * A group is active while its window holds anything or its alert is not over; the others are idle
 * and may be reused for a new key, the longest idle first.
 *
 * Ownership  rule_group_set_init/fini; groups belong to the set. A group's pointer is good until
 *            another group is taken.
 */
#ifndef RULES_RULE_GROUP_H
#define RULES_RULE_GROUP_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "rules/rule_eval.h"
#include "rules/rule_window.h"

/* One alert from its firing to its end. */
struct rule_episode {
    uint64_t id;
    int64_t since_ns, fired_ns;
    int64_t quiet_since_ns; /* RECORD_NONE: not quiet */
    double worst;           /* of the measure, with its counts */
    int64_t worst_matching, worst_samples;
    size_t evidence_count;
    uint64_t evidence[RULE_EVIDENCE_MAX]; /* newest first */
};

struct rule_group {
    struct rule_group *before, *after;
    struct rule_episode *episode; /* NULL: not firing */
    int64_t pending_since_ns;     /* RECORD_NONE: the condition does not hold */
    bool active;
    uint64_t hash;
    struct rule_window window;
    uint64_t matched_id[RULE_EVIDENCE_MAX]; /* a ring of the newest matches */
    int64_t matched_step[RULE_EVIDENCE_MAX];
    uint64_t matched; /* ever; where the ring goes on */
    struct slice key; /* raw bytes of the field */
};

struct rule_group_list {
    struct rule_group *first, *last; /* first: the one there the longest */
};

struct rule_groups {
    struct table by_key;
    struct siphash_key hash_key;
    struct rule_group_list active, idle;
    uint32_t buckets;
};

/* 0 or −ENOMEM. */
int rule_group_set_init(struct rule_groups *set, size_t max_groups, uint32_t buckets,
                        const struct siphash_key *hash_key);
void rule_group_set_fini(struct rule_groups *set);

/* The group of that key, made if need be; NULL when every group is in use, or without memory. */
struct rule_group *rule_group_take(struct rule_groups *set, struct slice key);

void rule_group_activate(struct rule_groups *set, struct rule_group *g);
/* Forgets what it has seen. The episode must be over. */
void rule_group_retire(struct rule_groups *set, struct rule_group *g);

#endif
