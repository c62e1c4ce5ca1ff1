/*
 * chunk_cursor - the frames and messages of one call and one kind, in the order of their time.
 *
 * Asks the index of each day from the call's own on. Entries lie in chunks in the order in which
 * they were taken, and one that waited for others (a fragment) can be older than those before it,
 * even than those of the chunk before: so chunks that overlap in time are open side by side.
 *
 * Ownership  What the reader points to is lent until the next chunk_cursor_next.
 * Errors     A chunk that is missing or damaged is left out and counted. Packets whose payload is no
 *            longer kept end behind their headers, and are counted apart.
 */
#ifndef STORAGE_PACKETS_CHUNK_CURSOR_H
#define STORAGE_PACKETS_CHUNK_CURSOR_H

#include "storage/packets/chunk.h"
#include "storage/packets/chunk_loader.h"
#include "storage/packets/chunk_scope.h"

/* Beyond, what is older than its turn comes late. */
enum { CHUNK_CURSOR_LOADED = 16 };

/* An entry, and the messages of a frame. */
struct cursor_unit {
    int64_t time_ns;
    uint32_t offset;
};

struct cursor_chunk {
    struct chunk_header header;
    uint8_t *raw; /* CHUNK_RAW_MAX of room; NULL: not used yet */
    struct cursor_unit *units;
    size_t unit_count, unit_room, next_unit;
    uint64_t
        turn; /* of chunks whose next entries are of one time, the one loaded first goes first */
};

struct chunk_cursor {
    const struct chunk_scope *scope;
    uint64_t id;
    uint8_t kind;
    size_t next_day; /* index of scope->days */
    int32_t day;     /* of the places */
    struct chunk_place *places;
    size_t place_count, next_place;
    struct chunk_loader loader;
    struct cursor_chunk loaded[CHUNK_CURSOR_LOADED];
    uint64_t loads;
    const struct cursor_chunk *current; /* that the reader walks through; NULL: none */
    struct chunk_reader reader;         /* .frame and .message: what next stands on */
    uint64_t damaged;                   /* chunks */
    uint64_t cut;                       /* frames that lost their payload */
};

void chunk_cursor_init(struct chunk_cursor *c, const struct chunk_scope *scope, uint64_t id,
                       uint8_t kind);
void chunk_cursor_fini(struct chunk_cursor *c);

/* CHUNK_FRAME, CHUNK_MESSAGE or CHUNK_TEXT; CHUNK_END behind the last; −errno. */
int chunk_cursor_next(struct chunk_cursor *c);

#endif
