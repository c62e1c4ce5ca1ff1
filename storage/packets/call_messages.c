#include "storage/packets/call_messages.h"

#include "storage/packets/chunk_cursor.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <stdlib.h>

/* A call, and the message of it whose turn comes next. */
struct message_source {
    uint64_t id;
    struct chunk_scope scope;
    struct chunk_cursor cursor;
    bool has_next;
    bool is_known;
    struct stored_message next; /* points into the cursor */
};

static int step(struct message_source *s)
{
    int entry;

    s->has_next = false;
    while ((entry = chunk_cursor_next(&s->cursor)) > CHUNK_END) {
        s->is_known = true;
        if (entry == CHUNK_FRAME)
            continue;
        s->next = (struct stored_message){ .call = s->id,
                                           .time_ns = s->cursor.reader.message.time_ns,
                                           .src = s->cursor.reader.message.src,
                                           .dst = s->cursor.reader.message.dst,
                                           .raw = s->cursor.reader.message.text };
        s->has_next = true;
        return 0;
    }
    return entry < 0 ? entry : 0;
}

static int source_open(struct message_source *s, const char *store_dir, uint64_t id)
{
    int err;

    s->id = id;
    err = chunk_scope_init(&s->scope, store_dir, id);
    if (err)
        return err;
    s->is_known = s->scope.is_known;
    chunk_cursor_init(&s->cursor, &s->scope, id, PACKET_SIP);
    return 0;
}

static void source_close(struct message_source *s)
{
    chunk_cursor_fini(&s->cursor);
    chunk_scope_fini(&s->scope);
}

/* Of messages of one instant, that of the call which was named first. */
static struct message_source *oldest(struct message_source *sources, size_t count)
{
    struct message_source *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (sources[i].has_next && (!found || sources[i].next.time_ns < found->next.time_ns))
            found = &sources[i];
    }
    return found;
}

static int read_all(struct message_source *sources, size_t count, call_message_fn row, void *ctx)
{
    struct message_source *s;
    bool any = false;
    int err = 0;

    for (size_t i = 0; i < count && err == 0; i++) {
        err = step(&sources[i]);
        any = any || sources[i].is_known;
    }
    if (err == 0 && !any)
        return -ENOENT;
    while (err == 0 && (s = oldest(sources, count)) != NULL) {
        if (!row(ctx, &s->next))
            break;
        err = step(s);
    }
    return err;
}

int call_messages_read_all(const char *store_dir, const uint64_t *ids, size_t count,
                           call_message_fn row, void *ctx)
{
    struct message_source *sources;
    size_t open = 0;
    int err = 0;

    if (count > CALL_MESSAGES_CALLS_MAX)
        return -E2BIG;
    sources = calloc(count ? count : 1, sizeof *sources);
    if (!sources)
        return -ENOMEM;
    while (open < count && err == 0) {
        err = source_open(&sources[open], store_dir, ids[open]);
        open += err == 0;
    }
    if (err == 0)
        err = read_all(sources, open, row, ctx);
    for (size_t i = 0; i < open; i++)
        source_close(&sources[i]);
    free(sources);
    return err;
}

int call_messages_read(const char *store_dir, uint64_t id, call_message_fn row, void *ctx)
{
    return call_messages_read_all(store_dir, &id, 1, row, ctx);
}
