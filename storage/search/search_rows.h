/*
 * search_rows - calls judged by their rows: only the fields that the filter looks at are read.
 */
#ifndef STORAGE_SEARCH_SEARCH_ROWS_H
#define STORAGE_SEARCH_SEARCH_ROWS_H

#include "storage/search/search_day.h"

/* The rows with ids from first to last, `most` of them at most; sets piece->reached. */
int search_rows_range(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                      uint64_t last, size_t most, struct search_piece *piece);

/* The rows of a list of ids; the matches come out in the list's order. */
int search_rows_listed(struct day_reader *r, const struct search_plan *plan, const uint64_t *ids,
                       size_t count, struct search_piece *piece);

/* One test of the filter, of the calls that the bits stand for: a bit is set in out where it holds.
 * id_at: the id of a bit. */
int search_rows_test(struct day_reader *r, const struct search_plan *plan, uint8_t test,
                     uint64_t (*id_at)(const void *ctx, uint32_t bit), const void *ctx,
                     const uint64_t *among, uint64_t *out, uint32_t words);

/* The rows that have the plan's Call-ID. */
int search_rows_call_id(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                        uint64_t last, struct search_piece *piece);

#endif
