/*
 * An answer by id goes from day to day and piece to piece, and stops where the page is full. One in
 * another order looks at every piece, keeps the keys of the page, and reads its rows at the end.
 */
#include "storage/search/search.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/query_days.h"
#include "storage/search/search_day.h"
#include "storage/search/search_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define DAY_NS 86400000000000ll

/* One search. */
struct answer {
    struct query *q;
    struct search_plan plan;
    struct search_key after; /* the cursor; then the last that was given */
    bool has_after;
    size_t limit; /* 0: none */
    query_row_fn row;
    query_id_fn each;           /* instead of row */
    struct search_tally *tally; /* instead of both */
    void *ctx;
    bool stopped;
    bool more; /* there may be more behind `after` */
    struct search_end end;
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* --- what is given out ---------------------------------------------------------------------- */

static int prepare_by_id(struct day_reader *r)
{
    struct strbuf sql = { 0 };
    int err = 0;

    if (r->call_by_id)
        return 0;
    record_sql_select(&sql, query_days_table(&record_type_call), r->db);
    strbuf_add_text(&sql, " WHERE id = ?");
    err = sql.failed ? -ENOMEM : day_db_prepare(&r->call_by_id, r->db, strbuf_slice(&sql));
    strbuf_fini(&sql);
    return err;
}

/* The row of a call that was found. It is looked at once more: it may have changed, and the index
 * of a file that somebody else made may say anything. */
static int give_row(struct answer *a, struct day_reader *r, uint64_t id, bool *given)
{
    struct call_record call;
    int rc, err = prepare_by_id(r);

    if (err)
        return err;
    sqlite3_bind_int64(r->call_by_id, 1, (int64_t)id);
    rc = sqlite3_step(r->call_by_id);
    if (rc == SQLITE_ROW) {
        record_sql_read(r->call_by_id, &record_type_call, &call);
        if (search_plan_match(&a->plan, &call)) {
            *given = true;
            a->stopped = !a->row(a->ctx, &call);
        }
    } else if (rc != SQLITE_DONE) {
        err = day_db_errno(r->db);
    }
    sqlite3_reset(r->call_by_id);
    return err;
}

static int give(struct answer *a, struct day_reader *r, const struct search_key *key)
{
    bool given = false;
    int err = 0;

    if (a->each) {
        given = true;
        a->stopped = !a->each(a->ctx, key->id);
    } else {
        err = give_row(a, r, key->id, &given);
    }
    if (err)
        return err;
    a->after = *key;
    a->end.rows += given;
    if (a->limit && a->end.rows >= a->limit)
        a->stopped = true;
    return 0;
}

/* --- by id ---------------------------------------------------------------------------------- */

/* The ids of a day that are left to look at. */
static bool day_range(const struct answer *a, int32_t day, uint64_t *first, uint64_t *last)
{
    *first = record_id_make(day * DAY_NS, 0);
    *last = record_id_make((day + 1) * DAY_NS - 1, UINT64_MAX);
    if (*first < a->plan.first_id)
        *first = a->plan.first_id;
    if (*last > a->plan.last_id)
        *last = a->plan.last_id;
    if (a->has_after && !a->plan.order.field) {
        if (a->plan.order.ascending && *first <= a->after.id)
            *first = a->after.id + 1;
        if (!a->plan.order.ascending && *last >= a->after.id)
            *last = a->after.id ? a->after.id - 1 : 0;
    }
    return *first <= *last && (!a->has_after || a->after.id || a->plan.order.ascending);
}

/* The ids that a piece has found. */
static int give_piece(struct answer *a, int32_t day, struct search_piece *piece, bool is_last)
{
    int err = 0;

    for (size_t i = 0; i < piece->count && !a->stopped && err == 0; i++) {
        struct search_key key = { .id = piece->ids[i] };
        struct day_reader *r = NULL;

        if (!a->each)
            err = query_days_use(a->q, day, &r);
        if (err == 0)
            err = give(a, r, &key);
        a->more = i + 1 < piece->count || !is_last;
    }
    return err;
}

static int ask_day(struct answer *a, int32_t day, struct search_piece *piece)
{
    bool ascending = a->plan.order.ascending;
    uint64_t first, last;
    int err = 0;

    if (!day_range(a, day, &first, &last))
        return 0;
    while (first <= last && !a->stopped && err == 0) {
        struct day_reader *r;

        err = query_days_use(a->q, day, &r);
        if (err == 0)
            err = search_day_next(r, &a->plan, first, last, piece);
        if (err)
            break;
        if (ascending ? piece->reached >= last : piece->reached <= first)
            first = last + 1;
        else if (ascending)
            first = piece->reached + 1;
        else
            last = piece->reached - 1;
        if (err == 0 && a->tally)
            a->stopped = a->tally->looked_at >= a->tally->limit;
        else if (err == 0 && !piece->top)
            err = give_piece(a, day, piece, first > last);
    }
    return err;
}

static int ask_days(struct answer *a, struct search_top *top)
{
    struct search_piece piece = { .top = top, .tally = a->tally };
    int err = 0;

    for (size_t i = 0; i < a->q->day_count && !a->stopped && err == 0; i++) {
        int32_t day = a->q->days[a->plan.order.ascending ? i : a->q->day_count - 1 - i];

        err = ask_day(a, day, &piece);
        a->end.days_missing += err != 0 && err != -ENOENT;
        err = query_days_result(a->q, day, err);
        a->more = a->more || i + 1 < a->q->day_count;
    }
    a->end.looked_at = piece.looked_at;
    search_piece_fini(&piece);
    return err;
}

/* --- in another order ----------------------------------------------------------------------- */

static int ask_sorted(struct answer *a)
{
    struct search_top top;
    int err;

    if (a->limit == 0 || a->limit > SEARCH_LIMIT_MAX)
        a->limit = SEARCH_LIMIT_MAX;
    /* One more than is given tells whether there is another page. */
    search_top_init(&top, &a->plan.order, a->has_after ? &a->after : NULL, a->limit + 1);
    err = ask_days(a, &top);
    search_top_sort(&top);
    for (size_t i = 0; i < top.count && !a->stopped && err == 0; i++) {
        int32_t day = record_id_day(top.keys[i].id);
        struct day_reader *r = NULL;

        if (!a->each)
            err = query_days_use(a->q, day, &r);
        if (err == 0)
            err = give(a, r, &top.keys[i]);
        err = query_days_result(a->q, day, err);
        a->more = i + 1 < top.count;
        a->stopped = a->stopped || i + 1 == a->limit;
    }
    search_top_fini(&top);
    return err;
}

/* --- the whole ------------------------------------------------------------------------------ */

static int search(struct answer *a, const struct search_request *request, struct search_end *end)
{
    double start = now_ms();
    int err = query_days_refresh(a->q);

    if (err)
        return err;
    a->limit = request->limit;
    err = search_plan_make(&a->plan, a->q, request);
    if (err)
        return err;
    for (size_t i = 0; a->tally && i < a->tally->field_count; i++)
        search_plan_add_field(&a->plan, a->tally->fields[i].member);
    if (request->cursor.len) {
        err = search_cursor_parse(&a->plan.order, request->cursor, &a->after);
        a->has_after = true;
    }
    if (err == 0)
        err = a->plan.order.field ? ask_sorted(a) : ask_days(a, NULL);
    if (a->stopped && a->more)
        search_cursor_print(&a->plan.order, &a->after, a->end.cursor);
    a->end.took_ms = now_ms() - start;
    if (end)
        *end = a->end;
    search_plan_fini(&a->plan);
    return err;
}

int search_calls(struct query *q, const struct search_request *request, query_row_fn row, void *ctx,
                 struct search_end *end)
{
    struct answer a = { .q = q, .row = row, .ctx = ctx };

    return search(&a, request, end);
}

int search_ids(struct query *q, const struct search_request *request, query_id_fn each, void *ctx,
               struct search_end *end)
{
    struct answer a = { .q = q, .each = each, .ctx = ctx };

    return search(&a, request, end);
}

static int by_calls(const void *a, const void *b)
{
    const struct search_tally_value *x = a, *y = b;

    if (x->calls != y->calls)
        return (x->calls < y->calls) - (x->calls > y->calls);
    return (x->number > y->number) - (x->number < y->number);
}

int search_tally_calls(struct query *q, const struct filter *filter, struct search_tally *t)
{
    struct answer a = { .q = q, .tally = t };
    struct search_request request = { .filter = filter };
    int err = search(&a, &request, NULL);

    for (size_t i = 0; i < t->field_count; i++)
        qsort(t->fields[i].values, t->fields[i].count, sizeof t->fields[i].values[0], by_calls);
    return err;
}
