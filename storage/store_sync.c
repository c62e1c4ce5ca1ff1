#include "storage/store_sync.h"

#include "analyzer/base/log.h"
#include "storage/packets/packet_log.h"
#include "storage/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct store_sync {
    struct writer *writer;
    struct packet_log *log;
    int64_t every_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    bool failing; /* the thread's own */
};

static void note_synced(void *ctx, int32_t day, uint8_t kind, uint32_t segment, uint64_t end)
{
    struct store_sync *s = ctx;

    writer_note_synced(s->writer, day, kind, segment, end);
}

static void sync_once(struct store_sync *s)
{
    int err = packet_log_sync(s->log, note_synced, s), rows = writer_sync(s->writer);

    err = err ? err : rows;
    if (err && !s->failing)
        log_error(
            "store: the disk does not take what is stored: %s; after a power cut the last of it "
            "may be missing",
            strerror(-err));
    else if (!err && s->failing)
        log_warn("store: the disk takes what is stored again");
    s->failing = err != 0;
}

/* False: it is time to stop. */
static bool wait_for_turn(struct store_sync *s)
{
    struct timespec until;
    bool go_on;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(s->every_ms / 1000);
    until.tv_nsec += (long)(s->every_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && pthread_cond_timedwait(&s->stop, &s->lock, &until) == 0)
        ;
    go_on = !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

static void *sync_loop(void *ctx)
{
    struct store_sync *s = ctx;

    while (wait_for_turn(s))
        sync_once(s);
    return NULL;
}

/* A condition that waits by a clock that nobody sets. */
static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int err = -pthread_condattr_init(&attributes);

    if (err)
        return err;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    err = -pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return err;
}

int store_sync_start(struct store_sync **sp, struct writer *writer, struct packet_log *log,
                     int64_t every_ms)
{
    struct store_sync *s;
    int err;

    *sp = NULL;
    if (every_ms <= 0)
        return 0;
    s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->writer = writer;
    s->log = log;
    s->every_ms = every_ms;
    err = -pthread_mutex_init(&s->lock, NULL);
    if (err)
        goto free_sync;
    err = init_condition(&s->stop);
    if (err)
        goto destroy_lock;
    err = -pthread_create(&s->thread, NULL, sync_loop, s);
    if (err)
        goto destroy_condition;
    *sp = s;
    return 0;

destroy_condition:
    pthread_cond_destroy(&s->stop);
destroy_lock:
    pthread_mutex_destroy(&s->lock);
free_sync:
    free(s);
    return err;
}

void store_sync_stop(struct store_sync *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->stop);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->stop);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
