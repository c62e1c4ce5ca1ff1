#include "storage/writer_alerts.h"

#include "analyzer/base/array.h"
#include "storage/record_sql.h"

#include <stdlib.h>
#include <string.h>

static const struct record_type *type_of(const struct writer_item *item)
{
    return record_sql_tables[item->row[0].table].type;
}

static uint64_t id_of(const struct writer_item *item)
{
    return *(const uint64_t *)item->row[0].record;
}

bool writer_alerts_wants(const struct writer_item *item)
{
    return item->rows == 1 && type_of(item) == &record_type_alert;
}

static void forget(struct writer_alerts *a, size_t i)
{
    writer_item_free(a->kept[i].item);
    a->count--;
    memmove(&a->kept[i], &a->kept[i + 1], (a->count - i) * sizeof a->kept[0]);
}

bool writer_alerts_keep(struct writer_alerts *a, struct writer_item *item, bool in_transaction)
{
    struct writer_alert *grown;

    for (size_t i = 0; i < a->count; i++) {
        if (id_of(a->kept[i].item) == id_of(item)) {
            forget(a, i);
            break;
        }
    }
    if (a->count == WRITER_ALERTS_MAX)
        return false;
    grown = array_grow(a->kept, &a->room, a->count, sizeof *grown);
    if (!grown)
        return false;
    a->kept = grown;
    a->kept[a->count++] = (struct writer_alert){
        item,
        record_sql_day(type_of(item), item->row[0].record),
        in_transaction,
    };
    return true;
}

void writer_alerts_commit(struct writer_alerts *a, int32_t day)
{
    for (size_t i = a->count; i-- > 0;) {
        if (a->kept[i].in_transaction && a->kept[i].day == day)
            forget(a, i);
    }
}

void writer_alerts_roll_back(struct writer_alerts *a, int32_t day)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->kept[i].day == day)
            a->kept[i].in_transaction = false;
    }
}

void writer_alerts_fini(struct writer_alerts *a)
{
    while (a->count > 0)
        forget(a, a->count - 1);
    free(a->kept);
    *a = (struct writer_alerts){ 0 };
}
