#include "probe/notify/alert_feed.h"

#include "probe/state/own_alerts.h"

#include <errno.h>
#include <stdlib.h>

/* A page of a walk through the alerts, newest first; how many are open at most; and how many of those
 * that lie further back are asked after in one look. */
enum { PAGE = 64, OPEN_ALERTS_MAX = ALERT_FEED_MAX, TURN = 64 };

struct walk {
    struct alert_feed *feed;
    struct outbox *outbox;
    bool keeps_all;   /* also what has not changed */
    uint64_t last_id; /* the oldest that was looked at; 0: none */
    uint64_t only_id; /* 0: any */
    size_t rows, unseen;
    int err;
};

/* The probe's store, and our own: both newest first. */
typedef int (*source_fn)(void *from, uint64_t before, size_t limit, query_row_fn row, void *ctx);

static int list_store(void *from, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    int err = from ? query_alerts(from, before, limit, row, ctx) : 0;

    return err == -ENOENT ? 0 : err; /* it is being made, or a day is just forgotten */
}

struct own_list {
    query_row_fn row;
    void *ctx;
};

static bool own_row(void *ctx, const struct alert_record *alert)
{
    const struct own_list *l = ctx;

    return l->row(l->ctx, alert);
}

static int list_own(void *from, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    struct own_list l = { row, ctx };

    return own_alerts_list(from, before, limit, own_row, &l);
}

static int keep(struct alert_feed *feed, const struct alert_record *alert)
{
    if (!feed->alerts)
        feed->alerts = calloc(ALERT_FEED_MAX, sizeof *feed->alerts);
    if (!feed->alerts)
        return -ENOMEM;
    feed->alerts[feed->count] = record_clone(&record_type_alert, alert);
    if (!feed->alerts[feed->count])
        return -ENOMEM;
    feed->count++;
    return 0;
}

static bool is_over(struct slice state)
{
    return slice_eq(state, SLICE("resolved")) || slice_eq(state, SLICE("passed"));
}

/* 1: nothing new about it, 0: something, or −errno. */
static int is_seen(struct outbox *o, const struct alert_record *alert)
{
    struct outbox_seen seen = { .state = "" };
    int found = outbox_find_seen(o, alert->id, &seen);
    struct slice state = slice_of_text(seen.state);

    if (found != 1)
        return found;
    /* What is done is news again only when it comes back. History that still fires stays history. */
    if (seen.is_done)
        return !is_over(state) || is_over(alert->state);
    return slice_eq(alert->state, state) &&
           (seen.changed_ns == 0 || seen.changed_ns == alert->changed_time);
}

static bool take_row(void *ctx, const void *record)
{
    const struct alert_record *alert = record;
    struct walk *w = ctx;
    int seen;

    if (w->only_id && alert->id != w->only_id)
        return false; /* it is no longer there: what came is the next older one */
    w->rows++;
    w->last_id = alert->id;
    seen = w->keeps_all ? 0 : is_seen(w->outbox, alert);
    if (seen == 1)
        return true;
    w->unseen++;
    w->err = seen < 0 ? seen : keep(w->feed, alert);
    return w->err == 0 && w->feed->count < ALERT_FEED_MAX;
}

/* When it came to be as it is. */
static int64_t event_time(const struct alert_record *a)
{
    if (a->changed_time != RECORD_NONE)
        return a->changed_time;
    return a->ended_time != RECORD_NONE ? a->ended_time : a->time;
}

