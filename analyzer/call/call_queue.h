/*
 * call_queue - which open call is let go when there are too many: the one with which least is lost.
 *
 * First those that are over and wait for late copies, then those that nobody answers, then those that
 * ring; of each the oldest. A call in which somebody talks stands in no queue: it is never let go for
 * one that nobody has answered. All that in constant time, for whoever floods the probe pays nothing.
 *
 * Invariants
 *   1. An open call stands in one queue, or is talked in.
 *   2. A call is filed anew when its state changes; one that is found in the wrong queue is moved on.
 *
 * Ownership  Links are embedded in the calls.
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_CALL_CALL_QUEUE_H
#define ANALYZER_CALL_CALL_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct call;

/* In the order in which they are let go. */
enum call_class { CALL_CLASS_OVER, CALL_CLASS_TRYING, CALL_CLASS_RINGING, CALL_QUEUES };

struct call_queue_link {
    struct call *older, *newer;
    uint8_t queue; /* enum call_class + 1; 0: in none */
};

struct call_queues {
    struct {
        struct call *oldest, *newest;
    } queues[CALL_QUEUES];
    size_t count; /* in all of them */
};

/* Into the queue of its state, at the end; where it stands already it keeps its place. */
void call_queue_file(struct call_queues *q, struct call *call);
void call_queue_leave(struct call_queues *q, struct call *call);

/* The next to go, borrowed; NULL: all are talked in. */
struct call *call_queue_victim(struct call_queues *q);

#endif
