#include "analyzer/call/branch.h"

#include "analyzer/call/call.h"
#include "analyzer/call/history.h"

struct call_branch *branch_find(const struct call *call, struct slice tag)
{
    /* What is kept of a tag may be cut. */
    if (tag.len > CALL_TEXT_MAX_BYTES)
        tag.len = CALL_TEXT_MAX_BYTES;
    for (struct call_branch *b = call->branches; tag.len && b; b = b->next) {
        if (slice_eq(b->tag, tag))
            return b;
    }
    return NULL;
}

/* A transaction gets one final answer: where one failed that had rung under another tag, a proxy
 * gathered the answers and speaks for itself. */
static bool is_of_proxy(const struct call *call, const struct call_branch *branch)
{
    if (branch->is & (BRANCH_EARLY | BRANCH_ANSWERED))
        return false;
    for (const struct call_branch *b = call->branches; b; b = b->next) {
        if (b != branch && b->is & BRANCH_COUNTS && b->invite_cseq == branch->invite_cseq &&
            b->via == branch->via)
            return true;
    }
    return false;
}

static struct call_branch *add(struct call *call, struct slice tag, struct counters *counters)
{
    struct call_branch *branch = NULL;

    if (call->branch_count < CALL_BRANCHES_MAX)
        branch = arena_take(&call->arena, sizeof *branch);
    if (!branch) {
        counters->refusals[REFUSAL_BRANCHES]++;
        return NULL;
    }
    *branch = (struct call_branch){ .next = call->branches, .answer_time = RECORD_NONE };
    branch->tag = call_keep(call, tag, CALL_TEXT_MAX_BYTES, counters);
    call->branches = branch;
    call->branch_count++;
    return branch;
}

struct call_branch *branch_take(struct call *call, struct slice tag, uint32_t invite_cseq,
                                uint32_t via, enum branch_is is, int64_t time_ns,
                                struct counters *counters)
{
    struct call_branch *branch = branch_find(call, tag);

    if (tag.len == 0)
        return NULL;
    if (!branch)
        branch = add(call, tag, counters);
    if (!branch)
        return NULL;
    if (branch->invite_cseq != invite_cseq || branch->is == 0) { /* it rings anew */
        branch->invite_cseq = invite_cseq;
        branch->via = via;
        branch->is &= (uint8_t)~BRANCH_COUNTS;
    }
    branch->is |= (uint8_t)is;
    if (is == BRANCH_ANSWERED && branch->answer_time == RECORD_NONE)
        branch->answer_time = time_ns;
    if (!(branch->is & BRANCH_COUNTS) && !is_of_proxy(call, branch)) {
        branch->is |= BRANCH_COUNTS;
        if (branch_count(call) > 1)
            history_note(call, HISTORY_BRANCH, time_ns, SIDE_CALLEE + 1, tag, counters);
    }
    return branch;
}

unsigned branch_count(const struct call *call)
{
    unsigned count = 0;

    for (const struct call_branch *b = call->branches; b; b = b->next)
        count += b->is & BRANCH_COUNTS && b->invite_cseq == call->invite_cseq;
    return count;
}

bool branch_is_ringing(const struct call *call)
{
    for (const struct call_branch *b = call->branches; b; b = b->next) {
        if ((b->is & (BRANCH_EARLY | BRANCH_ANSWERED | BRANCH_FAILED)) == BRANCH_EARLY)
            return true;
    }
    return false;
}

struct call_branch *branch_find_talking(const struct call *call, const struct call_branch *but)
{
    for (struct call_branch *b = call->branches; b; b = b->next) {
        if (b != but && (b->is & (BRANCH_ANSWERED | BRANCH_ACKED | BRANCH_HUNG_UP)) ==
                            (BRANCH_ANSWERED | BRANCH_ACKED))
            return b;
    }
    return NULL;
}
