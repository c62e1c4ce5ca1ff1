#include "probe/web/live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Bytes of a message are never split: one that does not fit before the end of the block starts
 * at its beginning. The kept messages first..next−1 lie in order round the block; before bytes are
 * overwritten, the messages that own them are given up, oldest first.
 */

int live_init(struct live *l)
{
    char *bytes = malloc(LIVE_BACKLOG_BYTES);
    struct live_message *messages = calloc(LIVE_BACKLOG_MESSAGES, sizeof *messages);
    uint64_t *keys = calloc(LIVE_BACKLOG_MESSAGES, sizeof *keys);

    if (!bytes || !messages || !keys) {
        free(bytes);
        free(messages);
        free(keys);
        return -ENOMEM;
    }
    *l = (struct live){ .bytes = bytes, .messages = messages, .keys = keys, .first = 1, .next = 1 };
    return 0;
}

void live_fini(struct live *l)
{
    free(l->bytes);
    free(l->messages);
    free(l->keys);
    *l = (struct live){ 0 };
}

static bool overlaps(const struct live_message *m, size_t offset, size_t len)
{
    return m->offset < offset + len && offset < m->offset + m->len;
}

/* The version before it is outdated. Keys of messages that have left the ring harm nobody: their
 * places are marked anew when they are used again. */
static void outdate(struct live *l, uint64_t key)
{
    for (size_t i = 0; i < LIVE_BACKLOG_MESSAGES; i++) {
        if (l->keys[i] == key) {
            l->keys[i] = 0;
            l->messages[i].is_outdated = true;
            return; /* older ones have been marked by this one */
        }
    }
}

/* As probe/engine/feed_lines.c ends the line of a call. */
static bool is_passing(struct slice message)
{
    static const struct slice end = SLICE_INIT("\"event\":\"changed\"}");

    return message.len >= end.len && memcmp(message.p + message.len - end.len, end.p, end.len) == 0;
}

bool live_push(struct live *l, struct slice message, uint64_t key)
{
    struct live_message *slot = &l->messages[l->next % LIVE_BACKLOG_MESSAGES];
    size_t offset = l->head;

    if (message.len == 0)
        return true;
    if (message.len > LIVE_BACKLOG_BYTES / 2)
        return false;
    if (offset + message.len > LIVE_BACKLOG_BYTES) {
        /* What still lies between here and the end is older than all at the beginning. */
        while (l->first < l->next && l->messages[l->first % LIVE_BACKLOG_MESSAGES].offset >= offset)
            l->first++;
        offset = 0;
    }
    while (l->first < l->next &&
           (l->next - l->first == LIVE_BACKLOG_MESSAGES ||
            overlaps(&l->messages[l->first % LIVE_BACKLOG_MESSAGES], offset, message.len)))
        l->first++;
    if (key)
        outdate(l, key);
    memcpy(l->bytes + offset, message.p, message.len);
    *slot = (struct live_message){ .offset = offset,
                                   .len = message.len,
                                   .is_passing = is_passing(message) };
    l->keys[l->next % LIVE_BACKLOG_MESSAGES] = key;
    l->head = offset + message.len;
    l->next++;
    return true;
}

uint64_t live_join(const struct live *l)
{
    return l->next;
}

static bool is_spared(const struct live *l, uint64_t position)
{
    const struct live_message *m = &l->messages[position % LIVE_BACKLOG_MESSAGES];

    return m->is_outdated || (l->is_thin && m->is_passing);
}

enum live_read live_read(const struct live *l, uint64_t *position, struct slice *message,
                         uint64_t *dropped, uint64_t *skipped)
{
    const struct live_message *m;

    if (*position < l->first) {
        *dropped = l->first - *position;
        *position = l->first;
        return LIVE_READ_DROPPED;
    }
    while (l->next - *position > LIVE_BEHIND && is_spared(l, *position)) {
        ++*position;
        ++*skipped;
    }
    if (*position == l->next)
        return LIVE_READ_NONE;
    m = &l->messages[*position % LIVE_BACKLOG_MESSAGES];
    *message = slice_of(l->bytes + m->offset, m->len);
    ++*position;
    return LIVE_READ_MESSAGE;
}

/* Of a text frame that is whole and not masked, as a server's are; the number of bytes. */
static size_t frame_head(unsigned char out[4], size_t len)
{
    out[0] = 0x81;
    if (len < 126) {
        out[1] = (unsigned char)len;
        return 2;
    }
    out[1] = 126;
    out[2] = (unsigned char)(len >> 8);
    out[3] = (unsigned char)len;
    return 4;
}

size_t live_frame(unsigned char *out, size_t room, uint64_t number, struct slice message)
{
    char front[40];
    size_t front_len = (size_t)snprintf(front, sizeof front, "{\"seq\":%" PRIu64 "%s", number,
                                        message.len > 2 ? "," : "");
    size_t len = front_len + message.len - 1, head;

    if (len > UINT16_MAX || len + 4 > room)
        return 0;
    head = frame_head(out, len);
    memcpy(out + head, front, front_len);
    memcpy(out + head + front_len, message.p + 1, message.len - 1);
    return head + len;
}

size_t live_read_frames(const struct live *l, uint64_t *position, unsigned char *out, size_t room,
                        uint64_t *skipped, const struct live_view *view)
{
    size_t len = 0;

    while (*position >= l->first) {
        uint64_t at = *position, passed = *skipped, dropped;
        struct slice message;
        size_t n;

        if (live_read(l, &at, &message, &dropped, &passed) != LIVE_READ_MESSAGE) {
            *position = at;
            *skipped = passed;
            break;
        }
        if (view && view->show)
            message = view->show(view->ctx, message);
        n = live_frame(out + len, room - len, at - 1, message);
        if (n == 0)
            break;
        len += n;
        *position = at;
        *skipped = passed;
    }
    return len;
}