static int by_event(const void *left, const void *right)
{
    const struct alert_record *a = *(struct alert_record *const *)left;
    const struct alert_record *b = *(struct alert_record *const *)right;

    if (event_time(a) != event_time(b))
        return event_time(a) < event_time(b) ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int walk_pages(struct walk *w, source_fn list, void *from, bool everything)
{
    w->last_id = 0;
    do {
        int err;

        w->rows = 0;
        w->unseen = 0;
        err = list(from, w->last_id, PAGE, take_row, w);
        if (err || w->err)
            return err ? err : w->err;
    } while (w->rows == PAGE && w->feed->count < ALERT_FEED_MAX && (everything || w->unseen));
    return 0;
}

/* One alert, wherever it is. */
static int ask_after(struct walk *w, struct query *q, uint64_t id)
{
    struct alert_record *own = NULL;
    int err = own_alerts_find(outbox_state(w->outbox), id, &own);

    if (w->feed->count >= ALERT_FEED_MAX || id == 0)
        err = err < 0 ? err : 0;
    else if (err == 1)
        take_row(w, own);
    else if (err == 0 && id < UINT64_MAX) {
        w->only_id = id;
        err = list_store(q, id + 1, 1, take_row, w);
        w->only_id = 0;
    }
    free(own);
    return err < 0 ? err : w->err;
}

static bool is_there(const struct alert_feed *feed, uint64_t id)
{
    for (size_t i = 0; i < feed->count; i++) {
        if (feed->alerts[i]->id == id)
            return true;
    }
    return false;
}

/* Those that were open and lie further back than the walk went: some in each look, in turn. */
static int ask_after_open(struct walk *w, struct query *q, uint64_t before, uint64_t *turn)
{
    uint64_t *open = malloc(OPEN_ALERTS_MAX * sizeof *open);
    int64_t count, asked = 0;
    int err = 0;

    if (!open)
        return -ENOMEM;
    count = outbox_open_alerts(w->outbox, open, OPEN_ALERTS_MAX);
    for (int64_t i = 0; i < count && !err && asked < TURN; i++) {
        if (open[i] >= before || (*turn && open[i] >= *turn))
            continue;
        err = ask_after(w, q, open[i]);
        asked++;
        if (asked == TURN)
            *turn = open[i];
    }
    if (asked < TURN)
        *turn = 0; /* from the newest again */
    free(open);
    return count < 0 ? (int)count : err;
}

static int ask_after_hints(struct walk *w, struct query *q, const struct alert_look *look)
{
    int err = 0;

    for (size_t i = 0; i < look->hint_count && !err; i++) {
        if (!is_there(w->feed, look->hints[i]))
            err = ask_after(w, q, look->hints[i]);
    }
    return err;
}

static int read_all(struct alert_feed *feed, struct query *q, struct outbox *o,
                    const struct alert_look *look)
{
    struct walk w = { .feed = feed, .outbox = o };
    uint64_t walked_to;
    bool whole;
    int err = walk_pages(&w, list_own, outbox_state(o), look->everything);

    if (err)
        return err;
    err = walk_pages(&w, list_store, q, look->everything);
    if (err)
        return err;
    walked_to = w.last_id;
    whole = w.rows < PAGE;
    err = ask_after_hints(&w, q, look);
    if (!err && !whole)
        err = ask_after_open(&w, q, walked_to, look->turn);
    else if (feed->count < ALERT_FEED_MAX) /* to the end of the store */
        feed->oldest = walked_to;
    return err;
}

int alert_feed_read(struct alert_feed *feed, struct query *q, struct outbox *o,
                    const struct alert_look *look)
{
    int err = read_all(feed, q, o, look);

    if (feed->count)
        qsort(feed->alerts, feed->count, sizeof *feed->alerts, by_event);
    return err;
}

int alert_feed_read_open(struct alert_feed *feed, struct query *q, struct outbox *o)
{
    struct walk w = { .feed = feed, .outbox = o, .keeps_all = true };
    uint64_t *open = malloc(OPEN_ALERTS_MAX * sizeof *open);
    int64_t count;
    int err = 0;

    if (!open)
        return -ENOMEM;
    count = outbox_open_alerts(o, open, OPEN_ALERTS_MAX);
    for (int64_t i = 0; i < count && !err; i++)
        err = ask_after(&w, q, open[i]);
    free(open);
    if (feed->count)
        qsort(feed->alerts, feed->count, sizeof *feed->alerts, by_event);
    return count < 0 ? (int)count : err;
}

void alert_feed_free_alert(struct alert_record *alert)
{
    free(alert);
}

void alert_feed_reset(struct alert_feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        free(feed->alerts[i]);
    free(feed->alerts);
    *feed = (struct alert_feed){ NULL, 0, 0 };
}

static bool mark_row(void *ctx, const void *record)
{
    const struct alert_record *alert = record;
    struct walk *w = ctx;

    w->rows++;
    w->err = outbox_note_seen(w->outbox, alert->id, alert->changed_time, alert->state,
                              !slice_eq(alert->state, SLICE("pending")));
    return w->err == 0;
}

int64_t alert_feed_mark_done(struct query *q, struct outbox *o)
{
    struct walk w = { .outbox = o };
    int err = list_own(outbox_state(o), 0, 0, mark_row, &w);

    if (!err && !w.err)
        err = list_store(q, 0, 0, mark_row, &w);
    if (!err)
        err = w.err;
    return err ? err : (int64_t)w.rows;
}
