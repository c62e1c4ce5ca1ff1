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

#include "analyzer/record.h"
#include "storage/chunk.h"
#include "storage/chunk_index.h"

/* Which chunks belong to a call (or orphan stream): those under its own id, and those of its
 * streams, which have ids of their own while nobody knows yet whose they are. */
struct chunk_scope {
    const char *store_dir;
    int32_t *days; /* that the store has, oldest first */
    size_t day_count;
    int32_t until_day; /* no chunk of it begins later */
    bool is_known;     /* the database has a record of it */
    size_t id_count;
    uint64_t ids[1 + RECORD_STREAMS_MAX]; /* its own first */
};

/* 0; −EPROTO for a newer store; −errno. An id that no record has is not an error. */
int chunk_scope_init(struct chunk_scope *scope, const char *store_dir, uint64_t id);
void chunk_scope_fini(struct chunk_scope *scope);

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
