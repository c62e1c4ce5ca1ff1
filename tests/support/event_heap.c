#include "tests/support/event_heap.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHILDREN = 4, FIRST_ROOM = 1024 };

static bool before(const struct event *a, const struct event *b)
{
    return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->order < b->order);
}

/* Puts e where the hole at the root sinks to. */
static void sift_down(struct event_heap *h, struct event e)
{
    struct event *events = h->events;
    size_t hole = 0;

    for (;;) {
        size_t first = hole * CHILDREN + 1;
        size_t end = first + CHILDREN < h->count ? first + CHILDREN : h->count;
        size_t least = first;

        if (first >= h->count)
            break;
        for (size_t i = first + 1; i < end; i++) {
            if (before(&events[i], &events[least]))
                least = i;
        }
        if (!before(&events[least], &e))
            break;
        events[hole] = events[least];
        hole = least;
    }
    events[hole] = e;
}

void event_heap_push(struct event_heap *h, int64_t time_ns, struct actor *actor)
{
    struct event e = { time_ns, h->next_order++, actor };
    size_t hole = h->count;

    if (h->count == h->room) {
        size_t room = h->room ? h->room * 2 : FIRST_ROOM;
        struct event *events = realloc(h->events, room * sizeof(*events));

        if (!events) {
            fputs("earshot-traffic: no memory for more events\n", stderr);
            exit(71);
        }
        h->events = events;
        h->room = room;
    }
    h->count++;
    while (hole > 0 && before(&e, &h->events[(hole - 1) / CHILDREN])) {
        h->events[hole] = h->events[(hole - 1) / CHILDREN];
        hole = (hole - 1) / CHILDREN;
    }
    h->events[hole] = e;
}

bool event_heap_step(struct event_heap *h)
{
    struct event e;

    if (h->count == 0)
        return false;
    e = h->events[0];
    /* What it pushes is later than itself, in time or in order: the root stays the root. */
    e.time_ns = e.actor->run(e.actor, h->events[0].time_ns);
    if (e.time_ns != ACTOR_DONE) {
        assert(e.time_ns >= h->events[0].time_ns);
        e.order = h->next_order++;
        sift_down(h, e);
    } else if (--h->count > 0) {
        sift_down(h, h->events[h->count]);
    }
    return true;
}

void event_heap_fini(struct event_heap *h)
{
    free(h->events);
    *h = (struct event_heap){ 0 };
}
