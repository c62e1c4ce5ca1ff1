#include "probe/notify/notify.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "probe/notify/alert_feed.h"
#include "probe/notify/dialect.h"
#include "probe/notify/endpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define DAY_MS   INT64_C(86400000)

/* A full look at the store finds what a replay put below the newest alerts. Settled deliveries are
 * kept for a month, to be looked at. */
enum { POLL_MS = 1000, FULL_LOOK_MS = 300000, KEEP_DAYS = 30, QUIET_ERRORS = 3 };

struct notify {
    pthread_t thread;
    char *store_dir;
    char *base_url;
    const struct dialect *dialect;
    int64_t poll_ms;
    struct endpoint_ladder ladder;
    struct endpoint endpoints[NOTIFY_URLS_MAX];
    size_t endpoint_count;
    struct webhook_pool *pool;
    struct outbox *outbox;
    struct query *query; /* NULL: the store could not be opened as yet */
    int64_t next_poll_ms, next_full_ms;
    unsigned errors_in_a_row;
    atomic_bool stopping, woken;
    atomic_uint_fast64_t delivered, failed, dead, polls_failed;
};

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct endpoint_clock read_clock(void)
{
    return (struct endpoint_clock){ read_clock_ms(CLOCK_MONOTONIC), read_clock_ms(CLOCK_REALTIME) };
}

static int open_store(struct notify *n)
{
    return n->query ? 0 : query_open(&n->query, n->store_dir);
}

/* One alert becomes a delivery for each endpoint. */
static int enqueue(struct notify *n, const struct alert_record *alert, struct strbuf *body,
                   int64_t wall_ms)
{
    const struct receiver receiver = { .kind = RECEIVER_WEBHOOK };
    const struct notify_message message = {
        .alerts = &alert, .count = 1, .receiver = &receiver, .base_url = n->base_url
    };
    int err = dialect_write(body, &message);

    for (size_t i = 0; i < n->endpoint_count && !err; i++)
        err = outbox_add(n->outbox, n->endpoints[i].key, alert->id, alert->state,
                         strbuf_slice(body), wall_ms);
    return err ? err : outbox_note_seen(n->outbox, alert->id, alert->state);
}

/* All or none of them, so that nothing is seen that is not also to be sent. */
static int enqueue_all(struct notify *n, const struct alert_feed *feed, int64_t wall_ms)
{
    struct strbuf body = { 0 };
    int err = outbox_begin(n->outbox);

    for (size_t i = 0; i < feed->count && !err; i++)
        err = enqueue(n, feed->alerts[i], &body, wall_ms);
    if (!err)
        err = outbox_commit(n->outbox);
    if (err)
        outbox_rollback(n->outbox);
    strbuf_fini(&body);
    return err;
}

/* Every few minutes: what is settled for long, and alerts that retention took out of the store.
 * Those only a week later, so that a day that could not be read for once is not told anew. */
static int tidy(struct notify *n, uint64_t oldest, int64_t wall_ms)
{
    int64_t before_ns = record_id_time_ns(oldest) - 7 * DAY_MS * 1000000;
    int err = outbox_purge(n->outbox, wall_ms - KEEP_DAYS * DAY_MS);

    if (err || !oldest || before_ns <= 0)
        return err;
    return outbox_forget_seen(n->outbox, record_id_make(before_ns, 0));
}

static int poll_store(struct notify *n, const struct endpoint_clock *now)
{
    bool everything = now->steady_ms >= n->next_full_ms;
    struct alert_feed feed = { NULL, 0, 0 };
    int err = open_store(n);

    if (!err)
        err = alert_feed_read(&feed, n->query, n->outbox, everything);
    if (!err && everything) {
        n->next_full_ms = now->steady_ms + FULL_LOOK_MS;
        err = tidy(n, feed.oldest, now->wall_ms);
    }
    if (!err && feed.count) {
        err = enqueue_all(n, &feed, now->wall_ms);
        for (size_t i = 0; i < n->endpoint_count && !err; i++)
            err = endpoint_note_news(&n->endpoints[i], n->outbox, now);
    }
    alert_feed_reset(&feed);
    return err;
}

/* A store that is being made, or a day that is just beginning, is not worth a word. */
static void note_error(struct notify *n, int err)
{
    atomic_fetch_add(&n->polls_failed, err ? 1 : 0);
    n->errors_in_a_row = err ? n->errors_in_a_row + 1 : 0;
    if (n->errors_in_a_row == QUIET_ERRORS)
        log_warn("notify: cannot read or note alerts: %s; trying again", strerror(-err));
}

static void settle(void *ctx, struct webhook *hook, const struct webhook_answer *answer)
{
    struct notify *n = ctx;
    struct endpoint_clock now = read_clock();
    uint64_t dead = 0;

    atomic_fetch_add(answer->outcome == WEBHOOK_DELIVERED ? &n->delivered : &n->failed, 1);
    for (size_t i = 0; i < n->endpoint_count; i++) {
        int err = 0;

        if (n->endpoints[i].hook == hook)
            err = endpoint_settle(&n->endpoints[i], n->outbox, answer, &now, &dead);
        if (err)
            note_error(n, err);
    }
    atomic_fetch_add(&n->dead, dead);
}

