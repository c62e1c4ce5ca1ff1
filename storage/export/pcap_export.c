#include "storage/export/pcap_export.h"

#include "storage/packets/chunk_cursor.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <stdlib.h>

enum {
    FILE_HEADER_BYTES = 24,
    RECORD_HEADER_BYTES = 16,
    NS_PER_S = 1000000000,
};
#define PCAP_MAGIC_NS 0xa1b23c4du

/* One of the sources that are merged. */
struct export_source {
    struct chunk_cursor cursor;
    bool has_frame;
};

struct pcap_export {
    struct chunk_scope scope;
    size_t source_count;
    uint32_t link_type;
    bool has_link_type;
    uint64_t frames, left_out;
    int error;                     /* met while reading ahead; told once what came before is out */
    struct export_source *current; /* whose frame is going out */
    uint8_t header[FILE_HEADER_BYTES];  /* of the file, then of each record */
    uint32_t header_bytes, header_done; /* a reader's room may end anywhere */
    uint32_t data_done;
    struct export_source sources[];
};

/* Little-endian, as nearly every pcap is. */
static void put_le(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++, v >>= 8)
        p[i] = (uint8_t)v;
}

static void put_file_header(struct pcap_export *x)
{
    uint8_t *p = x->header;

    put_le(p, PCAP_MAGIC_NS, 4);
    put_le(p + 4, 2, 2);
    put_le(p + 6, 4, 2);
    put_le(p + 8, 0, 8);
    put_le(p + 16, CHUNK_FRAME_MAX, 4);
    put_le(p + 20, x->has_link_type ? x->link_type : 1, 4);
    x->header_bytes = FILE_HEADER_BYTES;
}

static void put_record_header(struct pcap_export *x, const struct chunk_frame *f)
{
    int64_t time = f->time_ns > 0 ? f->time_ns : 0;

    put_le(x->header, (uint64_t)time / NS_PER_S, 4);
    put_le(x->header + 4, (uint64_t)time % NS_PER_S, 4);
    put_le(x->header + 8, f->captured_bytes, 4);
    put_le(x->header + 12, f->wire_bytes, 4);
    x->header_bytes = RECORD_HEADER_BYTES;
    x->header_done = 0;
    x->data_done = 0;
}

/* The source's next frame that this file can hold. */
static int advance(struct pcap_export *x, struct export_source *s)
{
    int entry;

    s->has_frame = false;
    while ((entry = chunk_cursor_next(&s->cursor)) > CHUNK_END) {
        if (entry != CHUNK_FRAME)
            continue;
        if (x->has_link_type && s->cursor.current->header.link_type != x->link_type) {
            x->left_out++;
            continue;
        }
        s->has_frame = true;
        return 0;
    }
    return entry;
}

static struct export_source *earliest(struct pcap_export *x)
{
    struct export_source *best = NULL;

    for (size_t i = 0; i < x->source_count; i++) {
        struct export_source *s = &x->sources[i];

        if (s->has_frame &&
            (!best || s->cursor.reader.frame.time_ns < best->cursor.reader.frame.time_ns))
            best = s;
    }
    return best;
}

/* The link type of the first frame is that of the file; a source whose first frame has another one
 * goes on to what fits. */
static int choose_link_type(struct pcap_export *x)
{
    struct export_source *first = earliest(x);

    if (!first)
        return 0;
    x->link_type = first->cursor.current->header.link_type;
    x->has_link_type = true;
    for (size_t i = 0; i < x->source_count; i++) {
        struct export_source *s = &x->sources[i];

        if (s->has_frame && s->cursor.current->header.link_type != x->link_type) {
            int err;

            x->left_out++;
            err = advance(x, s);
            if (err)
                return err;
        }
    }
    return 0;
}

static uint64_t damaged(const struct pcap_export *x)
{
    uint64_t n = 0;

    for (size_t i = 0; i < x->source_count; i++)
        n += x->sources[i].cursor.damaged;
    return n;
}

int pcap_export_open(struct pcap_export **xp, const char *store_dir, uint64_t id)
{
    struct pcap_export *x;
    struct chunk_scope scope;
    int err = chunk_scope_init(&scope, store_dir, id);

    if (err)
        return err;
    x = calloc(1, sizeof *x + (scope.id_count + 1) * sizeof x->sources[0]);
    if (!x) {
        chunk_scope_fini(&scope);
        return -ENOMEM;
    }
    x->scope = scope;
    chunk_cursor_init(&x->sources[x->source_count++].cursor, &x->scope, id, PACKET_SIP);
    for (size_t i = 0; i < scope.id_count; i++)
        chunk_cursor_init(&x->sources[x->source_count++].cursor, &x->scope, scope.ids[i],
                          PACKET_MEDIA);
    for (size_t i = 0; i < x->source_count && err == 0; i++)
        err = advance(x, &x->sources[i]);
    if (err == 0)
        err = choose_link_type(x);
    if (err == 0 && !x->has_link_type && damaged(x) == 0)
        err = -ENOENT;
    if (err) {
        pcap_export_close(x);
        return err;
    }
    put_file_header(x);
    *xp = x;
    return 0;
}

void pcap_export_close(struct pcap_export *x)
{
    if (!x)
        return;
    for (size_t i = 0; i < x->source_count; i++)
        chunk_cursor_fini(&x->sources[i].cursor);
    chunk_scope_fini(&x->scope);
    free(x);
}

static size_t copy_some(uint8_t *out, size_t room, const uint8_t *from, uint32_t len,
                        uint32_t *done)
{
    size_t n = len - *done < room ? len - *done : room;

    memcpy(out, from + *done, n);
    *done += (uint32_t)n;
    return n;
}

/* What is left of the header or frame that is going out. */
static size_t copy_out(struct pcap_export *x, uint8_t *out, size_t room)
{
    size_t n = copy_some(out, room, x->header, x->header_bytes, &x->header_done);
    const struct chunk_frame *f;

    if (!x->current || x->header_done < x->header_bytes)
        return n;
    f = &x->current->cursor.reader.frame;
    n += copy_some(out + n, room - n, f->data, f->captured_bytes, &x->data_done);
    if (x->data_done == f->captured_bytes) {
        x->frames++;
        x->error = advance(x, x->current);
        x->current = NULL;
    }
    return n;
}

int64_t pcap_export_read(struct pcap_export *x, uint8_t *out, size_t room)
{
    size_t n = 0;

    while (n < room && x->error == 0) {
        if (!x->current && x->header_done == x->header_bytes) {
            x->current = earliest(x);
            if (!x->current)
                break;
            put_record_header(x, &x->current->cursor.reader.frame);
        }
        n += copy_out(x, out + n, room - n);
    }
    return n ? (int64_t)n : x->error;
}

uint64_t pcap_export_frames(const struct pcap_export *x)
{
    return x->frames;
}

uint64_t pcap_export_damaged(const struct pcap_export *x)
{
    return damaged(x);
}

uint64_t pcap_export_left_out(const struct pcap_export *x)
{
    return x->left_out;
}
