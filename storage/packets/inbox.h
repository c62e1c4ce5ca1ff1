/*
 * inbox - what other threads hand to one thread, without a lock.
 *
 * Whoever puts something in never waits for anybody: one exchange, and a wake-up if the thread sleeps.
 * How much may lie inside is the business of those who put it there.
 *
 * Ownership  An item belongs to the inbox from put until take.
 * Thread     inbox_put from any thread; inbox_take from one. Items of one thread keep their order.
 */
#ifndef STORAGE_PACKETS_INBOX_H
#define STORAGE_PACKETS_INBOX_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Stands at the head of what is handed over. */
struct inbox_item {
    struct inbox_item *next;
    uint8_t what; /* for those that hand over different things */
};

struct inbox {
    _Atomic(struct inbox_item *) newest;
    _Atomic bool sleeping, closed;
    sem_t woken;
};

int inbox_init(struct inbox *box);
void inbox_fini(struct inbox *box);

void inbox_put(struct inbox *box, struct inbox_item *item);

/* All that lies inside, oldest first, linked; waits for something. NULL: closed, and empty. */
struct inbox_item *inbox_take(struct inbox *box);

/* Nothing more will be put in. */
void inbox_close(struct inbox *box);

#endif
