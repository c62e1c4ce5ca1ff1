/*
 * Records come through one queue and chunks through another, so that a flood of packets costs no
 * record its place. The thread takes what is there, writes it into transactions that stay open
 * (one for each of at most two days), and commits them when they hold thousands of rows or are
 * 0.4 s old. What stats call written has been committed.
 *
 * When the thread is behind, a batch holds several versions of the same call: only the newest is
 * written.
 */
#include "storage/writer.h"

#include "analyzer/base/bqueue.h"
#include "analyzer/base/log.h"
#include "storage/call_short.h"
#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/record_sql.h"
#include "storage/run_state.h"
#include "storage/search/search_build.h"
#include "storage/store_dir.h"
#include "storage/writer_alerts.h"
#include "storage/writer_newest.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    RECORD_QUEUE = 16384,
    CHUNK_QUEUE = 8192,
    QUEUED_MAX_BYTES = 64 << 20, /* records with long interval lists */
    BATCH = 1024,                /* items taken at a time */
    COMMIT_ROWS = 65536,
    COMMIT_MS = 400,
    POP_MS = 20, /* who waits for a flush waits so long at most */
    DAYS_OPEN = 2,
    CACHE_KIB = 128 << 10,
    CACHE_OLD_KIB = 16 << 10, /* a day that only late records go to */
    REOPEN_MS = 1000,
    SEARCH_BLOCKS_AT_CLOSE = 8, /* of a day that is left: half a second of work */
    SEARCH_REST_LEAST = 1024,   /* calls that are worth a block then */
};

enum { STATEMENT_CHUNK = RECORD_TABLES, STATEMENT_REMOVAL, STATEMENTS };

struct open_day {
    sqlite3 *db; /* NULL: free */
    sqlite3_stmt *statements[STATEMENTS];
    struct search_build *search;
    struct call_texts *texts;
    int32_t day;
    bool in_transaction;
    uint64_t pending; /* rows of the transaction */
    uint64_t used;    /* the writer's turn */
    dev_t device;     /* of its file, which somebody may remove */
    ino_t inode;
};

/* What another thread waits for. */
struct task {
    int32_t day;
    bool closed;
    writer_task_fn fn;
    void *ctx;
    int result;
    bool done;
};

struct writer {
    const char *store_dir;
    int lock_fd;
    struct run_state *run;
    bool wait_when_full;
    struct bqueue *records, *chunks;
    pthread_t thread;

    _Atomic size_t queued_bytes;
    _Atomic uint64_t written, refused, failed, days_removed;
    _Atomic int last_error;

    /* For writer_flush. */
    pthread_mutex_t lock;
    pthread_cond_t settled_more;
    uint64_t submitted, settled; /* items */
    unsigned flushers;

    struct task *task; /* of the one that waits; NULL: none. Under `lock`, as the next */
    pthread_cond_t task_done;

    /* The thread's own. */
    struct open_day days[DAYS_OPEN];
    uint64_t turn;
    uint64_t unsettled; /* items written since the last commit */
    uint64_t rows;      /* since the last commit */
    int64_t begun_ms;   /* of the oldest open transaction; 0: none */
    int64_t reopen_at_ms;
    int32_t reopen_day;
    bool failing;
    bool item_failed; /* the item at hand, and the transaction with it */
    struct writer_newest newest;
    struct writer_alerts alerts; /* not on the disk yet */
};

static int64_t monotonic_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- the days ------------------------------------------------------------------------------- */

static void note_failure(struct writer *w, int err, uint64_t rows)
{
    atomic_fetch_add(&w->failed, rows);
    atomic_store(&w->last_error, err);
    if (!w->failing)
        log_error("writer: cannot write to %s: %s; records are lost and counted until it can",
                  w->store_dir, day_db_error_text(err));
    w->failing = true;
}

static void note_success(struct writer *w)
{
    if (w->failing)
        log_warn("writer: writes again; %llu rows were lost so far",
                 (unsigned long long)atomic_load(&w->failed));
    w->failing = false;
}

