/*
 * heap_block - a copy of some bytes in a heap block of exactly their size.
 *
 * So that the sanitizers see a parser that reads one byte too many. Free with free().
 */
#ifndef TESTS_UNIT_HEAP_BLOCK_H
#define TESTS_UNIT_HEAP_BLOCK_H

#include "analyzer/base/slice.h"

#include <stdlib.h>

static inline struct slice heap_block(struct slice bytes)
{
    char *copy = malloc(bytes.len ? bytes.len : 1);

    if (!copy)
        abort();
    if (bytes.len)
        memcpy(copy, bytes.p, bytes.len);
    return slice_of(copy, bytes.len);
}

static inline void heap_block_free(struct slice block)
{
    union {
        const char *borrowed;
        void *owned;
    } u = { block.p };

    free(u.owned);
}

#endif
