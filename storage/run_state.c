/*
 * A commit is an append to the WAL, which the kernel writes when it likes. To have it written, its
 * file is opened by name and synced: the locks of SQLite lie in other files, so closing it again costs
 * none of them.
 */
#include "storage/run_state.h"

#include "analyzer/base/log.h"
#include "storage/day_db.h"
#include "storage/dead_run.h"
#include "storage/run_mark.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAYS_OPEN_MAX = 8 };

struct run_day {
    int32_t day;
    bool is_new; /* its names are not known to be on the disk */
};

struct run_state {
    const char *store_dir;
    pthread_mutex_t lock;
    struct run_mark mark;
    struct run_day open[DAYS_OPEN_MAX];
    size_t open_count;
    bool changed;              /* the mark, since it was written */
    bool told;                 /* that it cannot be written */
    _Atomic uint64_t failures; /* asked for by who may not wait for the lock */
};

static void tell(struct run_state *r, int err)
{
    if (err && !r->told)
        log_warn("store: cannot write %s/RUNNING: %s; should this run die, the next will not know",
                 r->store_dir, strerror(-err));
    r->told = err != 0;
}

/* What could not be settled is of this run from now on. */
static void settle(struct run_state *r)
{
    struct run_mark left;
    int err = run_mark_read(&left, r->store_dir);

    if (err == -ENOENT)
        return;
    if (err) {
        log_warn("store: %s/RUNNING, which a dead run left, makes no sense: the newest days are "
                 "looked at",
                 r->store_dir);
        err = dead_run_guess(r->store_dir, &left);
    }
    if (err) {
        log_error("store: cannot look for what a dead run left: %s", strerror(-err));
        return;
    }
    dead_run_settle(r->store_dir, &left);
    free(r->mark.days);
    r->mark.days = left.days;
    r->mark.count = left.count;
    r->mark.room = left.room;
}

int run_state_open(struct run_state **rp, const char *store_dir)
{
    struct run_state *r = calloc(1, sizeof *r);
    int err;

    if (!r)
        return -ENOMEM;
    err = -pthread_mutex_init(&r->lock, NULL);
    if (err) {
        free(r);
        return err;
    }
    r->store_dir = store_dir;
    run_mark_init(&r->mark);
    settle(r);
    tell(r, run_mark_write(&r->mark, store_dir));
    *rp = r;
    return 0;
}

void run_state_close(struct run_state *r)
{
    if (!r)
        return;
    run_mark_remove(r->store_dir);
    run_mark_fini(&r->mark);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void run_state_enter_day(struct run_state *r, int32_t day)
{
    pthread_mutex_lock(&r->lock);
    tell(r, run_mark_add_day(&r->mark, r->store_dir, day));
    if (r->open_count < DAYS_OPEN_MAX)
        r->open[r->open_count++] = (struct run_day){ day, true };
    pthread_mutex_unlock(&r->lock);
}

void run_state_leave_day(struct run_state *r, int32_t day)
{
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->open_count; i++) {
        if (r->open[i].day == day) {
            r->open[i] = r->open[--r->open_count];
            break;
        }
    }
    pthread_mutex_unlock(&r->lock);
}

void run_state_note_synced(struct run_state *r, int32_t day, uint8_t kind, uint32_t segment,
                           uint64_t end)
{
    struct run_mark_day *d;

    pthread_mutex_lock(&r->lock);
    /* Its packets can be on the disk before its database is opened. */
    if (!run_mark_find(&r->mark, day))
        tell(r, run_mark_add_day(&r->mark, r->store_dir, day));
    d = kind < RUN_MARK_KINDS ? run_mark_find(&r->mark, day) : NULL;
    if (d && (d->synced[kind].segment != segment || d->synced[kind].end != end)) {
        d->synced[kind] = (struct run_mark_end){ segment, end };
        r->changed = true;
    }
    pthread_mutex_unlock(&r->lock);
}

/* Not there: it was checkpointed and closed since, which syncs as well. */
static int sync_wal(const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX];
    int fd, err = store_dir_path(path, store_dir, day, DAY_DB_FILE "-wal");

    if (err)
        return err;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fdatasync(fd) != 0)
        err = -errno;
    close(fd);
    return err;
}

static int sync_day(const char *store_dir, const struct run_day *d)
{
    int err = sync_wal(store_dir, d->day);

    if (err == 0 && d->is_new)
        err = store_dir_sync_day(store_dir, d->day);
    return err == -ENOENT ? 0 : err; /* removed since */
}

static void note_old(struct run_state *r, int32_t day)
{
    for (size_t i = 0; i < r->open_count; i++) {
        if (r->open[i].day == day)
            r->open[i].is_new = false;
    }
}

/* The mark is small, and the lock is wanted once a day by the thread that commits. */
static int sync_mark(struct run_state *r)
{
    int err = 0;

    if (r->changed)
        err = run_mark_write(&r->mark, r->store_dir);
    if (err == 0)
        r->changed = false;
    tell(r, err);
    return err;
}

int run_state_sync(struct run_state *r)
{
    struct run_day open[DAYS_OPEN_MAX];
    size_t count;
    int result = 0, err;

    pthread_mutex_lock(&r->lock);
    count = r->open_count;
    memcpy(open, r->open, sizeof open);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < count; i++) {
        err = sync_day(r->store_dir, &open[i]);
        pthread_mutex_lock(&r->lock);
        if (err == 0)
            note_old(r, open[i].day);
        else
            r->failures++;
        pthread_mutex_unlock(&r->lock);
        if (err)
            result = err;
    }
    pthread_mutex_lock(&r->lock);
    err = sync_mark(r);
    pthread_mutex_unlock(&r->lock);
    return result ? result : err;
}

uint64_t run_state_sync_failures(struct run_state *r)
{
    return r->failures;
}
