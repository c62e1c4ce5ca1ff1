/*
 * bqueue - a bounded queue of pointers between threads.
 *
 * Ownership  An item belongs to the queue from a push that says true until it is popped.
 * Thread     Any number of pushers and poppers.
 * Overload is a number: a push that finds no room is refused and counted, or waits, as asked.
 */
#ifndef ANALYZER_BASE_BQUEUE_H
#define ANALYZER_BASE_BQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bqueue;

/* 0, or −errno with *qp untouched. */
int bqueue_new(struct bqueue **qp, size_t room);
/* Items still inside are the caller's to pop first. */
void bqueue_free(struct bqueue *q);

/* False when it is full or closed: the item stays the caller's, and `refused` counts it. */
bool bqueue_push(struct bqueue *q, void *item);
/* Waits for room; false only when closed. For sources that can wait, like a file. */
bool bqueue_push_wait(struct bqueue *q, void *item);

/* Waits up to timeout_ms (−1: for ever) for the first item, then takes what is there, at most max.
 * 0 means closed and empty, or the time is up. */
size_t bqueue_pop_batch(struct bqueue *q, void **items, size_t max, int timeout_ms);

/* No more pushes; poppers drain what is left. */
void bqueue_close(struct bqueue *q);
bool bqueue_is_closed(struct bqueue *q);
uint64_t bqueue_refused(struct bqueue *q);
size_t bqueue_length(struct bqueue *q);

#endif
