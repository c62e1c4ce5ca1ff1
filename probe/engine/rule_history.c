#include "probe/engine/rule_history.h"

#include "analyzer/base/bqueue.h"
#include "analyzer/base/log.h"
#include "storage/query.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define NS_PER_S     INT64_C(1000000000)
#define QUARTER_NS   (RULE_HISTORY_QUARTER_S * NS_PER_S)
#define WEEK_NS      (7 * 86400 * NS_PER_S)
#define NOT_ASKED    INT64_MIN
#define IDLE_FOREVER (-1)

/* The quarter that packets are in, and the one ahead. */
enum { QUARTERS = 2, REQUESTS_ROOM = 4 };

struct request {
    int64_t quarter_ns; /* its beginning */
};

struct rule_history {
    struct rule_history_options options;
    struct query *query; /* of the thread, or of a replay's beats; NULL: nothing is read just now */
    int64_t asked[QUARTERS]; /* beginnings of those that were asked for last */
    unsigned next_asked;
    bool is_unreadable;             /* said once */
    struct bqueue *requests, *rows; /* NULL: a replay */
    pthread_t thread;
    bool has_thread;
};

/* --- reading -------------------------------------------------------------------------------- */

/* In the thread: to the one that asked, who takes it when it likes. */
static bool hand_over(void *ctx, const void *record)
{
    struct rule_history *h = ctx;
    void *copy = record_clone(&record_type_baseline, record);

    if (!copy)
        return false; /* without memory the rules do with what they have */
    if (bqueue_push_wait(h->rows, copy))
        return true;
    free(copy); /* it is over */
    return false;
}

static bool tell(void *ctx, const void *record)
{
    struct rule_history *h = ctx;

    h->options.past(h->options.ctx, record);
    return true;
}

/* The store may have been made, or mended, since the last time. */
static int open_query(struct rule_history *h)
{
    int err = h->query ? 0 : query_open(&h->query, h->options.store_dir);

    if (err && err != -ENOENT && !h->is_unreadable) {
        h->is_unreadable = true;
        log_warn("engine: what was normal in past weeks cannot be read from %s: %s; rules go by "
                 "what they have seen since the start",
                 h->options.store_dir, strerror(-err));
    }
    return err;
}

static void read_quarter(struct rule_history *h, int64_t quarter_ns, query_row_fn row)
{
    if (open_query(h) != 0)
        return;
    for (int week = 1; week <= RULE_HISTORY_WEEKS; week++) {
        int64_t from = quarter_ns - week * WEEK_NS;

        if (from > 0)
            query_range(h->query, &record_type_baseline, from, from + QUARTER_NS, row, h);
    }
    query_close(h->query); /* days that stay open cannot make room when they are removed */
    h->query = NULL;
}

static void *run(void *ctx)
{
    struct rule_history *h = ctx;
    void *request;

    while (bqueue_pop_batch(h->requests, &request, 1, IDLE_FOREVER) > 0) {
        int64_t quarter_ns = ((struct request *)request)->quarter_ns;

        free(request);
        if (!bqueue_is_closed(h->rows))
            read_quarter(h, quarter_ns, hand_over);
    }
    return NULL;
}

/* --- asking --------------------------------------------------------------------------------- */

/* False: later. */
static bool ask_thread(struct rule_history *h, int64_t quarter_ns)
{
    struct request *request = malloc(sizeof *request);

    if (!request)
        return false;
    request->quarter_ns = quarter_ns;
    if (bqueue_push(h->requests, request))
        return true;
    free(request); /* the disk is slow */
    return false;
}

static void ask(struct rule_history *h, int64_t quarter_ns)
{
    for (int i = 0; i < QUARTERS; i++) {
        if (h->asked[i] == quarter_ns)
            return;
    }
    if (h->options.wait)
        read_quarter(h, quarter_ns, tell);
    else if (!ask_thread(h, quarter_ns))
        return;
    h->asked[h->next_asked] = quarter_ns;
    h->next_asked = (h->next_asked + 1) % QUARTERS;
}

static void take_rows(struct rule_history *h)
{
    void *rows[64];
    size_t n, taken = 0;

    /* 0 ms: what is there. */
    while (taken < RULE_HISTORY_BEAT_MAX &&
           (n = bqueue_pop_batch(h->rows, rows, sizeof rows / sizeof rows[0], 0)) > 0) {
        for (size_t i = 0; i < n; i++) {
            h->options.past(h->options.ctx, rows[i]);
            free(rows[i]);
        }
        taken += n;
    }
}

void rule_history_beat(struct rule_history *h, int64_t now_ns, bool is_wanted)
{
    if (!h || now_ns < 0)
        return;
    if (is_wanted) {
        int64_t ahead_ns = now_ns + RULE_HISTORY_AHEAD_S * NS_PER_S;

        ask(h, now_ns - now_ns % QUARTER_NS);
        ask(h, ahead_ns - ahead_ns % QUARTER_NS);
    }
    if (h->rows)
        take_rows(h);
}

static int start_thread(struct rule_history *h)
{
    int err = bqueue_new(&h->requests, REQUESTS_ROOM);

    if (err == 0)
        err = bqueue_new(&h->rows, RULE_HISTORY_ROOM);
    if (err == 0)
        err = -pthread_create(&h->thread, NULL, run, h);
    h->has_thread = err == 0;
    return err;
}

int rule_history_start(struct rule_history **hp, const struct rule_history_options *options)
{
    struct rule_history *h = calloc(1, sizeof *h);
    int err = 0;

    if (!h)
        return -ENOMEM;
    h->options = *options;
    for (int i = 0; i < QUARTERS; i++)
        h->asked[i] = NOT_ASKED;
    if (!options->wait)
        err = start_thread(h);
    if (err) {
        rule_history_stop(h);
        return err;
    }
    *hp = h;
    return 0;
}

static void drain(struct bqueue *q)
{
    void *item;

    while (q && bqueue_pop_batch(q, &item, 1, 0) > 0)
        free(item);
    if (q)
        bqueue_free(q);
}

void rule_history_stop(struct rule_history *h)
{
    if (!h)
        return;
    if (h->rows)
        bqueue_close(h->rows); /* a reader that waits for room wakes, and stops reading */
    if (h->requests)
        bqueue_close(h->requests);
    if (h->has_thread)
        pthread_join(h->thread, NULL);
    drain(h->requests);
    drain(h->rows);
    query_close(h->query);
    free(h);
}
