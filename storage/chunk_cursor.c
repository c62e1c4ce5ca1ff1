#include "storage/chunk_cursor.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/segment.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void chunk_cursor_init(struct chunk_cursor *c, const struct chunk_scope *scope, uint64_t id,
                       uint8_t kind)
{
    *c = (struct chunk_cursor){ .scope = scope, .id = id, .kind = kind, .fd = -1 };
    while (c->next_day < scope->day_count && scope->days[c->next_day] < record_id_day(id))
        c->next_day++;
}

static void close_file(struct chunk_cursor *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

void chunk_cursor_fini(struct chunk_cursor *c)
{
    close_file(c);
    free(c->places);
    free(c->stored);
    free(c->raw);
    c->places = NULL;
    c->stored = c->raw = NULL;
}

/* The index of the next day that knows chunks; false at the end, *err set when that is a failure. */
static bool load_day(struct chunk_cursor *c, int *err)
{
    const struct chunk_scope *scope = c->scope;

    while (c->next_day < scope->day_count && scope->days[c->next_day] <= scope->until_day) {
        struct sqlite3 *db;

        c->day = scope->days[c->next_day++];
        close_file(c);
        free(c->places);
        c->places = NULL;
        c->place_count = c->next_place = 0;
        *err = day_db_open_read(&db, scope->store_dir, c->day);
        if (*err == -ENOENT)
            continue;
        if (*err)
            return false;
        *err = chunk_index_find(db, c->id, c->kind, &c->places, &c->place_count);
        day_db_close(db);
        if (*err || c->place_count)
            return *err == 0;
    }
    *err = 0;
    return false;
}

static int make_buffers(struct chunk_cursor *c)
{
    if (!c->stored)
        c->stored = malloc(CHUNK_STORED_MAX);
    if (!c->raw)
        c->raw = malloc(CHUNK_RAW_MAX);
    return c->stored && c->raw ? 0 : -ENOMEM;
}

static enum chunk_parse load_chunk(struct chunk_cursor *c, const struct chunk_place *place)
{
    enum chunk_parse result;

    if (c->fd < 0 || c->fd_segment != place->segment) {
        close_file(c);
        c->fd = segment_open_read(c->scope->store_dir, c->day, c->kind, place->segment);
        c->fd_segment = place->segment;
        if (c->fd < 0)
            return CHUNK_SHORT;
    }
    result = segment_read(c->fd, place, c->stored, c->raw, &c->header);
    if (result == CHUNK_OK && (c->header.id != c->id || c->header.kind != c->kind))
        result = CHUNK_BAD_FIELD;
    return result;
}

/* The next chunk that is whole: 1; 0 at the end; −errno. */
static int next_chunk(struct chunk_cursor *c)
{
    int err = make_buffers(c);

    if (err)
        return err;
    for (;;) {
        enum chunk_parse result;

        if (c->next_place == c->place_count && !load_day(c, &err))
            return err;
        result = load_chunk(c, &c->places[c->next_place]);
        if (result == CHUNK_OK) {
            c->next_place++;
            c->reader = chunk_reader_of(c->raw, c->header.raw_bytes);
            return 1;
        }
        log_warn("store: a chunk of call %016llx (segment %u, byte %llu) is %s: left out",
                 (unsigned long long)c->id, (unsigned)c->places[c->next_place].segment,
                 (unsigned long long)c->places[c->next_place].offset, chunk_parse_text(result));
        c->damaged++;
        c->next_place++;
    }
}

int chunk_cursor_next(struct chunk_cursor *c)
{
    for (;;) {
        enum chunk_entry entry = chunk_read(&c->reader);
        int got;

        if (entry == CHUNK_FRAME || entry == CHUNK_MESSAGE)
            return (int)entry;
        if (entry == CHUNK_BROKEN) /* the checksum was right: not written by us */
            c->damaged++;
        got = next_chunk(c);
        if (got <= 0)
            return got ? got : CHUNK_END;
    }
}
