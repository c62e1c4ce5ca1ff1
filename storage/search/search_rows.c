#include "storage/search/search_rows.h"

#include "storage/day_db.h"
#include "storage/query_days.h"
#include "storage/search/search_tally.h"

#include <errno.h>

static int prepare(struct day_reader *r, const struct search_plan *plan, const char *where,
                   sqlite3_stmt **sp)
{
    struct strbuf sql = { 0 };
    int err;

    record_sql_select_some(&sql, query_days_table(&record_type_call), r->db, plan->fields,
                           plan->field_count);
    strbuf_add_text(&sql, where);
    strbuf_add_text(&sql, plan->order.ascending ? " ORDER BY id" : " ORDER BY id DESC");
    strbuf_add_text(&sql, " LIMIT ?");
    err = sql.failed ? -ENOMEM : day_db_prepare(sp, r->db, strbuf_slice(&sql));
    strbuf_fini(&sql);
    return err;
}

/* The row that the statement stands on. */
static int judge(sqlite3_stmt *s, const struct search_plan *plan, struct search_piece *piece,
                 uint64_t *id)
{
    struct call_record call;
    struct search_key key;

    record_sql_read_some(s, &record_type_call, plan->fields, plan->field_count, &call);
    *id = call.id;
    piece->looked_at++;
    if (!search_plan_match(plan, &call))
        return 0;
    if (piece->tally) {
        search_tally_add_call(piece->tally, &call);
        return 0;
    }
    if (!piece->top)
        return search_piece_add(piece, call.id);
    search_key_of_call(&key, &plan->order, &call);
    search_top_offer(piece->top, &key);
    return piece->top->failed ? -ENOMEM : 0;
}

static int judge_all(struct day_reader *r, const struct search_plan *plan, sqlite3_stmt *s,
                     struct search_piece *piece, size_t *rows, uint64_t *id)
{
    int rc, err = 0;

    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        err = judge(s, plan, piece, id);
        ++*rows;
    }
    if (err == 0 && rc != SQLITE_DONE)
        err = day_db_errno(r->db);
    return err;
}

int search_rows_range(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                      uint64_t last, size_t most, struct search_piece *piece)
{
    sqlite3_stmt *s = NULL;
    uint64_t id = 0;
    size_t rows = 0;
    int err = prepare(r, plan, " WHERE id >= ? AND id <= ?", &s);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)first);
    sqlite3_bind_int64(s, 2, (int64_t)last);
    sqlite3_bind_int64(s, 3, (int64_t)most);
    err = judge_all(r, plan, s, piece, &rows, &id);
    sqlite3_finalize(s);
    piece->reached = rows == most ? id : plan->order.ascending ? last : first;
    return err;
}

int search_rows_listed(struct day_reader *r, const struct search_plan *plan, const uint64_t *ids,
                       size_t count, struct search_piece *piece)
{
    sqlite3_stmt *s = NULL;
    int err = count ? prepare(r, plan, " WHERE id = ?", &s) : 0;
    uint64_t id;
    size_t rows = 0;

    for (size_t i = 0; i < count && err == 0; i++) {
        sqlite3_bind_int64(s, 1, (int64_t)ids[i]);
        sqlite3_bind_int64(s, 2, 1);
        err = judge_all(r, plan, s, piece, &rows, &id);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

int search_rows_test(struct day_reader *r, const struct search_plan *plan, uint8_t test,
                     uint64_t (*id_at)(const void *ctx, uint32_t bit), const void *ctx,
                     const uint64_t *among, uint64_t *out, uint32_t words)
{
    sqlite3_stmt *s = NULL;
    struct call_record call;
    int rc = SQLITE_DONE, err = prepare(r, plan, " WHERE id = ?", &s);

    if (err)
        return err;
    plan->single->root = 0;
    plan->single->nodes[0] = (struct filter_node){ .kind = FILTER_TEST, .test = test };
    for (uint32_t w = 0; w < words && err == 0; w++) {
        uint64_t left = among[w];

        for (out[w] = 0; left && err == 0; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);

            sqlite3_bind_int64(s, 1, (int64_t)id_at(ctx, w * 64 + i));
            sqlite3_bind_int64(s, 2, 1);
            rc = sqlite3_step(s);
            if (rc == SQLITE_ROW) {
                record_sql_read_some(s, &record_type_call, plan->fields, plan->field_count, &call);
                if (filter_match(plan->single, &call, &plan->world))
                    out[w] |= (uint64_t)1 << i;
            } else if (rc != SQLITE_DONE) {
                err = day_db_errno(r->db);
            }
            sqlite3_reset(s);
        }
    }
    sqlite3_finalize(s);
    return err;
}

int search_rows_call_id(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                        uint64_t last, struct search_piece *piece)
{
    struct slice call_id = search_plan_call_id(plan);
    sqlite3_stmt *s = NULL;
    uint64_t id;
    size_t rows = 0;
    int err =
        prepare(r, plan, " WHERE call_id_hash = ? AND call_id = ? AND +id >= ? AND +id <= ?", &s);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, record_sql_call_id_hash(call_id));
    sqlite3_bind_text64(s, 2, call_id.p, call_id.len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(s, 3, (int64_t)first);
    sqlite3_bind_int64(s, 4, (int64_t)last);
    sqlite3_bind_int64(s, 5, -1);
    err = judge_all(r, plan, s, piece, &rows, &id);
    sqlite3_finalize(s);
    piece->reached = plan->order.ascending ? last : first;
    return err;
}
