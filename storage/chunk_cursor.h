/*
 * chunk_cursor - the frames of one call and one kind, in the order they were stored.
 *
 * Asks the index of each day from the call's own on, reads one chunk at a time.
 *
 * Ownership  What the reader points to is lent until the next chunk_cursor_next.
 * Errors     A chunk that is missing or damaged is left out and counted.
 */
#ifndef STORAGE_CHUNK_CURSOR_H
#define STORAGE_CHUNK_CURSOR_H

#include "storage/chunk.h"
#include "storage/chunk_index.h"
#include "storage/chunk_scope.h"

struct chunk_cursor {
    const struct chunk_scope *scope;
    uint64_t id;
    uint8_t kind;
    size_t next_day; /* index of scope->days */
    int32_t day;     /* of the places */
    struct chunk_place *places;
    size_t place_count, next_place;
    int fd;
    uint32_t fd_segment;
    uint8_t *stored, *raw;
    struct chunk_header header; /* of the chunk that is being read */
    struct chunk_reader reader; /* .frame and .message: what next stands on */
    uint64_t damaged;
};

void chunk_cursor_init(struct chunk_cursor *c, const struct chunk_scope *scope, uint64_t id,
                       uint8_t kind);
void chunk_cursor_fini(struct chunk_cursor *c);

/* CHUNK_FRAME or CHUNK_MESSAGE; CHUNK_END behind the last; −errno. */
int chunk_cursor_next(struct chunk_cursor *c);

#endif
