/*
 * A list that grows at its head: put is an exchange of the head, take empties it at one go and turns
 * it round, so no item is ever looked at by two threads.
 *
 * Nobody sleeps on a full inbox: the taker says that it is about to sleep, then looks once more; who
 * puts something in looks at that word afterwards. One of the two sees the other.
 */
#include "storage/packets/inbox.h"

#include <errno.h>
#include <stddef.h>

int inbox_init(struct inbox *box)
{
    atomic_init(&box->newest, NULL);
    atomic_init(&box->sleeping, false);
    atomic_init(&box->closed, false);
    return sem_init(&box->woken, 0, 0) == 0 ? 0 : -errno;
}

void inbox_fini(struct inbox *box)
{
    sem_destroy(&box->woken);
}

static void wake(struct inbox *box)
{
    if (atomic_load(&box->sleeping) && atomic_exchange(&box->sleeping, false))
        sem_post(&box->woken);
}

void inbox_put(struct inbox *box, struct inbox_item *item)
{
    item->next = atomic_load_explicit(&box->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&box->newest, &item->next, item)) {
    }
    wake(box);
}

void inbox_close(struct inbox *box)
{
    atomic_store(&box->closed, true);
    wake(box);
}

static struct inbox_item *turn_round(struct inbox_item *newest)
{
    struct inbox_item *oldest = NULL;

    while (newest) {
        struct inbox_item *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void sleep_until_woken(struct inbox *box)
{
    atomic_store(&box->sleeping, true);
    if ((atomic_load(&box->newest) || atomic_load(&box->closed)) &&
        atomic_exchange(&box->sleeping, false))
        return;
    while (sem_wait(&box->woken) != 0 && errno == EINTR) {
    }
}

struct inbox_item *inbox_take(struct inbox *box)
{
    for (;;) {
        /* Closed is looked at first: what was put in before the close is then seen. */
        bool closed = atomic_load(&box->closed);
        struct inbox_item *newest = atomic_exchange(&box->newest, NULL);

        if (newest)
            return turn_round(newest);
        if (closed)
            return NULL;
        sleep_until_woken(box);
    }
}
