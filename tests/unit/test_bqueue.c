/*
 * test_bqueue - every item once, in order, whoever waits; refusals counted.
 */
#include "analyzer/base/bqueue.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { PUSHERS = 3, POPPERS = 2, ITEMS_EACH = 5000, ROOM = 64 };

struct item {
    unsigned pusher, number;
};

static void one_thread_sees_a_queue(void **state)
{
    struct bqueue *q = NULL;
    int items[10];
    void *out[10];

    (void)state;
    assert_int_equal(bqueue_new(&q, 4), 0);
    assert_int_equal(bqueue_pop_batch(q, out, 10, 0), 0);
    for (int round = 0; round < 5; round++) { /* around the ring */
        for (int i = 0; i < 3; i++)
            assert_true(bqueue_push(q, &items[i]));
        assert_int_equal(bqueue_length(q), 3);
        assert_int_equal(bqueue_pop_batch(q, out, 2, 0), 2);
        assert_ptr_equal(out[0], &items[0]);
        assert_ptr_equal(out[1], &items[1]);
        assert_int_equal(bqueue_pop_batch(q, out, 10, -1), 1);
        assert_ptr_equal(out[0], &items[2]);
    }
    for (int i = 0; i < 6; i++)
        assert_int_equal(bqueue_push(q, &items[i]), i < 4);
    assert_int_equal(bqueue_refused(q), 2);
    assert_false(bqueue_is_closed(q));
    bqueue_close(q);
    assert_true(bqueue_is_closed(q));
    assert_false(bqueue_push(q, &items[0]));
    assert_false(bqueue_push_wait(q, &items[0])); /* full and closed: no wait */
    assert_int_equal(bqueue_refused(q), 4);
    assert_int_equal(bqueue_pop_batch(q, out, 10, -1), 4); /* what is left is drained */
    assert_int_equal(bqueue_pop_batch(q, out, 10, -1), 0);
    bqueue_free(q);
    bqueue_free(NULL);
}

static void waiting_has_an_end(void **state)
{
    struct bqueue *q = NULL;
    struct timespec before, after;
    void *out[1];
    double waited_ms;

    (void)state;
    assert_int_equal(bqueue_new(&q, 1), 0);
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(bqueue_pop_batch(q, out, 1, 30), 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    waited_ms = (double)(after.tv_sec - before.tv_sec) * 1e3 +
                (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    assert_true(waited_ms >= 29);
    bqueue_free(q);
}

struct crowd {
    struct bqueue *q;
    unsigned pusher;
    bool wait;
    uint64_t pushed, popped, refused;
};

static void *push_all(void *arg)
{
    struct crowd *c = arg;

    for (unsigned i = 0; i < ITEMS_EACH; i++) {
        struct item *item = malloc(sizeof *item);

        if (!item)
            abort();
        *item = (struct item){ c->pusher, i };
        if (c->wait ? bqueue_push_wait(c->q, item) : bqueue_push(c->q, item)) {
            c->pushed++;
        } else {
            c->refused++;
            free(item);
        }
    }
    return NULL;
}

/* Numbers of one pusher must come in order, as far as one popper sees them. */
static void *pop_all(void *arg)
{
    struct crowd *c = arg;
    unsigned next[PUSHERS] = { 0 };
    void *items[16];
    size_t n;

    while ((n = bqueue_pop_batch(c->q, items, 16, -1)) > 0) {
        for (size_t i = 0; i < n; i++) {
            struct item *item = items[i];

            if (item->number < next[item->pusher])
                abort();
            next[item->pusher] = item->number + 1;
            free(item);
        }
        c->popped += n;
    }
    return NULL;
}

static void run_crowd(bool wait)
{
    struct crowd pushers[PUSHERS], poppers[POPPERS];
    pthread_t push_threads[PUSHERS], pop_threads[POPPERS];
    uint64_t pushed = 0, popped = 0, refused = 0;
    struct bqueue *q = NULL;

    assert_int_equal(bqueue_new(&q, ROOM), 0);
    for (unsigned i = 0; i < POPPERS; i++) {
        poppers[i] = (struct crowd){ .q = q };
        assert_int_equal(pthread_create(&pop_threads[i], NULL, pop_all, &poppers[i]), 0);
    }
    for (unsigned i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct crowd){ .q = q, .pusher = i, .wait = wait };
        assert_int_equal(pthread_create(&push_threads[i], NULL, push_all, &pushers[i]), 0);
    }
    for (unsigned i = 0; i < PUSHERS; i++) {
        pthread_join(push_threads[i], NULL);
        pushed += pushers[i].pushed;
        refused += pushers[i].refused;
    }
    bqueue_close(q);
    for (unsigned i = 0; i < POPPERS; i++) {
        pthread_join(pop_threads[i], NULL);
        popped += poppers[i].popped;
    }
    assert_int_equal(pushed, popped);
    assert_int_equal(pushed + refused, PUSHERS * ITEMS_EACH);
    assert_int_equal(bqueue_refused(q), refused);
    if (wait)
        assert_int_equal(refused, 0);
    bqueue_free(q);
}

static void threads_lose_nothing_that_was_taken(void **state)
{
    (void)state;
    run_crowd(true);
    run_crowd(false);
}

static void *close_soon(void *arg)
{
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    bqueue_close(arg);
    return NULL;
}

static void closing_wakes_who_waits(void **state)
{
    struct bqueue *q = NULL;
    pthread_t closer;
    void *out[1];
    int item;

    (void)state;
    assert_int_equal(bqueue_new(&q, 1), 0);
    assert_int_equal(pthread_create(&closer, NULL, close_soon, q), 0);
    assert_int_equal(bqueue_pop_batch(q, out, 1, -1), 0);
    pthread_join(closer, NULL);
    bqueue_free(q);

    assert_int_equal(bqueue_new(&q, 1), 0);
    assert_true(bqueue_push(q, &item));
    assert_int_equal(pthread_create(&closer, NULL, close_soon, q), 0);
    assert_false(bqueue_push_wait(q, &item));
    pthread_join(closer, NULL);
    bqueue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_sees_a_queue),
        cmocka_unit_test(waiting_has_an_end),
        cmocka_unit_test(threads_lose_nothing_that_was_taken),
        cmocka_unit_test(closing_wakes_who_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
