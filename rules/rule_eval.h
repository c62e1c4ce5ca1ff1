/*
 * rule_eval - one rule, watched over all its groups.
 *
 * Time is cut into steps. A record is counted in the step it fell into; at each step's end every
 * group that has something in its window is looked at (rule_episode.h). So when an alert fires or
 * clears depends on the records alone; ticks only say how soon it is told.
 *
 * An empty window is quiet: with nobody calling there is nothing to act on. But of an amount that
 * is held to be too little, nothing is the least: such a group is watched for days after its last
 * record, and ABSENCE fires then alone.
 *
 * Groups are bounded (rule_group.h). A step back in time within the window counts where it belongs;
 * one beyond it empties the windows and begins anew. After a long time without records nothing
 * changes any more, and steps are skipped: a jump by years costs no more than one by days.
 *
 * Ownership  rule_eval_new/free. The rule and the ids are borrowed and must outlive it.
 * Thread     One thread an instance.
 */
#ifndef RULES_RULE_EVAL_H
#define RULES_RULE_EVAL_H

#include "analyzer/record_id.h"
#include "rules/rule_episode.h"
#include "rules/rule_mute.h"
#include "rules/rule_past.h"

enum { RULE_GROUPS_MAX = 4096 };

/* Ids given out for one microsecond, shared by all rules of a set: 11 bits of hash alone would let
 * two alerts of the same instant collide. */
struct rule_alert_ids {
    int64_t us;
    uint64_t taken[(1 << RECORD_ID_HASH_BITS) / 64];
};

struct rule_eval_options {
    size_t max_groups;                  /* 0: RULE_GROUPS_MAX */
    const struct siphash_key *hash_key; /* of the table of groups; it does not change the alerts */
    struct rule_alert_ids *ids;
    rule_alert_fn alert;
    rule_baseline_fn baseline; /* NULL: nobody keeps them */
    void *ctx;
};

/* For the files of this room; others see the functions below. */
struct rule_eval {
    const struct rule *rule;
    struct rule_plan plan;
    struct rule_eval_options options;
    struct rule_groups groups;
    struct rule_window all; /* of all groups together, for SHARE */
    void *all_room;
    int64_t newest;     /* number of the newest step since 1970; −1 before the first */
    int64_t began_step; /* since when time goes on */
    int64_t idle_steps; /* since the last record */
    int64_t quarter;    /* of an hour, since 1970 */
    bool quarter_used;  /* something counted in it */
    uint64_t id_salt;
    struct rule_past past;
    struct rule_mute mute;
    struct rule_episode *first_episode, *last_episode;
    struct siphash_key hash_key;
    struct rule_key own_key, *key; /* of the record at hand; shared with rules that group alike */
    uint64_t record;               /* its number; 0: the key is always made anew */
    struct strbuf part;
    struct strbuf fields[RULE_GROUP_FIELDS_MAX], group, summary, description, calls, labels,
        search; /* of the alert being told */
    struct rule_set_stats stats;
};

/* 0 or −ENOMEM. */
int rule_eval_new(struct rule_eval **ep, const struct rule *rule,
                  const struct rule_eval_options *options);
void rule_eval_free(struct rule_eval *e);

/* The record is of the rule's type. */
void rule_eval_record(struct rule_eval *e, const void *record, int64_t now_ns);

/* The same for one of several rules that may share their keys: `number` is another for each record,
 * and not 0. */
void rule_eval_record_of(struct rule_eval *e, const void *record, uint64_t number, int64_t now_ns);

/* The key of its groups is that one from now on, or its own (NULL). */
void rule_eval_share_key(struct rule_eval *e, struct rule_key *key);
void rule_eval_tick(struct rule_eval *e, int64_t now_ns);

/* When a step ends that must be looked at; INT64_MAX: none does. And that one step. */
int64_t rule_eval_next_ns(const struct rule_eval *e);
void rule_eval_end_step(struct rule_eval *e);

/* now_ns: the packets' time. */
void rule_eval_history(struct rule_eval *e, const struct baseline_record *past, int64_t now_ns);

/* Every alert of it is over, since nobody looks any more. */
void rule_eval_end(struct rule_eval *e, int64_t now_ns, const char *why);

/* Added to *stats. */
void rule_eval_add_stats(const struct rule_eval *e, struct rule_set_stats *stats);

/* The same rule, group and instant give the same id, whatever the run's hash key. */
uint64_t rule_eval_take_id(struct rule_eval *e, const struct rule_group *g, int64_t time_ns);

#endif
