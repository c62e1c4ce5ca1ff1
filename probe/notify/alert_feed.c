#include "probe/notify/alert_feed.h"

#include <errno.h>
#include <stdlib.h>

/* A page of a walk through the alerts, newest first; and how many that are still firing are asked
 * after one by one. */
enum { PAGE = 256, OPEN_MAX_ALERTS = 1000 };

struct walk {
    struct alert_feed *feed;
    struct outbox *outbox;
    uint64_t last_id; /* the oldest that was looked at; 0: none */
    uint64_t only_id; /* 0: any */
    size_t rows, unseen;
    int err;
};

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

static bool take_row(void *ctx, const void *record)
{
    const struct alert_record *alert = record;
    struct walk *w = ctx;
    int seen;

    if (w->only_id && alert->id != w->only_id)
        return false; /* it is no longer there: what came is the next older one */
    w->rows++;
    w->last_id = alert->id;
    seen = outbox_is_seen(w->outbox, alert->id, alert->state);
    if (seen == 1)
        return true;
    w->unseen++;
    w->err = seen < 0 ? seen : keep(w->feed, alert);
    return w->err == 0 && w->feed->count < ALERT_FEED_MAX;
}

/* When it came to the state that it is in. */
static int64_t event_time(const struct alert_record *a)
{
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

static int walk_pages(struct walk *w, struct query *q, bool everything)
{
    do {
        int err;

        w->rows = 0;
        w->unseen = 0;
        err = query_alerts(q, w->last_id, PAGE, take_row, w);
        if (err || w->err)
            return err ? err : w->err;
    } while (w->rows == PAGE && w->feed->count < ALERT_FEED_MAX && (everything || w->unseen));
    return 0;
}

/* Those that were firing and lie further back than the walk went. */
static int ask_after_open(struct walk *w, struct query *q, uint64_t before)
{
    uint64_t *open = malloc(OPEN_MAX_ALERTS * sizeof *open);
    int64_t count;
    int err = 0;

    if (!open)
        return -ENOMEM;
    count = outbox_open_alerts(w->outbox, open, OPEN_MAX_ALERTS);
    for (int64_t i = 0; i < count && !err && w->feed->count < ALERT_FEED_MAX; i++) {
        if (open[i] >= before)
            continue;
        w->only_id = open[i];
        err = query_alerts(q, open[i] + 1, 1, take_row, w);
        if (!err)
            err = w->err;
    }
    free(open);
    return count < 0 ? (int)count : err;
}

int alert_feed_read(struct alert_feed *feed, struct query *q, struct outbox *o, bool everything)
{
    struct walk w = { .feed = feed, .outbox = o };
    int err = walk_pages(&w, q, everything);

    if (!err && w.rows == PAGE)
        err = ask_after_open(&w, q, w.last_id);
    else if (!err && feed->count < ALERT_FEED_MAX) /* to the end of the store */
        feed->oldest = w.last_id;
    if (feed->count)
        qsort(feed->alerts, feed->count, sizeof *feed->alerts, by_event);
    return err;
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
    w->err = outbox_note_seen(w->outbox, alert->id, SLICE("firing"));
    if (!w->err)
        w->err = outbox_note_seen(w->outbox, alert->id, SLICE("resolved"));
    return w->err == 0;
}

int64_t alert_feed_mark_seen(struct query *q, struct outbox *o)
{
    struct walk w = { .outbox = o };
    int err = query_alerts(q, 0, 0, mark_row, &w);

    if (!err)
        err = w.err;
    return err ? err : (int64_t)w.rows;
}
