/*
 * rule_mute - one alert explains another: while the parent fires, nobody is told of the child.
 *
 * A parent explains a child when each of its group fields that the child has too, by the same name
 * or one that means the same (trunk, trunk_in, trunk_out; target, dst.ip …), has the same value, and
 * there is at least one; or when the parent has no groups: then it is about everything. A group
 * `other` neither explains nor is explained.
 *
 * When the parent is over, its children get their window and their `clear.for` to follow: what
 * still fires then is told as its own trouble.
 *
 * Ownership  Links of a rule_set; rule_mute_fini frees them, not what they point to.
 */
#ifndef RULES_RULE_MUTE_H
#define RULES_RULE_MUTE_H

#include "rules/rule.h"

struct rule_eval;
struct rule_episode;
struct rule_group;

struct rule_mute {
    struct rule_eval *parents[RULE_MUTED_BY_MAX];
    size_t parent_count;
    struct rule_eval **children;
    size_t child_count, child_room;
};

void rule_mute_fini(struct rule_mute *m);

/* Links each of these by the names in its muted_by; what is linked already is forgotten. 0 or −ENOMEM. */
int rule_mute_link(struct rule_eval *const *evals, size_t count);

/* The alert that explains the group's just now; 0: none. */
uint64_t rule_mute_find(const struct rule_eval *child, const struct rule_group *g);

/* The episode has begun to fire: children that fired within its window are told as muted. */
void rule_mute_begin(const struct rule_eval *parent, const struct rule_episode *ep, int64_t now_ns);

/* It is over: its children's time to follow begins. */
void rule_mute_end(const struct rule_eval *parent, const struct rule_episode *ep, int64_t now_ns);

#endif
