/*
 * rule_proof - the newest bad calls of a group, and what its bad records had most of.
 *
 * Only a group that has bad records has one.
 *
 * Ownership  rule_proof_new/free.
 */
#ifndef RULES_RULE_PROOF_H
#define RULES_RULE_PROOF_H

#include "rules/rule_plan.h"
#include "rules/rule_top.h"

enum { RULE_EVIDENCE_MAX = 20 };

struct rule_proof {
    uint64_t added;    /* ids ever; where the ring goes on */
    int64_t turn_step; /* when the counters of `tops` turned last */
    uint64_t ids[RULE_EVIDENCE_MAX];
    uint32_t steps[RULE_EVIDENCE_MAX];
    struct rule_top tops[RULE_TOP_MAX];
};

/* NULL without memory. */
struct rule_proof *rule_proof_new(int64_t step);
void rule_proof_free(struct rule_proof *proof);

/* A record that matches; `room` is for its texts. */
void rule_proof_add(struct rule_proof *proof, const struct rule_plan *plan, const void *record,
                    int64_t step, struct strbuf *room);

/* The ids of the window whose newest step that is, newest first, each once. */
size_t rule_proof_ids(const struct rule_proof *proof, const struct rule_plan *plan, int64_t newest,
                      uint64_t out[RULE_EVIDENCE_MAX]);

/* What came most often, for the top field of that number. */
size_t rule_proof_top(const struct rule_proof *proof, const struct rule_plan *plan, size_t which,
                      int64_t newest, struct rule_top_value out[RULE_TOP_TOLD]);

size_t rule_proof_bytes(const struct rule_proof *proof);

#endif
