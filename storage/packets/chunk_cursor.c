#include "storage/packets/chunk_cursor.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"

#include <errno.h>
#include <stdlib.h>

void chunk_cursor_init(struct chunk_cursor *c, const struct chunk_scope *scope, uint64_t id,
                       uint8_t kind)
{
    *c = (struct chunk_cursor){ .scope = scope, .id = id, .kind = kind };
    chunk_loader_init(&c->loader, scope->store_dir);
    while (c->next_day < scope->day_count && scope->days[c->next_day] < record_id_day(id))
        c->next_day++;
}

void chunk_cursor_fini(struct chunk_cursor *c)
{
    chunk_loader_fini(&c->loader);
    free(c->places);
    c->places = NULL;
    for (size_t i = 0; i < CHUNK_CURSOR_LOADED; i++) {
        free(c->loaded[i].raw);
        free(c->loaded[i].units);
        c->loaded[i] = (struct cursor_chunk){ .raw = NULL };
    }
}

/* The index of the next day that knows chunks; false at the end, *err set when that is a failure. */
static bool load_day(struct chunk_cursor *c, int *err)
{
    const struct chunk_scope *scope = c->scope;

    while (c->next_day < scope->day_count && scope->days[c->next_day] <= scope->until_day) {
        struct sqlite3 *db;

        c->day = scope->days[c->next_day++];
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

static enum chunk_parse load_chunk(struct chunk_cursor *c, const struct chunk_place *place,
                                   struct cursor_chunk *to)
{
    enum chunk_parse result;

    if (!to->raw)
        to->raw = malloc(CHUNK_RAW_MAX);
    if (!to->raw)
        return CHUNK_NO_MEMORY;
    result = chunk_loader_read(&c->loader, c->day, c->kind, place, to->raw, &to->header);
    if (result == CHUNK_OK && to->header.id != c->id)
        result = CHUNK_BAD_FIELD;
    return result;
}

static int add_unit(struct cursor_chunk *to, int64_t time_ns, size_t offset)
{
    if (to->unit_count == to->unit_room) {
        size_t room = to->unit_room ? to->unit_room * 2 : 64;
        struct cursor_unit *grown = realloc(to->units, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        to->units = grown;
        to->unit_room = room;
    }
    to->units[to->unit_count++] = (struct cursor_unit){ time_ns, (uint32_t)offset };
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct cursor_unit *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Where each entry begins, by time. */
static int index_chunk(struct chunk_cursor *c, struct cursor_chunk *to)
{
    struct chunk_reader r = chunk_reader_of(to->raw, to->header.raw_bytes);
    bool in_order = true;
    int err = 0;

    to->unit_count = to->next_unit = 0;
    to->turn = ++c->loads;
    while (err == 0) {
        size_t offset = to->header.raw_bytes - r.left.len;
        enum chunk_entry entry = chunk_read(&r);
        int64_t time_ns = entry == CHUNK_FRAME ? r.frame.time_ns : r.message.time_ns;

        if (entry == CHUNK_BROKEN) /* the checksum was right: not written by us */
            c->damaged++;
        if (entry == CHUNK_END || entry == CHUNK_BROKEN)
            break;
        if (entry == CHUNK_MESSAGE)
            continue;
        if (to->unit_count && to->units[to->unit_count - 1].time_ns > time_ns)
            in_order = false;
        err = add_unit(to, time_ns, offset);
    }
    if (!in_order && err == 0)
        qsort(to->units, to->unit_count, sizeof *to->units, by_time);
    return err;
}

static bool is_loaded(const struct cursor_chunk *chunk)
{
    return chunk->next_unit < chunk->unit_count;
}

/* The next chunk, if it is whole. */
static int load_next(struct chunk_cursor *c, struct cursor_chunk *to)
{
    const struct chunk_place *place = &c->places[c->next_place++];
    enum chunk_parse result = load_chunk(c, place, to);

    if (result == CHUNK_NO_MEMORY)
        return -ENOMEM;
    if (result == CHUNK_OK) {
        c->cut += to->header.cut_frames;
        return index_chunk(c, to);
    }
    log_warn("store: a chunk of call %016llx (segment %u, byte %llu) is %s: left out",
             (unsigned long long)c->id, (unsigned)place->segment, (unsigned long long)place->offset,
             chunk_parse_text(result));
    c->damaged++;
    return 0;
}

static bool goes_before(const struct cursor_chunk *a, const struct cursor_chunk *b)
{
    int64_t x = a->units[a->next_unit].time_ns, y = b->units[b->next_unit].time_ns;

    return x != y ? x < y : a->turn < b->turn;
}

static struct cursor_chunk *earliest(struct chunk_cursor *c)
{
    struct cursor_chunk *best = NULL;

    for (size_t i = 0; i < CHUNK_CURSOR_LOADED; i++) {
        struct cursor_chunk *chunk = &c->loaded[i];

        if (is_loaded(chunk) && (!best || goes_before(chunk, best)))
            best = chunk;
    }
    return best;
}

static struct cursor_chunk *unused(struct chunk_cursor *c)
{
    for (size_t i = 0; i < CHUNK_CURSOR_LOADED; i++) {
        if (!is_loaded(&c->loaded[i]))
            return &c->loaded[i];
    }
    return NULL;
}

/* Loads what could hold the next entry; NULL at the end, *err set when that is a failure. */
static struct cursor_chunk *next_chunk(struct chunk_cursor *c, int *err)
{
    *err = 0;
    for (;;) {
        struct cursor_chunk *best = earliest(c), *to = unused(c);

        if (c->next_place == c->place_count) {
            if (best || !load_day(c, err))
                return best;
            continue;
        }
        if (best &&
            (!to || c->places[c->next_place].first_time > best->units[best->next_unit].time_ns))
            return best;
        *err = load_next(c, to);
        if (*err)
            return NULL;
    }
}

int chunk_cursor_next(struct chunk_cursor *c)
{
    struct cursor_chunk *chunk;
    enum chunk_entry entry;
    uint32_t offset;
    int err;

    if (c->current) {
        entry = chunk_read(&c->reader);
        if (entry == CHUNK_MESSAGE)
            return (int)entry;
        c->current = NULL;
    }
    chunk = next_chunk(c, &err);
    if (!chunk)
        return err ? err : CHUNK_END;
    offset = chunk->units[chunk->next_unit++].offset;
    c->current = chunk;
    c->reader = chunk_reader_of(chunk->raw + offset, chunk->header.raw_bytes - offset);
    return (int)chunk_read(&c->reader);
}