static void end_day(struct writer *w, struct open_day *d)
{
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(d->statements[i]);
    search_build_close(d->search);
    call_texts_close(d->texts);
    day_db_close(d->db);
    run_state_leave_day(w->run, d->day);
    memset(d, 0, sizeof *d);
}

/* The transaction is gone, and with it its rows. A database that turns out to be damaged gets another
 * name, and the day goes on in a new one: of what it knew, 'earshot store rebuild-index' finds again
 * what has packets. */
static void fail_day(struct writer *w, struct open_day *d, int err)
{
    uint64_t pending = d->pending;

    if (!sqlite3_get_autocommit(d->db))
        sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
    d->in_transaction = false;
    d->pending = 0;
    w->item_failed = true;
    writer_alerts_roll_back(&w->alerts, d->day);
    note_failure(w, err, pending);
    if (err == -EUCLEAN) {
        int32_t day = d->day;

        end_day(w, d);
        day_db_set_aside(w->store_dir, day);
    } else {
        call_texts_reload(d->texts);
    }
}

static bool is_removed(struct writer *w, const struct open_day *d)
{
    char path[STORE_PATH_MAX];
    struct stat st;

    if (store_dir_path(path, w->store_dir, d->day, DAY_DB_FILE) != 0)
        return false;
    if (stat(path, &st) != 0)
        return errno == ENOENT;
    return st.st_dev != d->device || st.st_ino != d->inode;
}

/* Somebody removed the folder: what is written goes to a file without a name. The day begins anew
 * with its next row; a call that is open comes with its next change. */
static bool lose_day_if_removed(struct writer *w, struct open_day *d)
{
    char name[16] = "";

    if (!is_removed(w, d))
        return false;
    store_dir_day_name(d->day, name);
    log_error("writer: %s/%s was removed while this probe wrote to it: it is begun anew; %llu rows "
              "on their way are lost with it; to forget a day, let retention do it (retention.*)",
              w->store_dir, name, (unsigned long long)d->pending);
    writer_alerts_roll_back(&w->alerts, d->day);
    atomic_fetch_add(&w->failed, d->pending);
    atomic_fetch_add(&w->days_removed, 1);
    if (!sqlite3_get_autocommit(d->db))
        sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
    end_day(w, d);
    return true;
}

