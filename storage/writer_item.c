#include "storage/writer_item.h"

#include "storage/record_sql.h"

#include <stdlib.h>

void writer_item_free(struct writer_item *item)
{
    for (uint32_t i = 0; i < item->rows; i++)
        free(item->row[i].record);
    free(item);
}

/* The length of the texts of a record, as record_clone will copy them. */
static size_t record_bytes(const struct record_type *type, const void *record)
{
    size_t bytes = type->size;

    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];

        if (record_is_slice(f))
            bytes += ((const struct slice *)record_at(record, f))->len;
    }
    return bytes;
}

static bool add_row(struct writer_item *item, int table, const void *record)
{
    const struct record_type *type = record_sql_tables[table].type;
    struct writer_row *row = &item->row[item->rows];

    row->table = (uint8_t)table;
    row->replaced = false;
    row->record = record_clone(type, record);
    if (!row->record)
        return false;
    item->rows++;
    item->bytes += record_bytes(type, record);
    return true;
}

struct writer_item *writer_item_new(const struct record_type *type, const void *record)
{
    const struct call_record *call = type == &record_type_call ? record : NULL;
    size_t streams = call ? call->stream_count : 0;
    int table = record_sql_table_find(type),
        stream_table = record_sql_table_find(&record_type_stream);
    struct writer_item *item;

    if (table < 0)
        return NULL;
    item = malloc(sizeof *item + (1 + streams) * sizeof item->row[0]);
    if (!item)
        return NULL;
    item->rows = 0;
    item->bytes = sizeof *item;
    if (!add_row(item, table, record))
        goto free_item;
    for (size_t i = 0; i < streams; i++) {
        if (!add_row(item, stream_table, &call->streams[i]))
            goto free_item;
    }
    return item;

free_item:
    writer_item_free(item);
    return NULL;
}
