/*
 * search_block - a filter over the calls of one block, column by column.
 *
 * Of words that are joined by "and" the cheap ones come first, and each looks at the calls alone that
 * those before it left. What has no column is looked at in the rows of those.
 *
 * Ownership  open/close. Lies in the transaction of whoever opens it.
 * Memory     The columns that the filter names, 64 KiB each, and some bitmaps of 2 KiB.
 */
#ifndef STORAGE_SEARCH_SEARCH_BLOCK_H
#define STORAGE_SEARCH_SEARCH_BLOCK_H

#include "storage/search/search_column.h"
#include "storage/search/search_day.h"
#include "storage/search/search_fields.h"

/* A row of search_blocks. */
struct search_span {
    uint64_t first, last; /* ids */
    int64_t number;
    uint32_t calls;
};

/* The block that holds `id`, or else the next one before or after it. 0; −ENOENT: none. */
int search_span_find(struct day_reader *r, uint64_t id, bool after, struct search_span *span);

/* The calls of the block with ids from first to last. 0; −EUCLEAN: the block contradicts itself, or
 * too many of its calls changed since: it is to be left alone. */
int search_block_ask(struct day_reader *r, const struct search_plan *plan,
                     const struct search_span *span, uint64_t first, uint64_t last,
                     struct search_piece *piece);

#endif
