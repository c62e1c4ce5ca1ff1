#include "storage/query_days.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <stdlib.h>

static void reader_close(struct day_reader *r)
{
    if (!r->db)
        return;
    sqlite3_finalize(r->by_call_id);
    sqlite3_finalize(r->call_by_id);
    for (size_t i = 0; i < sizeof r->search / sizeof r->search[0]; i++)
        sqlite3_finalize(r->search[i]);
    day_db_close(r->db);
    memset(r, 0, sizeof *r);
}

void query_days_close(struct query *q)
{
    for (size_t i = 0; i < READERS_MAX; i++)
        reader_close(&q->readers[i]);
}

/* The days there are now. */
int query_days_refresh(struct query *q)
{
    int32_t *days;
    size_t count;
    int err = store_dir_days(q->store_dir, &days, &count);

    if (err)
        return err;
    free(q->days);
    q->days = days;
    q->day_count = count;
    return 0;
}

int query_days_stat(const struct query *q, int32_t day, const char *file, struct stat *st)
{
    char path[STORE_PATH_MAX];
    int err = store_dir_path(path, q->store_dir, day, file);

    if (err)
        return err;
    return stat(path, st) == 0 ? 0 : -errno;
}

/* The day, open; −ENOENT when there is nothing in it. */
int query_days_use(struct query *q, int32_t day, struct day_reader **rp)
{
    struct day_reader *r = NULL, *oldest = &q->readers[0];
    struct stat st;
    int err = query_days_stat(q, day, DAY_DB_FILE, &st);

    if (err)
        return err;
    for (size_t i = 0; i < READERS_MAX && !r; i++) {
        if (q->readers[i].db && q->readers[i].day == day)
            r = &q->readers[i];
        else if (q->readers[i].used < oldest->used)
            oldest = &q->readers[i];
    }
    if (r && (r->inode != st.st_ino || r->device != st.st_dev))
        reader_close(r);
    if (!r)
        r = oldest;
    if (!r->db || r->day != day) {
        reader_close(r);
        err = day_db_open_read(&r->db, q->store_dir, day);
        if (err)
            return err;
        r->day = day;
        r->device = st.st_dev;
        r->inode = st.st_ino;
    }
    r->used = ++q->turn;
    *rp = r;
    return 0;
}

/* What became of a day: 0 when the question goes on to the others. */
int query_days_result(struct query *q, int32_t day, int err)
{
    char name[16] = "";

    if (err == 0 || err == -ENOENT)
        return 0;
    if (err == -ENOMEM || err == -EPROTO)
        return err;
    store_dir_day_name(day, name);
    log_warn("query: %s/%s cannot be read: %s; its rows are missing from the answer", q->store_dir,
             name, day_db_error_text(err));
    return 0;
}

/* --- rows ----------------------------------------------------------------------------------- */

union any_record {
    struct call_record call;
    struct stream_record stream;
    struct transaction_record transaction;
    struct capture_record capture;
    struct alert_record alert;
    struct certificate_record certificate;
    struct mirror_record mirror;
    struct store_record store;
    struct leg_record leg;
    struct kpi_record kpi;
    struct registration_record registration;
    struct peer_record peer;
    struct security_record security;
    struct baseline_record baseline;
};

const struct record_table *query_days_table(const struct record_type *type)
{
    return &record_sql_tables[record_sql_table_find(type)];
}

static int run_rows(struct query_question *question, sqlite3 *db, sqlite3_stmt *s)
{
    union any_record record;
    int rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (question->fields)
            record_sql_read_some(s, question->table->type, question->fields, question->field_count,
                                 &record);
        else
            record_sql_read(s, question->table->type, &record);
        question->rows++;
        if (!question->row(question->ctx, &record) ||
            (question->limit && question->rows >= question->limit)) {
            question->stopped = true;
            return 0;
        }
    }
    return rc == SQLITE_DONE ? 0 : day_db_errno(db);
}

int query_days_ask_one(struct query_question *question, struct day_reader *r)
{
    struct strbuf sql = { 0 };
    sqlite3_stmt *s = NULL;
    int err;

    /* A closed day of an older version lacks what it did not know of. */
    if (sqlite3_table_column_metadata(r->db, NULL, question->table->name, NULL, NULL, NULL, NULL,
                                      NULL, NULL) != SQLITE_OK)
        return -ENOENT;
    if (question->fields)
        record_sql_select_some(&sql, question->table, r->db, question->fields,
                               question->field_count);
    else
        record_sql_select(&sql, question->table, r->db);
    strbuf_add_slice(&sql, strbuf_slice(&question->where.sql));
    strbuf_add_text(&sql, question->oldest_first ? " ORDER BY id" : " ORDER BY id DESC");
    err = sql.failed ? -ENOMEM : day_db_prepare(&s, r->db, strbuf_slice(&sql));
    strbuf_fini(&sql);
    if (err)
        return err;
    if (query_where_bind(&question->where, s) == SQLITE_OK)
        err = run_rows(question, r->db, s);
    else
        err = day_db_errno(r->db);
    sqlite3_finalize(s);
    return err;
}

/* Newest day first. The condition on the cursor is put in for its own day alone: in older ones
 * every id is smaller. */
int query_days_ask(struct query *q, struct query_question *question, int32_t first_day,
                   int32_t last_day)
{
    int32_t before_day = question->before ? record_id_day(question->before) : INT32_MAX;

    for (size_t i = 0; i < q->day_count && !question->stopped; i++) {
        int32_t day = q->days[question->oldest_first ? i : q->day_count - 1 - i];
        struct day_reader *r;
        size_t sql_bytes = question->where.sql.len, binds = question->where.count;
        int err;

        if (day < first_day || day > last_day || day > before_day)
            continue;
        if (day == before_day)
            query_where_before(&question->where, question->before);
        err = query_days_use(q, day, &r);
        if (err == 0)
            err = query_days_ask_one(question, r);
        if (day == before_day) {
            question->where.count = binds;
            strbuf_chop(&question->where.sql, question->where.sql.len - sql_bytes);
        }
        err = query_days_result(q, day, err);
        if (err)
            return err;
    }
    return 0;
}

int query_days_ask_between(struct query *q, struct query_question *question, int64_t since,
                           int64_t until)
{
    int32_t first_day = since == RECORD_NONE ? 0 : record_id_day(record_id_make(since, 0));
    int32_t last_day = until == RECORD_NONE ? INT32_MAX : record_id_day(record_id_make(until, 0));

    return query_days_ask(q, question, first_day, last_day);
}
