#include "storage/search/search_day.h"

#include "storage/day_db.h"
#include "storage/query_days.h"
#include "storage/search/search_block.h"
#include "storage/search/search_rows.h"

#include <errno.h>
#include <stdlib.h>

enum { ROWS_AT_ONCE = 4096 };

void search_piece_fini(struct search_piece *piece)
{
    free(piece->ids);
    *piece = (struct search_piece){ 0 };
}

int search_piece_add(struct search_piece *piece, uint64_t id)
{
    if (piece->count == piece->room) {
        size_t room = piece->room ? 2 * piece->room : 1024;
        uint64_t *ids = realloc(piece->ids, room * sizeof *ids);

        if (!ids)
            return -ENOMEM;
        piece->ids = ids;
        piece->room = room;
    }
    piece->ids[piece->count++] = id;
    return 0;
}

/* Up to the next block, or some of them. */
static int ask_rows(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                    uint64_t last, struct search_piece *piece)
{
    return search_rows_range(r, plan, first, last, ROWS_AT_ONCE, piece);
}

static int ask_block(struct day_reader *r, const struct search_plan *plan,
                     const struct search_span *span, uint64_t first, uint64_t last,
                     struct search_piece *piece)
{
    int err;

    if (first < span->first)
        first = span->first;
    if (last > span->last)
        last = span->last;
    err = search_block_ask(r, plan, span, first, last, piece);
    piece->reached = plan->order.ascending ? last : first;
    /* What contradicts itself is passed by: the rows know. */
    if (err == -EUCLEAN)
        err = ask_rows(r, plan, first, last, piece);
    return err;
}

static int ask_next(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                    uint64_t last, struct search_piece *piece)
{
    bool ascending = plan->order.ascending;
    struct search_span span;
    int err = search_span_find(r, ascending ? first : last, ascending, &span);

    if (err == -ENOENT || (err == 0 && (span.first > last || span.last < first)))
        return ask_rows(r, plan, first, last, piece);
    if (err)
        return err;
    if (ascending && span.first > first)
        return ask_rows(r, plan, first, span.first - 1, piece);
    if (!ascending && span.last < last)
        return ask_rows(r, plan, span.last + 1, last, piece);
    return ask_block(r, plan, &span, first, last, piece);
}

int search_day_next(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                    uint64_t last, struct search_piece *piece)
{
    int err;

    piece->count = 0;
    if (sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return day_db_errno(r->db);
    if (search_plan_call_id(plan).p)
        err = search_rows_call_id(r, plan, first, last, piece);
    else
        err = ask_next(r, plan, first, last, piece);
    sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
    return err;
}
