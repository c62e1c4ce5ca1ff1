#include "storage/packets/call_frames.h"

#include "storage/packets/chunk_cursor.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <stdlib.h>

struct frames_source {
    struct chunk_cursor cursor;
    bool has_frame;
};

struct call_frames {
    struct chunk_scope scope;
    struct frames_source *lent; /* whose frame the caller has; NULL: none */
    size_t source_count;
    struct frames_source sources[];
};

static int advance(struct frames_source *s)
{
    int entry;

    s->has_frame = false;
    while ((entry = chunk_cursor_next(&s->cursor)) > CHUNK_END) {
        if (entry == CHUNK_FRAME) {
            s->has_frame = true;
            return 0;
        }
    }
    return entry;
}

int call_frames_open(struct call_frames **fp, const char *store_dir, uint64_t id)
{
    struct call_frames *f;
    struct chunk_scope scope;
    int err = chunk_scope_init(&scope, store_dir, id);

    if (err)
        return err;
    f = calloc(1, sizeof *f + scope.id_count * sizeof f->sources[0]);
    if (!f) {
        chunk_scope_fini(&scope);
        return -ENOMEM;
    }
    f->scope = scope;
    f->source_count = scope.id_count;
    for (size_t i = 0; i < f->source_count; i++)
        chunk_cursor_init(&f->sources[i].cursor, &f->scope, scope.ids[i], PACKET_MEDIA);
    for (size_t i = 0; i < f->source_count && err == 0; i++)
        err = advance(&f->sources[i]);
    if (err) {
        call_frames_close(f);
        return err;
    }
    *fp = f;
    return 0;
}

void call_frames_close(struct call_frames *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->source_count; i++)
        chunk_cursor_fini(&f->sources[i].cursor);
    chunk_scope_fini(&f->scope);
    free(f);
}

static struct frames_source *earliest(struct call_frames *f)
{
    struct frames_source *best = NULL;

    for (size_t i = 0; i < f->source_count; i++) {
        struct frames_source *s = &f->sources[i];

        if (s->has_frame &&
            (!best || s->cursor.reader.frame.time_ns < best->cursor.reader.frame.time_ns))
            best = s;
    }
    return best;
}

int call_frames_next(struct call_frames *f, struct frame *frame)
{
    const struct chunk_frame *next;
    int err = f->lent ? advance(f->lent) : 0;

    f->lent = NULL;
    if (err)
        return err;
    f->lent = earliest(f);
    if (!f->lent)
        return 0;
    next = &f->lent->cursor.reader.frame;
    *frame = (struct frame){ .time_ns = next->time_ns,
                             .data = next->data,
                             .captured_bytes = next->captured_bytes,
                             .wire_bytes = next->wire_bytes,
                             .link_type = f->lent->cursor.current->header.link_type };
    return 1;
}

uint64_t call_frames_cut(const struct call_frames *f)
{
    uint64_t n = 0;

    for (size_t i = 0; i < f->source_count; i++)
        n += f->sources[i].cursor.cut;
    return n;
}

uint64_t call_frames_damaged(const struct call_frames *f)
{
    uint64_t n = 0;

    for (size_t i = 0; i < f->source_count; i++)
        n += f->sources[i].cursor.damaged;
    return n;
}
