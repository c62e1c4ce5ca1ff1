#include "probe/notify/notify.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "probe/notify/address_guard.h"
#include "probe/notify/alert_feed.h"
#include "probe/notify/compose.h"
#include "probe/notify/dialect.h"
#include "probe/notify/hearing.h"
#include "probe/notify/heartbeat.h"
#include "probe/notify/webhook.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

/* A full look at the store finds what a replay put below the newest alerts. Settled messages are
 * kept for a month, to be looked at. An alert that was heard of is in the store half a second later:
 * until then it is looked for more often. */
enum {
    POLL_MS = 1000,
    FULL_LOOK_MS = 300000,
    KEEP_DAYS = 30,
    QUIET_ERRORS = 3,
    EAGER_MS = 100,
    EAGER_FOR_MS = 2500,
    HOLD_MS = 3000,
    AGAIN_MS = 90000,
    ALIVE_MS = 15000,
};

struct notify {
    pthread_t thread;
    struct notify_options options;
    struct endpoint_pace pace;
    struct address_guard guard;
    struct transport_environment environment;
    struct endpoint endpoints[RECEIVERS_MAX];
    struct heartbeat heartbeats[RECEIVERS_MAX];
    size_t open_count; /* of either */
    struct roster roster;
    struct compose compose;
    struct hearing hearing;
    bool is_loaded;      /* the roster is what the database says */
    struct query *query; /* NULL: the store could not be opened as yet */
    int64_t next_poll_ms, next_full_ms;
    _Atomic int64_t eager_until_ms;
    uint64_t turn;
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

static bool is_heartbeat(const struct notify *n, size_t i)
{
    return n->options.receivers[i].kind == RECEIVER_HEARTBEAT;
}

/* A store that is not there yet has no alerts but our own. */
static int open_store(struct notify *n)
{
    int err = n->query ? 0 : query_open(&n->query, n->options.store_dir);

    return err == -ENOENT ? 0 : err;
}

/* ---- looking ---- */

/* Every alert that was read goes into the roster, and is noted as seen. */
static int take_news(struct notify *n, struct alert_feed *feed)
{
    int err = 0;

    for (size_t i = 0; i < feed->count && !err; i++) {
        const struct alert_record *a = feed->alerts[i];

        err = outbox_note_seen(n->options.outbox, a->id, a->changed_time, a->state, false);
        if (!err)
            err = roster_put(&n->roster, n->options.outbox, &feed->alerts[i]);
        if (err == -ENOSPC) {
            log_warn("notify: more than %d alerts are open; the rest is told when some are over",
                     ROSTER_MAX);
            return 0;
        }
    }
    return err;
}

static int retire(struct notify *n)
{
    int err = 0;

    for (size_t i = n->roster.count; i-- > 0 && !err;) {
        const struct alert_record *a = n->roster.entries[i]->alert;

        if (!roster_is_done(&n->roster, n->roster.entries[i]))
            continue;
        err = outbox_note_seen(n->options.outbox, a->id, a->changed_time, a->state, true);
        if (!err)
            roster_remove(&n->roster, i);
    }
    return err;
}

static int take_tests(struct notify *n, const struct endpoint_clock *now)
{
    char name[OUTBOX_NAME_MAX];
    int found, err = 0;

    while (!err && (found = outbox_take_test(n->options.outbox, name)) == 1) {
        for (size_t i = 0; i < n->options.receiver_count && !err; i++) {
            if (strcmp(n->options.receivers[i].name, name) != 0)
                continue;
            if (is_heartbeat(n, i))
                n->heartbeats[i].next_ms = 0;
            else
                err = compose_test(&n->compose, i, now);
        }
    }
    return err ? err : found < 0 ? found : 0;
}

/* All or nothing, so that nothing is seen that is not also to be told. */
static int note_all(struct notify *n, struct alert_feed *feed, const struct endpoint_clock *now)
{
    int err = outbox_begin(n->options.outbox);

    if (err)
        return err;
    n->compose.told = 0;
    err = take_news(n, feed);
    if (!err)
        err = take_tests(n, now);
    if (!err)
        err = compose_all(&n->compose, now);
    if (!err)
        err = retire(n);
    if (!err)
        return outbox_commit(n->options.outbox);
    outbox_rollback(n->options.outbox);
    return err;
}

static int tell_endpoints(struct notify *n, const struct endpoint_clock *now)
{
    int err = 0;

    for (size_t i = 0; i < n->open_count; i++) {
        int one = 0;

        if (n->compose.told >> i & 1)
            one = endpoint_note_news(&n->endpoints[i], now);
        err = err ? err : one;
    }
    return err;
}

/* What a rollback or a restart left in doubt is read again. */
static int load(struct notify *n)
{
    struct alert_feed feed = { NULL, 0, 0 };
    int err;

    if (n->is_loaded)
        return 0;
    roster_fini(&n->roster);
    err = alert_feed_read_open(&feed, n->query, n->options.outbox);
    for (size_t i = 0; i < feed.count && !err; i++)
        err = roster_put(&n->roster, n->options.outbox, &feed.alerts[i]);
    alert_feed_reset(&feed);
    n->is_loaded = err == 0;
    return err;
}

/* Every few minutes: what is settled for long, and alerts that retention took out of the store.
 * Those only a week later, so that a day that could not be read for once is not told anew. */
static int tidy(struct notify *n, uint64_t oldest, int64_t wall_ms)
{
    int64_t before_ns = record_id_time_ns(oldest) - 7 * DAY_MS * 1000000;
    int err = outbox_purge(n->options.outbox, wall_ms - KEEP_DAYS * DAY_MS);

    if (err || !oldest || before_ns <= 0)
        return err;
    return outbox_forget_seen(n->options.outbox, record_id_make(before_ns, 0));
}

static int look(struct notify *n, const struct endpoint_clock *now)
{
    uint64_t hints[ALERT_FEED_HINTS_MAX];
    struct alert_look how = { .everything = now->steady_ms >= n->next_full_ms,
                              .hints = hints,
                              .turn = &n->turn };
    struct alert_feed feed = { NULL, 0, 0 };
    int err = open_store(n);

    how.hint_count = hearing_take(&n->hearing, hints);
    if (!err)
        err = load(n);
    if (!err)
        err = alert_feed_read(&feed, n->query, n->options.outbox, &how);
    if (!err && how.everything) {
        n->next_full_ms = now->steady_ms + FULL_LOOK_MS;
        err = tidy(n, feed.oldest, now->wall_ms);
    }
    if (!err) {
        err = note_all(n, &feed, now);
        n->is_loaded = err == 0;
    }
    alert_feed_reset(&feed);
    return err ? err : tell_endpoints(n, now);
}

/* ---- the thread ---- */

/* A store that is being made, or a day that is just beginning, is not worth a word. */
static void note_error(struct notify *n, int err)
{
    atomic_fetch_add(&n->polls_failed, err ? 1 : 0);
    n->errors_in_a_row = err ? n->errors_in_a_row + 1 : 0;
    if (n->errors_in_a_row == QUIET_ERRORS)
        log_warn("notify: cannot read or note alerts: %s; trying again", strerror(-err));
}

static void work(struct notify *n, const struct endpoint_clock *now)
{
    bool alive = hearing_is_alive(&n->hearing, now->steady_ms, ALIVE_MS);
    struct endpoint_stats sum = { 0, 0, 0 };

    for (size_t i = 0; i < n->open_count; i++) {
        int err = is_heartbeat(n, i) ? heartbeat_work(&n->heartbeats[i], alive, now)
                                     : endpoint_work(&n->endpoints[i], now);

        if (err)
            note_error(n, err);
        sum.delivered += n->endpoints[i].stats.delivered;
        sum.failed += n->endpoints[i].stats.failed;
        sum.dead += n->endpoints[i].stats.dead;
    }
    atomic_store(&n->delivered, sum.delivered);
    atomic_store(&n->failed, sum.failed);
    atomic_store(&n->dead, sum.dead);
}

/* Until when there is nothing to do, unless something happens. */
static int idle_ms(const struct notify *n, const struct endpoint_clock *now)
{
    int64_t until = n->next_poll_ms;

    for (size_t i = 0; i < n->open_count; i++) {
        const struct endpoint *e = &n->endpoints[i];
        const struct transport *t = is_heartbeat(n, i) ? n->heartbeats[i].transport : e->transport;

        if (t->is_busy && t->kind != &transport_http && until > now->steady_ms + TRANSPORT_RUN_MS)
            until = now->steady_ms + TRANSPORT_RUN_MS;
        if (!t->is_busy && e->next_try_ms > now->steady_ms && e->next_try_ms < until)
            until = e->next_try_ms;
    }
    return until > now->steady_ms ? (int)(until - now->steady_ms) : 0;
}

static void *run(void *ctx)
{
    struct notify *n = ctx;

    while (!atomic_load(&n->stopping)) {
        struct endpoint_clock now = read_clock();
        bool woken = atomic_exchange(&n->woken, false);

        n->compose.looks_anew = n->compose.looks_anew || woken;
        if (woken || now.steady_ms >= n->next_poll_ms) {
            bool eager;

            note_error(n, look(n, &now));
            eager = now.steady_ms < n->eager_until_ms || n->compose.waits;
            n->next_poll_ms =
                now.steady_ms +
                (eager && EAGER_MS < n->options.poll_ms ? EAGER_MS : n->options.poll_ms);
        }
        now = read_clock();
        work(n, &now);
        webhook_pool_run(n->environment.pool, idle_ms(n, &now));
    }
    return NULL;
}

/* ---- life ---- */

/* What is in the store when it is watched for the first time is history. */
static int begin(struct notify *n)
{
    struct outbox *o = n->options.outbox;
    int64_t marked = 0;
    int err;

    if (outbox_has_begun(o))
        return 0;
    err = open_store(n);
    if (err)
        return err;
    err = outbox_begin(o);
    if (err)
        return err;
    marked = alert_feed_mark_done(n->query, o);
    err = marked < 0 ? (int)marked : outbox_note_begun(o, read_clock().wall_ms);
    if (!err)
        err = outbox_commit(o);
    else
        outbox_rollback(o);
    if (!err && marked > 0)
        log_warn("notify: first start: the %" PRId64 " alerts already in %s are not sent", marked,
                 n->options.store_dir);
    return err;
}

static int open_receiver(struct notify *n, size_t i)
{
    const struct receiver *r = &n->options.receivers[i];
    const char *content_type = dialect_of(r->kind)->content_type;
    int err;

    if (r->kind == RECEIVER_EXEC && !n->options.may_execute) {
        log_error("notify: receiver %s runs a program, which notify.exec does not allow", r->name);
        return -EINVAL;
    }
    if (is_heartbeat(n, i))
        err =
            heartbeat_init(&n->heartbeats[i], r, n->options.outbox, &n->environment, content_type);
    else
        err = endpoint_init(&n->endpoints[i], r, n->options.outbox, &n->environment, &n->pace,
                            content_type);
    if (err == -EINVAL)
        log_error("notify: receiver %s: its url is none for a receiver of kind %s", r->name,
                  receiver_kind_name(r->kind));
    return err;
}

static int open_receivers(struct notify *n)
{
    struct outbox_receiver *rows = calloc(n->options.receiver_count + 1, sizeof *rows);
    int err = rows ? 0 : -ENOMEM;

    for (size_t i = 0; i < n->options.receiver_count && !err; i++) {
        const struct receiver *r = &n->options.receivers[i];

        err = open_receiver(n, i);
        if (err)
            break;
        n->open_count++;
        snprintf(rows[i].name, sizeof rows[i].name, "%s", r->name);
        snprintf(rows[i].kind, sizeof rows[i].kind, "%s", receiver_kind_name(r->kind));
        snprintf(rows[i].place, sizeof rows[i].place, "%s",
                 is_heartbeat(n, i) ? n->heartbeats[i].transport->place
                                    : n->endpoints[i].transport->place);
    }
    if (!err)
        err = outbox_set_receivers(n->options.outbox, rows, n->options.receiver_count,
                                   read_clock().wall_ms);
    free(rows);
    return err;
}

static int open_all(struct notify *n)
{
    const struct notify_options *o = &n->options;
    int err = address_guard_init(&n->guard, o->allow, o->allow_count);

    if (err == -EINVAL)
        log_error("notify: notify.allow holds what is no address, network or host name");
    if (!err && o->pace)
        n->pace = *o->pace;
    else if (!err)
        err = endpoint_pace_init(&n->pace);
    if (!err)
        err = webhook_pool_new(&n->environment.pool);
    n->environment.guard = &n->guard;
    n->environment.timeout_ms = o->timeout_ms;
    n->environment.may_execute = o->may_execute;
    n->environment.ca_file = o->ca_file;
    if (!err)
        err = open_receivers(n);
    return err ? err : begin(n);
}

static void close_all(struct notify *n)
{
    for (size_t i = 0; i < n->options.receiver_count; i++) {
        endpoint_fini(&n->endpoints[i]);
        heartbeat_fini(&n->heartbeats[i]);
    }
    webhook_pool_free(n->environment.pool);
    compose_fini(&n->compose);
    roster_fini(&n->roster);
    query_close(n->query);
    hearing_fini(&n->hearing);
    address_guard_fini(&n->guard);
    free(n);
}

int notify_start(struct notify **np, const struct notify_options *options)
{
    struct notify *n;
    int err;

    if (options->receiver_count > RECEIVERS_MAX) {
        log_error("notify: more than %d receivers", RECEIVERS_MAX);
        return -EINVAL;
    }
    n = calloc(1, sizeof *n);
    if (!n)
        return -ENOMEM;
    err = hearing_init(&n->hearing);
    if (err) {
        free(n);
        return err;
    }
    n->options = *options;
    if (n->options.poll_ms <= 0)
        n->options.poll_ms = POLL_MS;
    n->roster.receivers = options->receivers;
    n->roster.receiver_count = options->receiver_count;
    n->compose = (struct compose){
        .options = { .base_url = options->base_url,
                     .link_key = options->link_key,
                     .link_hours = options->link_hours,
                     .windows = options->windows,
                     .window_count = options->window_count,
                     .hold_ms = options->hold_ms > 0 ? options->hold_ms : HOLD_MS,
                     .again_ms = options->again_ms > 0 ? options->again_ms : AGAIN_MS },
        .roster = &n->roster,
        .outbox = options->outbox,
        .looks_anew = true,
    };
    err = open_all(n);
    if (!err)
        err = -pthread_create(&n->thread, NULL, run, n);
    if (err) {
        close_all(n);
        return err;
    }
    *np = n;
    return 0;
}

void notify_stop(struct notify *n)
{
    if (!n)
        return;
    atomic_store(&n->stopping, true);
    webhook_pool_wake(n->environment.pool);
    pthread_join(n->thread, NULL);
    close_all(n);
}

void notify_wake(struct notify *n)
{
    atomic_store(&n->woken, true);
    webhook_pool_wake(n->environment.pool);
}

void notify_read_stats(struct notify *n, struct notify_stats *stats)
{
    stats->delivered = atomic_load(&n->delivered);
    stats->failed = atomic_load(&n->failed);
    stats->dead = atomic_load(&n->dead);
    stats->polls_failed = atomic_load(&n->polls_failed);
}

void notify_hear(struct notify *n, struct slice line)
{
    int64_t steady_ms = read_clock_ms(CLOCK_MONOTONIC);

    if (!hearing_note(&n->hearing, line, steady_ms))
        return;
    atomic_store(&n->eager_until_ms, steady_ms + EAGER_FOR_MS);
    notify_wake(n);
}
