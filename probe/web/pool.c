#include "probe/web/pool.h"

#include "analyzer/base/bqueue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * Both queues hold more than there can be connections, of which each has one exchange at most; so
 * only new requests are ever refused: beyond WAITING_MAX an answer would come too late to be of use.
 */
enum { THREADS_MAX = 8, WAITING_MAX = 64, QUEUE_ROOM = 2048 };

struct pool {
    struct pool_options options;
    struct bqueue *asked, *answered;
    struct api *apis[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    unsigned running;
};

struct worker {
    struct pool *pool;
    struct api *api;
};

static void *work(void *arg)
{
    struct worker me = *(struct worker *)arg;
    void *item;

    free(arg);
    while (bqueue_pop_batch(me.pool->asked, &item, 1, -1) == 1) {
        struct exchange *x = item;

        if (x->abandoned) {
            exchange_free(x);
            continue;
        }
        api_answer(me.api, x);
        if (!bqueue_push(me.pool->answered, x))
            exchange_free(x); /* closing down: nobody asks for it any more */
        me.pool->options.wake(me.pool->options.ctx);
    }
    return NULL;
}

static int start_thread(struct pool *p)
{
    struct worker *w = calloc(1, sizeof *w);
    int err = -ENOMEM;

    if (!w)
        return err;
    w->pool = p;
    err = api_open(&w->api, &p->options.api);
    if (err)
        goto free_worker;
    p->apis[p->running] = w->api;
    err = -pthread_create(&p->threads[p->running], NULL, work, w);
    if (err)
        goto close_api;
    p->running++;
    return 0;

close_api:
    api_close(w->api);
free_worker:
    free(w);
    return err;
}

static void free_all(struct bqueue *q)
{
    void *item;

    while (bqueue_pop_batch(q, &item, 1, 0) == 1)
        exchange_free(item);
}

void pool_stop(struct pool *p)
{
    if (!p)
        return;
    /* First emptied: nobody waits for these answers any more. */
    free_all(p->asked);
    bqueue_close(p->asked);
    for (unsigned i = 0; i < p->running; i++) {
        pthread_join(p->threads[i], NULL);
        api_close(p->apis[i]);
    }
    free_all(p->asked);
    free_all(p->answered);
    bqueue_free(p->asked);
    bqueue_free(p->answered);
    free(p);
}

int pool_start(struct pool **pp, const struct pool_options *options)
{
    struct pool *p = calloc(1, sizeof *p);
    int err = -ENOMEM;

    if (!p)
        return err;
    p->options = *options;
    err = bqueue_new(&p->asked, QUEUE_ROOM);
    if (err)
        goto free_pool;
    err = bqueue_new(&p->answered, QUEUE_ROOM);
    if (err)
        goto free_asked;
    for (unsigned i = 0; i < options->threads && i < THREADS_MAX; i++) {
        err = start_thread(p);
        if (err) {
            pool_stop(p);
            return err;
        }
    }
    *pp = p;
    return 0;

free_asked:
    bqueue_free(p->asked);
free_pool:
    free(p);
    return err;
}

bool pool_push(struct pool *p, struct exchange *x)
{
    return bqueue_length(p->asked) < WAITING_MAX && bqueue_push(p->asked, x);
}

bool pool_push_more(struct pool *p, struct exchange *x)
{
    return bqueue_push(p->asked, x);
}

struct exchange *pool_pop(struct pool *p)
{
    void *item;

    return bqueue_pop_batch(p->answered, &item, 1, 0) == 1 ? item : NULL;
}
