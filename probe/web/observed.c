#include "probe/web/observed.h"

#include <stdlib.h>

#define JOIN_NS INT64_C(90000000000)

void observed_add(struct observed *o, const struct capture_record *ledger)
{
    if (o->count == OBSERVED_SPANS_MAX || ledger->start_time == RECORD_NONE ||
        ledger->end_time == RECORD_NONE || ledger->end_time < ledger->start_time)
        return;
    o->spans[o->count++] = (struct observed_span){ ledger->start_time, ledger->end_time };
}

static int compare(const void *a, const void *b)
{
    const struct observed_span *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

void observed_join(struct observed *o)
{
    size_t n = 0;

    if (o->count)
        qsort(o->spans, o->count, sizeof *o->spans, compare);
    for (size_t i = 0; i < o->count; i++) {
        struct observed_span next = o->spans[i], *last = n ? &o->spans[n - 1] : NULL;

        if (!last || next.from > last->until + JOIN_NS)
            o->spans[n++] = next;
        else if (next.until > last->until)
            last->until = next.until;
    }
    o->count = n;
}

int64_t observed_of(const struct observed *o, int64_t from, int64_t until)
{
    struct observed_span gap;
    int64_t sum = until - from;

    for (int64_t at = from; observed_gap(o, at, until, &gap); at = gap.until)
        sum -= gap.until - gap.from;
    return sum;
}

bool observed_gap(const struct observed *o, int64_t from, int64_t until, struct observed_span *gap)
{
    int64_t at = from;

    for (size_t i = 0; i < o->count && at < until; i++) {
        if (o->spans[i].until + JOIN_NS <= at)
            continue;
        if (o->spans[i].from > at + JOIN_NS) {
            *gap =
                (struct observed_span){ at, o->spans[i].from < until ? o->spans[i].from : until };
            return true;
        }
        at = o->spans[i].until > at ? o->spans[i].until : at;
    }
    if (o->count == 0 || at + JOIN_NS >= until)
        return false;
    *gap = (struct observed_span){ at, until };
    return true;
}
