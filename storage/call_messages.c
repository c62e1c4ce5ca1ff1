#include "storage/call_messages.h"

#include "storage/chunk_cursor.h"
#include "storage/packet_log.h"

#include <errno.h>

int call_messages_read(const char *store_dir, uint64_t id, call_message_fn row, void *ctx)
{
    struct chunk_scope scope;
    struct chunk_cursor cursor;
    bool any = false;
    int entry, err = chunk_scope_init(&scope, store_dir, id);

    if (err)
        return err;
    chunk_cursor_init(&cursor, &scope, id, PACKET_SIP);
    while ((entry = chunk_cursor_next(&cursor)) > CHUNK_END) {
        struct stored_message m = { .time_ns = cursor.reader.message.time_ns,
                                    .src = cursor.reader.message.src,
                                    .dst = cursor.reader.message.dst,
                                    .raw = cursor.reader.message.text };

        any = true;
        if (entry != CHUNK_FRAME && !row(ctx, &m))
            break;
    }
    if (entry < 0)
        err = entry;
    else if (!any && !scope.is_known)
        err = -ENOENT;
    chunk_cursor_fini(&cursor);
    chunk_scope_fini(&scope);
    return err;
}
