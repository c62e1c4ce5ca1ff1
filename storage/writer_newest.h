/*
 * writer_newest - which rows of a batch a newer one of the same batch replaces.
 *
 * When the writer is behind, a batch holds several versions of a call; only the newest is written.
 *
 * Ownership  writer_newest_init/fini in place.
 * Thread     The writer's.
 */
#ifndef STORAGE_WRITER_NEWEST_H
#define STORAGE_WRITER_NEWEST_H

#include "storage/writer_item.h"

struct writer_newest {
    uint32_t batch;
    struct seen_row *seen;
};

/* False without memory. */
bool writer_newest_init(struct writer_newest *b);
void writer_newest_fini(struct writer_newest *b);

/* Sets `replaced` in the rows of these items, in the order in which they came. */
void writer_newest_mark(struct writer_newest *b, struct writer_item **items, size_t n);

#endif
