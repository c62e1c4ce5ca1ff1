/*
 * query_calls - one call and its streams, by its name.
 */
#include "storage/query_days.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"

#include <errno.h>
#include <stdlib.h>

/* --- the Call-ID ---------------------------------------------------------------------------- */

/* The newest call of the day that has the Call-ID: 0 or −ENOENT. */
static int find_in_day(struct day_reader *r, struct slice call_id, uint64_t *id)
{
    int rc, err = 0;

    if (!r->by_call_id)
        err = day_db_prepare(&r->by_call_id, r->db,
                             SLICE("SELECT id FROM calls WHERE call_id_hash = ? AND call_id = ? "
                                   "ORDER BY id DESC LIMIT 1"));
    if (err)
        return err;
    sqlite3_bind_int64(r->by_call_id, 1, record_sql_call_id_hash(call_id));
    sqlite3_bind_text64(r->by_call_id, 2, call_id.p, call_id.len, SQLITE_STATIC, SQLITE_UTF8);
    rc = sqlite3_step(r->by_call_id);
    if (rc == SQLITE_ROW)
        *id = (uint64_t)sqlite3_column_int64(r->by_call_id, 0);
    else
        err = rc == SQLITE_DONE ? -ENOENT : day_db_errno(r->db);
    sqlite3_reset(r->by_call_id);
    sqlite3_clear_bindings(r->by_call_id);
    return err;
}

static int find_call_id(struct query *q, struct slice call_id, uint64_t *id)
{
    for (size_t i = q->day_count; i-- > 0;) {
        struct day_reader *r;
        int err = query_days_use(q, q->days[i], &r);

        if (err == 0)
            err = find_in_day(r, call_id, id);
        if (err == 0)
            return 0;
        err = query_days_result(q, q->days[i], err);
        if (err)
            return err;
    }
    return -ENOENT;
}

static bool parse_hex(struct slice text, uint64_t *id)
{
    uint64_t value = 0;

    if (text.len != RECORD_ID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        static const char digits[] = "0123456789abcdef";
        char c = text.p[i];
        const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c, 16);

        if (!at)
            return false;
        value = value << 4 | (uint64_t)(at - digits);
    }
    *id = value;
    return true;
}

static bool stop_at_once(void *ctx, const void *record)
{
    (void)ctx;
    (void)record;
    return false;
}

int query_find_call(struct query *q, struct slice text, uint64_t *id)
{
    uint64_t value;
    int err = query_days_refresh(q);

    if (err)
        return err;
    if (text.p && parse_hex(text, &value)) {
        err = query_call(q, value, stop_at_once, NULL);
        if (err == 0)
            *id = value;
        if (err != -ENOENT)
            return err;
    }
    return text.p ? find_call_id(q, text, id) : -ENOENT;
}

/* --- calls ---------------------------------------------------------------------------------- */

struct stream_list {
    struct stream_record *streams[RECORD_STREAMS_MAX];
    size_t count;
};

/* The rows of a statement end with its step, and a call needs all of its streams at once. */
static bool keep_stream(void *ctx, const void *record)
{
    struct stream_list *list = ctx;
    struct stream_record *copy;

    if (list->count == RECORD_STREAMS_MAX)
        return false;
    copy = record_clone(&record_type_stream, record);
    if (!copy)
        return false;
    list->streams[list->count++] = copy;
    return true;
}

struct call_answer {
    struct day_reader *reader;
    query_row_fn row;
    void *ctx;
    bool found;
    int error;
};

static int give_call(struct call_answer *answer, struct call_record *call,
                     const struct stream_list *list)
{
    struct stream_record *all = calloc(list->count ? list->count : 1, sizeof *all);

    if (!all)
        return -ENOMEM;
    for (size_t i = 0; i < list->count; i++)
        all[i] = *list->streams[i];
    call->streams = all;
    call->stream_count = list->count;
    answer->row(answer->ctx, call);
    free(all);
    return 0;
}

static bool add_streams(void *ctx, const void *record)
{
    struct call_answer *answer = ctx;
    struct call_record call = *(const struct call_record *)record;
    struct stream_list list = { .count = 0 };
    struct query_question question = { .table = query_days_table(&record_type_stream),
                                       .row = keep_stream,
                                       .ctx = &list };
    struct strbuf *sql = &question.where.sql;

    answer->found = true;
    strbuf_add_text(sql, " WHERE call = ?");
    question.where.binds[question.where.count++] =
        (struct query_bind){ .kind = QUERY_BIND_INT, .number = (int64_t)call.id };
    answer->error = sql->failed ? -ENOMEM : query_days_ask_one(&question, answer->reader);
    query_where_fini(&question.where);
    for (size_t i = 0; i < list.count / 2; i++) { /* oldest first */
        struct stream_record *swap = list.streams[i];

        list.streams[i] = list.streams[list.count - 1 - i];
        list.streams[list.count - 1 - i] = swap;
    }
    if (answer->error == 0)
        answer->error = give_call(answer, &call, &list);
    for (size_t i = 0; i < list.count; i++)
        free(list.streams[i]);
    return false;
}

int query_call(struct query *q, uint64_t id, query_row_fn row, void *ctx)
{
    struct call_answer answer = { .row = row, .ctx = ctx };
    struct query_question question = { .table = query_days_table(&record_type_call),
                                       .row = add_streams,
                                       .ctx = &answer };
    int err = query_days_use(q, record_id_day(id), &answer.reader);

    if (err)
        return err;
    strbuf_add_text(&question.where.sql, " WHERE id = ?");
    question.where.binds[question.where.count++] =
        (struct query_bind){ .kind = QUERY_BIND_INT, .number = (int64_t)id };
    err = question.where.sql.failed ? -ENOMEM : query_days_ask_one(&question, answer.reader);
    query_where_fini(&question.where);
    if (err == 0)
        err = answer.found ? answer.error : -ENOENT;
    return err;
}
