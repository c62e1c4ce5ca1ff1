#include "analyzer/base/arena.h"

#include <stdlib.h>

enum { BLOCK_BYTES = 1024, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    _Alignas(ALIGNMENT) char bytes[];
};

void arena_init(struct arena *a, void *first, size_t room, size_t max_bytes)
{
    *a = (struct arena){ first, room, 0, max_bytes, NULL };
}

void arena_fini(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;

        free(a->blocks);
        a->blocks = next;
    }
    a->at = NULL;
    a->room = 0;
}

static bool add_block(struct arena *a, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct arena_block *block;

    if (a->total_bytes + size > a->max_bytes)
        return false;
    block = malloc(sizeof *block + size);
    if (!block)
        return false;
    block->next = a->blocks;
    a->blocks = block;
    a->at = block->bytes;
    a->room = size;
    a->total_bytes += size;
    return true;
}

static void *take(struct arena *a, size_t bytes)
{
    char *p = a->at;

    a->at += bytes;
    a->room -= bytes;
    return p;
}

void *arena_take(struct arena *a, size_t bytes)
{
    size_t skew = (size_t)((uintptr_t)a->at % ALIGNMENT);
    size_t pad = skew ? ALIGNMENT - skew : 0;

    if (a->room >= pad + bytes) {
        take(a, pad);
        return take(a, bytes);
    }
    return add_block(a, bytes) ? take(a, bytes) : NULL;
}

struct slice arena_copy(struct arena *a, struct slice s, size_t max_len, bool *cut)
{
    char *copy;

    if (!s.p)
        return SLICE_ABSENT;
    if (s.len > max_len) {
        s.len = max_len;
        *cut = true;
    }
    if (s.len == 0)
        return SLICE("");
    if (a->room < s.len && !add_block(a, s.len)) {
        *cut = true;
        return SLICE_ABSENT;
    }
    copy = take(a, s.len);
    memcpy(copy, s.p, s.len);
    return slice_of(copy, s.len);
}
