#include "storage/writer_newest.h"

#include "storage/record_sql.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 8192 }; /* a power of two, over twice the rows looked at in a batch */

struct seen_row {
    uint64_t id;
    uint32_t batch; /* slots of earlier batches are free */
    uint8_t table;
};

bool writer_newest_init(struct writer_newest *b)
{
    *b = (struct writer_newest){ .seen = calloc(SLOTS, sizeof *b->seen) };
    return b->seen != NULL;
}

void writer_newest_fini(struct writer_newest *b)
{
    free(b->seen);
    b->seen = NULL;
}

/* True when a row of that id was met before, going backwards. Sees nothing more when the table is
 * half full: then an older version is written in vain. */
static bool was_seen(struct writer_newest *b, const struct writer_row *row, size_t *used)
{
    uint64_t id = *(const uint64_t *)row->record;
    size_t i = (size_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (SLOTS - 1);

    for (; b->seen[i].batch == b->batch; i = (i + 1) & (SLOTS - 1)) {
        if (b->seen[i].id == id && b->seen[i].table == row->table)
            return true;
    }
    if (*used < SLOTS / 2) {
        b->seen[i] = (struct seen_row){ id, b->batch, row->table };
        ++*used;
    }
    return false;
}

void writer_newest_mark(struct writer_newest *b, struct writer_item **items, size_t n)
{
    size_t used = 0;

    if (++b->batch == 0) {
        memset(b->seen, 0, SLOTS * sizeof *b->seen);
        b->batch = 1;
    }
    while (n-- > 0) {
        struct writer_item *item = items[n];

        for (uint32_t i = item->rows; i-- > 0;) {
            struct writer_row *row = &item->row[i];

            /* A ledger has no id of its own, and is rare. */
            if (record_sql_tables[row->table].computed != COMPUTED_LEDGER_ID)
                row->replaced = was_seen(b, row, &used);
        }
    }
}
