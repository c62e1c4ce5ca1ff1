#include "analyzer/call/call_queue.h"

#include "analyzer/call/call.h"

/* CALL_QUEUES: in none. */
static enum call_class class_of(const struct call *call)
{
    switch ((enum call_state)call->state) {
    case CALL_TRYING:
        return CALL_CLASS_TRYING;
    case CALL_RINGING:
        return CALL_CLASS_RINGING;
    case CALL_IN_CALL:
        return CALL_QUEUES;
    default:
        return CALL_CLASS_OVER;
    }
}

void call_queue_leave(struct call_queues *q, struct call *call)
{
    struct call_queue_link *link = &call->queue;
    unsigned at = link->queue;

    if (at == 0)
        return;
    if (link->older)
        link->older->queue.newer = link->newer;
    else
        q->queues[at - 1].oldest = link->newer;
    if (link->newer)
        link->newer->queue.older = link->older;
    else
        q->queues[at - 1].newest = link->older;
    *link = (struct call_queue_link){ NULL, NULL, 0 };
    q->count--;
}

void call_queue_file(struct call_queues *q, struct call *call)
{
    enum call_class at = class_of(call);
    struct call *before;

    if (call->queue.queue == (at == CALL_QUEUES ? 0 : at + 1u))
        return;
    call_queue_leave(q, call);
    if (at == CALL_QUEUES)
        return;
    before = q->queues[at].newest;
    call->queue = (struct call_queue_link){ before, NULL, (uint8_t)(at + 1) };
    if (before)
        before->queue.newer = call;
    else
        q->queues[at].oldest = call;
    q->queues[at].newest = call;
    q->count++;
}

struct call *call_queue_victim(struct call_queues *q)
{
    for (unsigned at = 0; at < CALL_QUEUES; at++) {
        struct call *call;

        while ((call = q->queues[at].oldest) != NULL) {
            if (class_of(call) == at)
                return call;
            call_queue_file(q, call); /* its state changed, and nobody said so */
        }
    }
    return NULL;
}
