/*
 * event_heap - who acts next: everything that happens, in order of time.
 *
 * A heap with four children a node (half the depth of a binary one). Two events at the same
 * nanosecond run in the order in which they were put in, so a run repeats itself exactly.
 *
 * Ownership  Borrows the actors. An actor that says ACTOR_DONE is not touched again, so it may free
 *            itself.
 * Errors     No memory ends the program.
 */
#ifndef TESTS_SUPPORT_EVENT_HEAP_H
#define TESTS_SUPPORT_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACTOR_DONE INT64_MIN

/* First member of everything that acts. */
struct actor {
    /* Acts at its time; answers when it wants to act again, not before now, or ACTOR_DONE. */
    int64_t (*run)(struct actor *self, int64_t now_ns);
};

struct event {
    int64_t time_ns;
    uint64_t order;
    struct actor *actor;
};

struct event_heap {
    struct event *events;
    size_t count, room;
    uint64_t next_order;
};

void event_heap_push(struct event_heap *h, int64_t time_ns, struct actor *actor);
/* Runs the next actor; false when there is none. */
bool event_heap_step(struct event_heap *h);
void event_heap_fini(struct event_heap *h);

#endif
