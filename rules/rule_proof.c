#include "rules/rule_proof.h"

#include <stdlib.h>

struct rule_proof *rule_proof_new(int64_t step)
{
    struct rule_proof *proof = calloc(1, sizeof *proof);

    if (proof)
        proof->turn_step = step;
    return proof;
}

void rule_proof_free(struct rule_proof *proof)
{
    if (!proof)
        return;
    for (size_t i = 0; i < RULE_TOP_MAX; i++)
        rule_top_fini(&proof->tops[i]);
    free(proof);
}

static void turn_tops(struct rule_proof *proof, const struct rule_plan *plan, int64_t step)
{
    int64_t since = step - proof->turn_step;

    if (since < plan->steps && since >= 0)
        return;
    for (size_t i = 0; i < plan->rule->top_count; i++) {
        rule_top_turn(&proof->tops[i]);
        if (since >= 2 * plan->steps)
            rule_top_turn(&proof->tops[i]);
    }
    proof->turn_step = step;
}

static void add_id(struct rule_proof *proof, uint64_t id, int64_t step)
{
    size_t at = proof->added++ % RULE_EVIDENCE_MAX;

    proof->ids[at] = id;
    proof->steps[at] = (uint32_t)step;
}

void rule_proof_add(struct rule_proof *proof, const struct rule_plan *plan, const void *record,
                    int64_t step, struct strbuf *room)
{
    const struct rule *rule = plan->rule;

    if (plan->proof) {
        uint64_t id = *(const uint64_t *)record_at(record, plan->proof);

        if (id)
            add_id(proof, id, step);
    }
    turn_tops(proof, plan, step);
    for (size_t i = 0; i < rule->top_count; i++) {
        struct slice key;

        strbuf_reset(room);
        key = rule_field_key(&rule->top[i], record, room);
        if (key.p)
            rule_top_add(&proof->tops[i], key);
    }
}

static bool has(const uint64_t *ids, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

size_t rule_proof_ids(const struct rule_proof *proof, const struct rule_plan *plan, int64_t newest,
                      uint64_t out[RULE_EVIDENCE_MAX])
{
    uint64_t kept = proof->added < RULE_EVIDENCE_MAX ? proof->added : RULE_EVIDENCE_MAX;
    size_t n = 0;

    for (uint64_t i = 1; i <= kept; i++) {
        size_t at = (proof->added - i) % RULE_EVIDENCE_MAX;

        if (proof->steps[at] > newest - plan->steps && !has(out, n, proof->ids[at]))
            out[n++] = proof->ids[at];
    }
    return n;
}

size_t rule_proof_top(const struct rule_proof *proof, const struct rule_plan *plan, size_t which,
                      int64_t newest, struct rule_top_value out[RULE_TOP_TOLD])
{
    int64_t since = newest - proof->turn_step + 1;
    double share = 1 - (double)since / (double)plan->steps;

    return rule_top_read(&proof->tops[which], share > 0 ? share : 0, out);
}

size_t rule_proof_bytes(const struct rule_proof *proof)
{
    size_t bytes = sizeof *proof;

    for (size_t i = 0; i < RULE_TOP_MAX; i++)
        bytes += proof->tops[i].room * sizeof *proof->tops[i].counters;
    return bytes;
}
