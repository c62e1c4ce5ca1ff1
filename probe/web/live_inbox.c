#include "probe/web/live_inbox.h"

int live_inbox_init(struct live_inbox *b)
{
    *b = (struct live_inbox){ .lines = { .max_bytes = LIVE_INBOX_BYTES_MAX } };
    return -pthread_mutex_init(&b->lock, NULL);
}

void live_inbox_fini(struct live_inbox *b)
{
    strbuf_fini(&b->lines);
    pthread_mutex_destroy(&b->lock);
}

void live_inbox_add(struct live_inbox *b, struct slice line)
{
    pthread_mutex_lock(&b->lock);
    /* Whole lines only. */
    if (line.len <= LIVE_LINE_MAX_BYTES && strbuf_reserve(&b->lines, line.len + 1)) {
        strbuf_add_slice(&b->lines, line);
        strbuf_add_char(&b->lines, '\n');
    } else {
        b->lines.failed = false;
        b->dropped++;
    }
    pthread_mutex_unlock(&b->lock);
}

uint64_t live_inbox_take(struct live_inbox *b, live_line_fn line, void *ctx)
{
    struct strbuf lines;
    struct slice rest;
    uint64_t dropped;

    pthread_mutex_lock(&b->lock);
    lines = b->lines;
    b->lines = (struct strbuf){ .max_bytes = LIVE_INBOX_BYTES_MAX };
    dropped = b->dropped;
    b->dropped = 0;
    pthread_mutex_unlock(&b->lock);
    rest = strbuf_slice(&lines);
    while (rest.len)
        line(ctx, slice_cut(&rest, '\n'));
    strbuf_fini(&lines);
    return dropped;
}
