/*
 * recency - things in order of when they were last touched, those that proved something apart.
 *
 * Room is made at the expense of the one longest silent that never succeeded: a flood of invented
 * users or hosts does not push out those that are real.
 *
 * Ownership  Links are embedded in their items.
 */
#ifndef ANALYZER_PEER_RECENCY_H
#define ANALYZER_PEER_RECENCY_H

#include <stdbool.h>
#include <stddef.h>

struct recency_link {
    struct recency_link *next, *prev;
};

struct recency {
    struct recency_link tried, proven; /* heads: next is the longest silent */
};

static inline void recency_init(struct recency *r)
{
    r->tried.next = r->tried.prev = &r->tried;
    r->proven.next = r->proven.prev = &r->proven;
}

static inline void recency_take_out(struct recency_link *link)
{
    if (!link->next)
        return;
    link->next->prev = link->prev;
    link->prev->next = link->next;
    link->next = link->prev = NULL;
}

/* The newest of its kind now. */
static inline void recency_touch(struct recency *r, struct recency_link *link, bool proven)
{
    struct recency_link *head = proven ? &r->proven : &r->tried;

    recency_take_out(link);
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/* Who makes room for one more; NULL: nobody, as all there are proved more than the new one does. */
static inline struct recency_link *recency_victim(struct recency *r, bool for_proven)
{
    if (r->tried.next != &r->tried)
        return r->tried.next;
    return for_proven && r->proven.next != &r->proven ? r->proven.next : NULL;
}

/* Any, those that proved nothing first; NULL: none is left. For the end. */
static inline struct recency_link *recency_any(struct recency *r)
{
    return recency_victim(r, true);
}

#endif
