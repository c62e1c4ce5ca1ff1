/*
 * rule_eval - one rule, watched over all its groups.
 *
 * Time is cut into steps. A record is counted in the step it fell into; at each step's end every
 * group that has something in its window is looked at. So when an alert fires or clears depends on
 * the records alone; ticks only say how soon it is told.
 *
 *   QUIET   -> PENDING  the condition holds (samples, matches and measure all reach their mark)
 *   PENDING -> QUIET    it does not, at the end of a step
 *   PENDING -> FIRING   it has held for `for`: the alert is told, its evidence frozen
 *   FIRING  -> QUIET    the measure was below `clear.below` at every step's end for `clear.for`:
 *                       told as resolved, under the same id
 *
 * An empty window is below anything: with nobody calling there is nothing to act on.
 *
 * Groups are bounded: those with an empty window are reused, the longest idle first; a new group
 * that finds none is counted as refused. A step back in time within the window counts where it
 * belongs; one beyond it empties the windows and begins anew.
 *
 * Ownership  rule_eval_new/free. The rule and the names are borrowed and must outlive it.
 * Thread     One thread an instance.
 */
#ifndef RULES_RULE_EVAL_H
#define RULES_RULE_EVAL_H

#include "analyzer/base/siphash.h"
#include "analyzer/record_id.h"
#include "rules/rule.h"

enum { RULE_GROUPS_MAX = 4096, RULE_EVIDENCE_MAX = 20 };

/* Ids given out for one microsecond, shared by all rules of a set: 11 bits of hash alone would let
 * two alerts of the same instant collide. */
struct rule_alert_ids {
    int64_t us;
    uint64_t taken[(1 << RECORD_ID_HASH_BITS) / 64];
};

struct rule_eval;

/* 0 or −ENOMEM. hash_key: of the table of groups; it does not change the alerts. */
int rule_eval_new(struct rule_eval **ep, const struct rule *rule, size_t max_groups,
                  const struct siphash_key *hash_key, struct rule_alert_ids *ids,
                  rule_alert_fn alert, void *ctx);
void rule_eval_free(struct rule_eval *e);

/* The record is of the rule's type. */
void rule_eval_record(struct rule_eval *e, const void *record, int64_t now_ns);
void rule_eval_tick(struct rule_eval *e, int64_t now_ns);

/* Added to *stats. */
void rule_eval_add_stats(const struct rule_eval *e, struct rule_set_stats *stats);

#endif
