/*
 * arena - small pieces of memory that live and die together.
 *
 * Ownership  arena_fini frees all pieces at once. The first block may be the caller's.
 * Growth     Capped: past max_bytes an allocation fails, and the caller counts it.
 */
#ifndef ANALYZER_BASE_ARENA_H
#define ANALYZER_BASE_ARENA_H

#include "analyzer/base/slice.h"

struct arena_block;

struct arena {
    char *at; /* free room */
    size_t room;
    size_t total_bytes, max_bytes;
    struct arena_block *blocks; /* NULL: the caller's first block still serves */
};

/* first may be NULL with room 0. */
void arena_init(struct arena *a, void *first, size_t room, size_t max_bytes);
void arena_fini(struct arena *a);

/* Aligned for any struct; NULL at the cap or without memory. */
void *arena_take(struct arena *a, size_t bytes);

/* A copy of at most max_len bytes. *cut is set when it was longer; absent stays absent, and what
 * finds no memory becomes absent with *cut set. */
struct slice arena_copy(struct arena *a, struct slice s, size_t max_len, bool *cut);

#endif
