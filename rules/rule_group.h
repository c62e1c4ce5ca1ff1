/*
 * rule_group - the groups of one rule: found by key, kept in order of use, bounded.
 *
 * A group is active while its window holds anything or its alert is not over; the others are idle
 * and may be reused for a new key, the longest idle first. When all are active, a newcomer that
 * comes more often than one of them takes its place: the largest stay.
 *
 * A group holds only what its rule asks for, in one block; what only few need is apart.
 *
 * Ownership  rule_group_set_init/fini; groups belong to the set. A group's pointer is good until
 *            another group is taken.
 */
#ifndef RULES_RULE_GROUP_H
#define RULES_RULE_GROUP_H

#include "analyzer/base/table.h"
#include "rules/rule_distinct.h"
#include "rules/rule_histogram.h"
#include "rules/rule_key.h"
#include "rules/rule_proof.h"
#include "rules/rule_series.h"
#include "rules/rule_window.h"

struct rule_episode;

/* Of the newest record: what LAST, GROWTH, REMAINING and ABSENCE rest on. */
struct rule_newest {
    double value, per;
    int64_t time_ns; /* RECORD_NONE: there was none */
    uint64_t seen;   /* records ever */
};

struct rule_group {
    struct rule_group *before, *after;
    uint64_t hash;
    struct rule_window window;
    struct rule_series series;
    struct rule_histogram *histogram; /* NULL: the rule asks for none; so the next three */
    struct rule_distinct *distinct;
    struct rule_newest *newest;
    struct rule_normal *normal;
    struct rule_proof *proof;     /* NULL: nothing bad yet */
    struct rule_episode *episode; /* NULL: it is quiet */
    int64_t known_step;           /* since when the group is known */
    int64_t used_step;            /* of its last record */
    int64_t over_ns;              /* when its last alert was over; RECORD_NONE: there was none */
    uint16_t flaps;               /* of that */
    bool active;
    bool is_other; /* all those that found no room */
    struct slice key;
};

struct rule_group_list {
    struct rule_group *first, *last; /* first: the one there the longest */
};

enum { RULE_CROWD_SEATS = 64 };

/* Those that found no room, the most frequent of them (Space-Saving). */
struct rule_crowd {
    int64_t since_step;
    struct {
        uint64_t hash;
        uint32_t count, error;
    } seats[RULE_CROWD_SEATS];
};

struct rule_groups {
    const struct rule_plan *plan;
    struct table by_key;
    struct rule_group_list active, idle;
    struct rule_group *hand;  /* where the search for a small one goes on; NULL: at the first */
    struct rule_group *other; /* NULL: there was room for all */
    struct rule_crowd *crowd; /* NULL alike */
    size_t block_bytes;       /* of a group, without its key */
};

/* 0 or −ENOMEM. */
int rule_group_set_init(struct rule_groups *set, size_t max_groups, const struct rule_plan *plan);
void rule_group_set_fini(struct rule_groups *set);

/* The group of that key and its hash (rule_key.h), made if need be; `other` when every group is in use
 * (NULL without memory for it). */
struct rule_group *rule_group_take(struct rule_groups *set, struct slice key, uint64_t hash,
                                   int64_t step);

void rule_group_activate(struct rule_groups *set, struct rule_group *g);
/* Forgets what its window has seen. The episode must be over. */
void rule_group_retire(struct rule_groups *set, struct rule_group *g);
/* The window is empty, of another time. */
void rule_group_clear(const struct rule_groups *set, struct rule_group *g);
/* By one step; `step` becomes the newest. */
void rule_group_slide(struct rule_group *g, int64_t step);

/* The part of the group's key that is the field of that number; absent: the records do not know it. */
struct slice rule_group_part(const struct rule_group *g, size_t which);
/* On the heap, at the moment. */
size_t rule_group_set_bytes(const struct rule_groups *set);

#endif
