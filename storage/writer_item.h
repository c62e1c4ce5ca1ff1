/*
 * writer_item - what one submit queues for the writer: a record, or a call and its streams, as copies.
 *
 * Ownership  writer_item_new/free. The records in it are its own.
 * Thread     Any; one at a time.
 */
#ifndef STORAGE_WRITER_ITEM_H
#define STORAGE_WRITER_ITEM_H

#include "analyzer/record.h"

struct writer_row {
    void *record;
    uint8_t table; /* index of record_sql_tables */
    bool replaced; /* by a newer one of the batch */
};

/* What one submit queued: a record, or a call and its streams. */
struct writer_item {
    size_t bytes;
    uint32_t rows;
    struct writer_row row[];
};

/* NULL without memory, or for a record that is not stored. */
struct writer_item *writer_item_new(const struct record_type *type, const void *record);
void writer_item_free(struct writer_item *item);

#endif