static void commit_day(struct writer *w, struct open_day *d)
{
    if (!d->db || !d->in_transaction || lose_day_if_removed(w, d))
        return;
    if (sqlite3_exec(d->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        fail_day(w, d, day_db_errno(d->db));
        return;
    }
    d->in_transaction = false;
    atomic_fetch_add(&w->written, d->pending);
    d->pending = 0;
    writer_alerts_commit(&w->alerts, d->day);
    note_success(w);
}

static void close_day(struct writer *w, struct open_day *d)
{
    if (!d->db)
        return;
    commit_day(w, d);
    if (d->db && d->search)
        search_build_rest(d->search, SEARCH_BLOCKS_AT_CLOSE, SEARCH_REST_LEAST);
    if (d->db)
        end_day(w, d);
}

/* The newest day gets the large cache. */
static void share_cache(struct writer *w)
{
    struct open_day *newest = NULL;

    for (int i = 0; i < DAYS_OPEN; i++) {
        if (w->days[i].db && (!newest || w->days[i].day > newest->day))
            newest = &w->days[i];
    }
    for (int i = 0; i < DAYS_OPEN; i++) {
        if (w->days[i].db)
            day_db_set_cache(w->days[i].db, &w->days[i] == newest ? CACHE_KIB : CACHE_OLD_KIB);
    }
}

static int prepare_all(struct open_day *d)
{
    struct strbuf sql = { 0 };
    int err = 0;

    for (int i = 0; i < RECORD_TABLES && err == 0; i++) {
        strbuf_reset(&sql);
        record_sql_insert(&sql, &record_sql_tables[i]);
        err = sql.failed ? -ENOMEM : day_db_prepare(&d->statements[i], d->db, strbuf_slice(&sql));
    }
    if (err == 0)
        err = day_db_prepare(&d->statements[STATEMENT_CHUNK], d->db, chunk_index_insert);
    if (err == 0)
        err = day_db_prepare(&d->statements[STATEMENT_REMOVAL], d->db, chunk_index_remove);
    strbuf_fini(&sql);
    return err;
}

static void note_file(struct writer *w, struct open_day *d)
{
    char path[STORE_PATH_MAX];
    struct stat st;

    if (store_dir_path(path, w->store_dir, d->day, DAY_DB_FILE) != 0 || stat(path, &st) != 0)
        return; /* removed already: told so at its first transaction */
    d->device = st.st_dev;
    d->inode = st.st_ino;
}

static int open_day(struct writer *w, struct open_day *d, int32_t day)
{
    int err;

    /* A folder that cannot be made is not asked for with every record. */
    if (w->reopen_at_ms && w->reopen_day == day && monotonic_ms() < w->reopen_at_ms)
        return atomic_load(&w->last_error);
    close_day(w, d);
    err = day_db_open_write(&d->db, w->store_dir, day);
    if (err == 0) {
        d->day = day;
        run_state_enter_day(w->run, day);
        note_file(w, d);
        err = prepare_all(d);
        if (err == 0)
            err = search_build_open(&d->search, d->db);
        if (err == 0)
            err = call_texts_open(&d->texts, d->db);
        if (err)
            close_day(w, d);
    }
    w->reopen_at_ms = err ? monotonic_ms() + REOPEN_MS : 0;
    w->reopen_day = day;
    if (err == 0)
        share_cache(w);
    return err;
}

/* The day, open and in a transaction. */
static int use_day(struct writer *w, int32_t day, struct open_day **dp)
{
    struct open_day *d = &w->days[0];
    int err = 0;

    for (int i = 0; i < DAYS_OPEN; i++) {
        if (w->days[i].db && w->days[i].day == day) {
            d = &w->days[i];
            break;
        }
        if (w->days[i].used < d->used)
            d = &w->days[i];
    }
    if (d->db && d->day == day && !d->in_transaction)
        lose_day_if_removed(w, d);
    if (!d->db || d->day != day)
        err = open_day(w, d, day);
    if (err)
        return err;
    d->used = ++w->turn;
    if (!d->in_transaction) {
        if (sqlite3_exec(d->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
            return day_db_errno(d->db);
        d->in_transaction = true;
        if (!w->begun_ms)
            w->begun_ms = monotonic_ms();
    }
    *dp = d;
    return 0;
}

static void commit_all(struct writer *w)
{
    for (int i = 0; i < DAYS_OPEN; i++)
        commit_day(w, &w->days[i]);
    for (int i = 0; i < DAYS_OPEN; i++) {
        if (w->days[i].db)
            search_build_some(w->days[i].search, 1);
    }
    w->begun_ms = 0;
    w->rows = 0;
    pthread_mutex_lock(&w->lock);
    w->settled += w->unsettled;
    w->unsettled = 0;
    pthread_cond_broadcast(&w->settled_more);
    pthread_mutex_unlock(&w->lock);
}

/* --- the rows ------------------------------------------------------------------------------- */

/* Runs a bound statement; rc is what the binding said. */
static void run_row(struct writer *w, struct open_day *d, int statement, int rc)
{
    sqlite3_stmt *s = d->statements[statement];
    int err = 0;

    if (rc != SQLITE_OK || sqlite3_step(s) != SQLITE_DONE)
        err = day_db_errno(d->db);
    sqlite3_reset(s);
    w->rows++;
    if ((err == -E2BIG || err == -EINVAL) && !sqlite3_get_autocommit(d->db)) {
        note_failure(w, err, 1); /* this row's own fault: the others stand */
        return;
    }
    d->pending++;
    if (err)
        fail_day(w, d, err);
}

/* The search index has to know which calls change behind its blocks. */
static void note_call(struct writer *w, struct open_day *d, const struct writer_row *row)
{
    int err = 0;

    if (record_sql_tables[row->table].type == &record_type_call && d->in_transaction)
        err = search_build_note(d->search, *(const uint64_t *)row->record);
    if (err)
        fail_day(w, d, err);
}

/* True when it stands in an open transaction. */
static bool write_record(struct writer *w, const struct writer_row *row)
{
    const struct record_table *table = &record_sql_tables[row->table];
    struct open_day *d;
    int err = use_day(w, record_sql_day(table->type, row->record), &d);

    if (err) {
        note_failure(w, err, 1);
        return false;
    }
    if (row->replaced) {
        d->pending++;
    } else {
        run_row(w, d, row->table,
                record_sql_bind(d->statements[row->table], table, row->record, d->texts));
        note_call(w, d, row);
    }
    return !w->item_failed;
}

static void write_chunk(struct writer *w, const struct chunk_row *row)
{
    struct open_day *d;
    int err = use_day(w, row->day, &d);

    if (err)
        note_failure(w, err, 1);
    else if (row->is_removal)
        run_row(w, d, STATEMENT_REMOVAL,
                chunk_index_bind_removal(d->statements[STATEMENT_REMOVAL], row));
    else
        run_row(w, d, STATEMENT_CHUNK, chunk_index_bind(d->statements[STATEMENT_CHUNK], row));
}

/* All of it or nothing: streams whose call was rolled back are not written either. */
static bool write_item(struct writer *w, const struct writer_item *item)
{
    bool written = true;

    w->item_failed = false;
    for (uint32_t r = 0; r < item->rows; r++) {
        written = write_record(w, &item->row[r]) && written;
        if (w->item_failed) {
            atomic_fetch_add(&w->failed, item->rows - r - 1);
            return false;
        }
    }
    return written;
}

/* Tries again what a disk did not take. It was counted as lost, and is again if it still is. */
static void write_alerts_again(struct writer *w)
{
    for (size_t i = 0; i < w->alerts.count; i++) {
        struct writer_alert *a = &w->alerts.kept[i];

        if (a->in_transaction)
            continue;
        atomic_fetch_sub(&w->failed, 1);
        a->in_transaction = write_item(w, a->item);
        if (!a->in_transaction)
            return;
    }
}

static void write_items(struct writer *w, void **items, size_t n)
{
    writer_newest_mark(&w->newest, (struct writer_item **)items, n);
    for (size_t i = 0; i < n; i++) {
        struct writer_item *item = items[i];
        bool written = write_item(w, item);

        atomic_fetch_sub(&w->queued_bytes, item->bytes);
        if (!writer_alerts_wants(item) || item->row[0].replaced ||
            !writer_alerts_keep(&w->alerts, item, written))
            writer_item_free(item);
    }
}

static bool flush_is_wanted(struct writer *w)
{
    bool wanted;

    pthread_mutex_lock(&w->lock);
    wanted = w->flushers > 0;
    pthread_mutex_unlock(&w->lock);
    return wanted;
}

static int run_in_transaction(struct writer *w, const struct task *t)
{
    struct open_day *d;
    int err = use_day(w, t->day, &d);

    if (err)
        return err;
    err = t->fn(t->ctx, d->db);
    if (err == 0 && sqlite3_exec(d->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        err = day_db_errno(d->db);
    if (!sqlite3_get_autocommit(d->db))
        sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
    d->in_transaction = false;
    w->begun_ms = 0; /* none is open: commit_all came before */
    return err;
}

static int run_with_day_closed(struct writer *w, const struct task *t)
{
    for (int i = 0; i < DAYS_OPEN; i++) {
        if (w->days[i].db && w->days[i].day == t->day)
            close_day(w, &w->days[i]);
    }
    return t->fn(t->ctx, NULL);
}

static void run_task(struct writer *w)
{
    struct task *t;

    pthread_mutex_lock(&w->lock);
    t = w->task;
    pthread_mutex_unlock(&w->lock);
    if (!t || t->done)
        return;
    commit_all(w); /* a task that fails takes no row with it */
    t->result = t->closed ? run_with_day_closed(w, t) : run_in_transaction(w, t);
    pthread_mutex_lock(&w->lock);
    t->done = true;
    w->task = NULL;
    pthread_cond_broadcast(&w->task_done);
    pthread_mutex_unlock(&w->lock);
}

static void *write_loop(void *ctx)
{
    struct writer *w = ctx;
    void *items[BATCH];
    size_t m = 0;
    bool closed = false;

    for (;;) {
        /* Where chunks alone come, nobody waits for a record between two batches of them. */
        size_t n = bqueue_pop_batch(w->records, items, BATCH, m < BATCH ? POP_MS : 0);

        write_items(w, items, n);
        m = bqueue_pop_batch(w->chunks, items, BATCH, 0);
        for (size_t i = 0; i < m; i++) {
            write_chunk(w, items[i]);
            free(items[i]);
        }
        if (w->alerts.count > 0 && (!w->failing || closed))
            write_alerts_again(w);
        w->unsettled += n + m;
        if (w->rows >= COMMIT_ROWS || (w->begun_ms && monotonic_ms() - w->begun_ms >= COMMIT_MS) ||
            (n + m == 0 && flush_is_wanted(w)))
            commit_all(w);
        run_task(w);
        if (n + m == 0 && closed)
            break;
        /* Once more after the close was seen: what came before it is still inside. */
        closed = bqueue_is_closed(w->records) && bqueue_is_closed(w->chunks);
    }
    commit_all(w);
    for (int i = 0; i < DAYS_OPEN; i++)
        close_day(w, &w->days[i]);
    return NULL;
}

/* --- the outside ---------------------------------------------------------------------------- */

static void destroy(struct writer *w)
{
    pthread_cond_destroy(&w->task_done);
    pthread_cond_destroy(&w->settled_more);
    pthread_mutex_destroy(&w->lock);
    bqueue_free(w->chunks);
    bqueue_free(w->records);
    run_state_close(w->run);
    close(w->lock_fd);
    writer_alerts_fini(&w->alerts);
    writer_newest_fini(&w->newest);
    free(w);
}

int writer_start(struct writer **wp, const struct writer_options *options)
{
    struct writer *w = calloc(1, sizeof *w);
    int err = -ENOMEM;

    if (!w)
        return err;
    w->store_dir = options->store_dir;
    w->wait_when_full = options->wait_when_full;
    if (!writer_newest_init(&w->newest))
        goto free_writer;
    err = store_dir_open(w->store_dir, &w->lock_fd);
    if (err)
        goto free_newest;
    err = run_state_open(&w->run, w->store_dir);
    if (err)
        goto close_lock;
    err = bqueue_new(&w->records, RECORD_QUEUE);
    if (err)
        goto close_run;
    err = bqueue_new(&w->chunks, CHUNK_QUEUE);
    if (err)
        goto free_records;
    err = -pthread_mutex_init(&w->lock, NULL);
    if (err)
        goto free_chunks;
    err = -pthread_cond_init(&w->settled_more, NULL);
    if (err)
        goto destroy_lock;
    err = -pthread_cond_init(&w->task_done, NULL);
    if (err)
        goto destroy_settled;
    err = -pthread_create(&w->thread, NULL, write_loop, w);
    if (err) {
        destroy(w);
        return err;
    }
    *wp = w;
    return 0;

destroy_settled:
    pthread_cond_destroy(&w->settled_more);
destroy_lock:
    pthread_mutex_destroy(&w->lock);
free_chunks:
    bqueue_free(w->chunks);
free_records:
    bqueue_free(w->records);
close_run:
    run_state_close(w->run);
close_lock:
    close(w->lock_fd);
free_newest:
    writer_newest_fini(&w->newest);
free_writer:
    free(w);
    return err;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    bqueue_close(w->records);
    bqueue_close(w->chunks);
    pthread_join(w->thread, NULL);
    destroy(w);
}

/* Room by bytes, beside that by count. */
static bool has_room(struct writer *w)
{
    static const struct timespec moment = { 0, 1000000 };

    while (atomic_load(&w->queued_bytes) > QUEUED_MAX_BYTES) {
        if (!w->wait_when_full || bqueue_is_closed(w->records))
            return false;
        nanosleep(&moment, NULL);
    }
    return true;
}

static void count_submitted(struct writer *w, int items)
{
    pthread_mutex_lock(&w->lock);
    w->submitted += (uint64_t)(int64_t)items;
    pthread_mutex_unlock(&w->lock);
}

void writer_wait_when_full(struct writer *w, bool wait)
{
    w->wait_when_full = wait;
}

bool writer_submit(struct writer *w, const struct record_type *type, const void *record)
{
    struct writer_item *item = has_room(w) ? writer_item_new(type, record) : NULL;
    bool taken = false;

    if (item) {
        size_t bytes = item->bytes;

        /* Before the push: the thread may be done with it before the push returns. */
        count_submitted(w, 1);
        atomic_fetch_add(&w->queued_bytes, bytes);
        taken =
            w->wait_when_full ? bqueue_push_wait(w->records, item) : bqueue_push(w->records, item);
        if (!taken) {
            count_submitted(w, -1);
            atomic_fetch_sub(&w->queued_bytes, bytes);
            writer_item_free(item);
        }
    }
    if (!taken)
        atomic_fetch_add(&w->refused, 1);
    return taken;
}

bool writer_submit_chunk(struct writer *w, const struct chunk_row *chunk)
{
    struct chunk_row *copy = malloc(sizeof *copy);

    if (copy) {
        *copy = *chunk;
        count_submitted(w, 1);
        if (bqueue_push_wait(w->chunks, copy))
            return true;
        count_submitted(w, -1);
        free(copy);
    }
    atomic_fetch_add(&w->refused, 1);
    return false;
}

void writer_flush(struct writer *w)
{
    uint64_t until;

    pthread_mutex_lock(&w->lock);
    until = w->submitted;
    w->flushers++;
    /* What was refused meanwhile was taken back. */
    while (w->settled < until && w->settled < w->submitted)
        pthread_cond_wait(&w->settled_more, &w->lock);
    w->flushers--;
    pthread_mutex_unlock(&w->lock);
}

static int submit_task(struct writer *w, struct task *t)
{
    pthread_mutex_lock(&w->lock);
    while (w->task) /* another thread's */
        pthread_cond_wait(&w->task_done, &w->lock);
    w->task = t;
    while (!t->done)
        pthread_cond_wait(&w->task_done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return t->result;
}

int writer_run(struct writer *w, int32_t day, writer_task_fn task, void *ctx)
{
    return submit_task(w, &(struct task){ .day = day, .fn = task, .ctx = ctx });
}

int writer_run_closed(struct writer *w, int32_t day, writer_task_fn task, void *ctx)
{
    return submit_task(w, &(struct task){ .day = day, .closed = true, .fn = task, .ctx = ctx });
}

void writer_read_stats(struct writer *w, struct writer_stats *stats)
{
    stats->written = atomic_load(&w->written);
    stats->refused = atomic_load(&w->refused);
    stats->failed = atomic_load(&w->failed);
    stats->last_error = atomic_load(&w->last_error);
    stats->days_removed = atomic_load(&w->days_removed);
    stats->syncs_failed = run_state_sync_failures(w->run);
    stats->queued = bqueue_length(w->records);
    stats->queued_max = RECORD_QUEUE;
}

int writer_sync(struct writer *w)
{
    return run_state_sync(w->run);
}

void writer_note_synced(struct writer *w, int32_t day, uint8_t kind, uint32_t segment, uint64_t end)
{
    run_state_note_synced(w->run, day, kind, segment, end);
}