static void *run(void *ctx)
{
    struct notify *n = ctx;

    while (!atomic_load(&n->stopping)) {
        struct endpoint_clock now = read_clock();

        if (atomic_exchange(&n->woken, false) || now.steady_ms >= n->next_poll_ms) {
            note_error(n, poll_store(n, &now));
            n->next_poll_ms = now.steady_ms + n->poll_ms;
        }
        for (size_t i = 0; i < n->endpoint_count; i++) {
            int err = endpoint_offer(&n->endpoints[i], n->outbox, n->dialect->content_type, &now);

            if (err)
                note_error(n, err);
        }
        webhook_pool_run(n->pool, (int)n->poll_ms, settle, n);
    }
    return NULL;
}

/* What is in the store when it is watched for the first time is history. */
static int begin(struct notify *n)
{
    int64_t marked = 0;
    int err;

    if (outbox_has_begun(n->outbox))
        return 0;
    err = open_store(n);
    if (err && err != -ENOENT)
        return err;
    err = outbox_begin(n->outbox);
    if (err)
        return err;
    if (n->query)
        marked = alert_feed_mark_seen(n->query, n->outbox);
    err = marked < 0 ? (int)marked : outbox_note_begun(n->outbox, read_clock().wall_ms);
    if (!err)
        err = outbox_commit(n->outbox);
    if (err)
        outbox_rollback(n->outbox);
    else if (marked > 0)
        log_warn("notify: first start: the %" PRId64 " alerts already in %s are not sent", marked,
                 n->store_dir);
    return err;
}

static int set_ladder(struct endpoint_ladder *ladder, const struct notify_options *options)
{
    /* The first minutes matter to who is on call; after a day an alert wakes nobody any more. */
    static const int64_t waits_s[] = { 0, 5, 15, 45, 120, 300, 900, 3600, 14400, 43200 };

    ladder->count = options->retry_count ? options->retry_count : COUNT(waits_s);
    if (ladder->count > NOTIFY_RETRIES_MAX)
        return -EINVAL;
    for (size_t i = 0; i < ladder->count; i++)
        ladder->ms[i] = options->retry_count ? options->retry_ms[i] : waits_s[i] * 1000;
    if (getrandom(&ladder->jitter, sizeof ladder->jitter, 0) != (ssize_t)sizeof ladder->jitter)
        return -EIO;
    return 0;
}

static int open_endpoints(struct notify *n, const struct notify_options *options)
{
    const char *keys[NOTIFY_URLS_MAX];

    for (size_t i = 0; i < options->url_count; i++) {
        int err = endpoint_init(&n->endpoints[i], n->pool, options->urls[i], &n->ladder);

        if (err == -EINVAL)
            log_error("notify: webhook %zu: its URL must be http://… or https://…", i + 1);
        if (err)
            return err;
        keys[i] = n->endpoints[i].key;
        n->endpoint_count++;
    }
    return outbox_bury_others(n->outbox, keys, n->endpoint_count, read_clock().wall_ms);
}

static int open_all(struct notify *n, const struct notify_options *options)
{
    int err;

    n->store_dir = strdup(options->store_dir);
    n->base_url = options->base_url ? strdup(options->base_url) : NULL;
    if (!n->store_dir || (options->base_url && !n->base_url))
        return -ENOMEM;
    err = set_ladder(&n->ladder, options);
    if (!err)
        err = webhook_pool_new(&n->pool, options->timeout_ms);
    if (!err)
        err = outbox_open(&n->outbox, n->store_dir);
    if (!err)
        err = open_endpoints(n, options);
    return err ? err : begin(n);
}

static void close_all(struct notify *n)
{
    for (size_t i = 0; i < n->endpoint_count; i++)
        endpoint_fini(&n->endpoints[i]);
    webhook_pool_free(n->pool);
    outbox_close(n->outbox);
    query_close(n->query);
    free(n->base_url);
    free(n->store_dir);
    free(n);
}

int notify_start(struct notify **np, const struct notify_options *options)
{
    struct notify *n;
    int err;

    if (options->url_count > NOTIFY_URLS_MAX) {
        log_error("notify: more than %d webhooks", NOTIFY_URLS_MAX);
        return -EINVAL;
    }
    n = calloc(1, sizeof *n);
    if (!n)
        return -ENOMEM;
    n->poll_ms = options->poll_ms > 0 ? options->poll_ms : POLL_MS;
    n->dialect = dialect_of(RECEIVER_WEBHOOK);
    err = open_all(n, options);
    if (err)
        goto close;
    err = -pthread_create(&n->thread, NULL, run, n);
    if (err)
        goto close;
    *np = n;
    return 0;

close:
    close_all(n);
    return err;
}

void notify_stop(struct notify *n)
{
    if (!n)
        return;
    atomic_store(&n->stopping, true);
    webhook_pool_wake(n->pool);
    pthread_join(n->thread, NULL);
    close_all(n);
}

void notify_wake(struct notify *n)
{
    atomic_store(&n->woken, true);
    webhook_pool_wake(n->pool);
}

void notify_read_stats(struct notify *n, struct notify_stats *stats)
{
    stats->delivered = atomic_load(&n->delivered);
    stats->failed = atomic_load(&n->failed);
    stats->dead = atomic_load(&n->dead);
    stats->polls_failed = atomic_load(&n->polls_failed);
}
