#include "analyzer/base/bqueue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct bqueue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_cond_t drained;
    void **items;
    size_t room, first, count;
    size_t sleepers; /* poppers waiting: nobody is signalled when nobody waits */
    uint64_t refused;
    bool closed;
};

int bqueue_new(struct bqueue **qp, size_t room)
{
    struct bqueue *q = calloc(1, sizeof *q);
    pthread_condattr_t monotonic;
    int err = -ENOMEM;

    if (!q)
        return err;
    q->items = calloc(room, sizeof *q->items);
    if (!q->items)
        goto free_queue;
    q->room = room;
    err = -pthread_mutex_init(&q->lock, NULL);
    if (err)
        goto free_items;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    err = -pthread_cond_init(&q->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (err)
        goto destroy_lock;
    err = -pthread_cond_init(&q->drained, NULL);
    if (err)
        goto destroy_filled;
    *qp = q;
    return 0;

destroy_filled:
    pthread_cond_destroy(&q->filled);
destroy_lock:
    pthread_mutex_destroy(&q->lock);
free_items:
    free(q->items);
free_queue:
    free(q);
    return err;
}

void bqueue_free(struct bqueue *q)
{
    if (!q)
        return;
    pthread_cond_destroy(&q->drained);
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
    free(q->items);
    free(q);
}

/* Under the lock. */
static bool add(struct bqueue *q, void *item)
{
    if (q->closed || q->count == q->room) {
        q->refused++;
        return false;
    }
    q->items[(q->first + q->count++) % q->room] = item;
    if (q->sleepers)
        pthread_cond_signal(&q->filled);
    return true;
}

bool bqueue_push(struct bqueue *q, void *item)
{
    bool taken;

    pthread_mutex_lock(&q->lock);
    taken = add(q, item);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

bool bqueue_push_wait(struct bqueue *q, void *item)
{
    bool taken;

    pthread_mutex_lock(&q->lock);
    while (q->count == q->room && !q->closed)
        pthread_cond_wait(&q->drained, &q->lock);
    taken = add(q, item);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

static void deadline_after(struct timespec *at, int timeout_ms)
{
    clock_gettime(CLOCK_MONOTONIC, at);
    at->tv_sec += timeout_ms / 1000;
    at->tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at->tv_nsec >= 1000000000) {
        at->tv_sec++;
        at->tv_nsec -= 1000000000;
    }
}

/* Under the lock. */
static void wait_filled(struct bqueue *q, int timeout_ms)
{
    struct timespec until;
    int err = 0;

    if (timeout_ms >= 0)
        deadline_after(&until, timeout_ms);
    q->sleepers++;
    while (q->count == 0 && !q->closed && err != ETIMEDOUT) {
        if (timeout_ms < 0)
            pthread_cond_wait(&q->filled, &q->lock);
        else
            err = pthread_cond_timedwait(&q->filled, &q->lock, &until);
    }
    q->sleepers--;
}

size_t bqueue_pop_batch(struct bqueue *q, void **items, size_t max, int timeout_ms)
{
    size_t n;

    pthread_mutex_lock(&q->lock);
    if (q->count == 0 && !q->closed && timeout_ms != 0)
        wait_filled(q, timeout_ms);
    for (n = 0; n < max && q->count; n++) {
        items[n] = q->items[q->first];
        q->first = (q->first + 1) % q->room;
        q->count--;
    }
    if (n)
        pthread_cond_broadcast(&q->drained);
    pthread_mutex_unlock(&q->lock);
    return n;
}

void bqueue_close(struct bqueue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->filled);
    pthread_cond_broadcast(&q->drained);
    pthread_mutex_unlock(&q->lock);
}

bool bqueue_is_closed(struct bqueue *q)
{
    bool closed;

    pthread_mutex_lock(&q->lock);
    closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

uint64_t bqueue_refused(struct bqueue *q)
{
    uint64_t refused;

    pthread_mutex_lock(&q->lock);
    refused = q->refused;
    pthread_mutex_unlock(&q->lock);
    return refused;
}

size_t bqueue_length(struct bqueue *q)
{
    size_t count;

    pthread_mutex_lock(&q->lock);
    count = q->count;
    pthread_mutex_unlock(&q->lock);
    return count;
}
