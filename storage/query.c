/*
 * Days are asked from the newest to the oldest; the ids of a day all lie in that day, so the rows
 * come out in the order of their ids over all days. Connections are kept open: to open a day costs
 * a millisecond, and a search for a Call-ID asks every day there is.
 *
 * What one day cannot answer (its database is damaged, or was removed meanwhile) is missing from
 * the answer and said in the log; the other days answer.
 */
#include "storage/query.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/query_where.h"
#include "storage/record_sql.h"
#include "storage/store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { READERS_MAX = 64 };

/* An open day. */
struct day_reader {
    sqlite3 *db; /* NULL: free */
    sqlite3_stmt *by_call_id;
    int32_t day;
    dev_t device; /* the file may have been replaced */
    ino_t inode;
    uint64_t used; /* the query's turn */
};

/* What was counted of a day, as long as its files stay as they were. */
struct day_totals {
    int32_t day;
    struct timespec changed[2]; /* database and WAL */
    off_t size[2];
    uint64_t calls, alerts, chunks;
    int64_t first_time, last_time;
};

struct query {
    char *store_dir;
    int32_t *days; /* as of the question being asked, oldest first */
    size_t day_count;
    struct day_reader readers[READERS_MAX];
    uint64_t turn;
    struct day_totals *totals;
    size_t total_count;
};

int query_open(struct query **qp, const char *store_dir)
{
    struct query *q;
    int err = store_dir_check(store_dir);

    if (err)
        return err;
    q = calloc(1, sizeof *q);
    if (!q)
        return -ENOMEM;
    q->store_dir = strdup(store_dir);
    if (!q->store_dir) {
        free(q);
        return -ENOMEM;
    }
    *qp = q;
    return 0;
}

static void reader_close(struct day_reader *r)
{
    if (!r->db)
        return;
    sqlite3_finalize(r->by_call_id);
    day_db_close(r->db);
    memset(r, 0, sizeof *r);
}

void query_close(struct query *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < READERS_MAX; i++)
        reader_close(&q->readers[i]);
    free(q->days);
    free(q->totals);
    free(q->store_dir);
    free(q);
}

/* The days there are now. */
static int refresh_days(struct query *q)
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

static int day_stat(const struct query *q, int32_t day, const char *file, struct stat *st)
{
    char path[STORE_PATH_MAX];
    int err = store_dir_path(path, q->store_dir, day, file);

    if (err)
        return err;
    return stat(path, st) == 0 ? 0 : -errno;
}

/* The day, open; −ENOENT when there is nothing in it. */
static int use_day(struct query *q, int32_t day, struct day_reader **rp)
{
    struct day_reader *r = NULL, *oldest = &q->readers[0];
    struct stat st;
    int err = day_stat(q, day, DAY_DB_FILE, &st);

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
static int day_result(struct query *q, int32_t day, int err)
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
};

/* What is asked of each day. */
struct row_question {
    const struct record_table *table;
    struct query_where where;
    uint64_t before;
    size_t limit; /* 0: all */
    query_row_fn row;
    void *ctx;
    size_t rows;
    bool stopped;
};

static const struct record_table *table_of(const struct record_type *type)
{
    return &record_sql_tables[record_sql_table_find(type)];
}

static int run_rows(struct row_question *question, sqlite3 *db, sqlite3_stmt *s)
{
    union any_record record;
    int rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
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

static int ask_day(struct row_question *question, struct day_reader *r)
{
    struct strbuf sql = { 0 };
    sqlite3_stmt *s = NULL;
    int err;

    /* A closed day of an older version lacks what it did not know of. */
    if (sqlite3_table_column_metadata(r->db, NULL, question->table->name, NULL, NULL, NULL, NULL,
                                      NULL, NULL) != SQLITE_OK)
        return -ENOENT;
    if (question->where.new_column &&
        sqlite3_table_column_metadata(r->db, NULL, question->table->name,
                                      question->where.new_column, NULL, NULL, NULL, NULL,
                                      NULL) != SQLITE_OK)
        return -ENOENT;
    record_sql_select(&sql, question->table, r->db);
    strbuf_add_slice(&sql, strbuf_slice(&question->where.sql));
    strbuf_add_text(&sql, " ORDER BY id DESC");
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
static int ask_days(struct query *q, struct row_question *question, int32_t first_day,
                    int32_t last_day)
{
    int32_t before_day = question->before ? record_id_day(question->before) : INT32_MAX;

    for (size_t i = q->day_count; i-- > 0 && !question->stopped;) {
        int32_t day = q->days[i];
        struct day_reader *r;
        size_t sql_bytes = question->where.sql.len, binds = question->where.count;
        int err;

        if (day < first_day || day > last_day || day > before_day)
            continue;
        if (day == before_day)
            query_where_before(&question->where, question->before);
        err = use_day(q, day, &r);
        if (err == 0)
            err = ask_day(question, r);
        if (day == before_day) {
            question->where.count = binds;
            strbuf_chop(&question->where.sql, question->where.sql.len - sql_bytes);
        }
        err = day_result(q, day, err);
        if (err)
            return err;
    }
    return 0;
}

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
        int err = use_day(q, q->days[i], &r);

        if (err == 0)
            err = find_in_day(r, call_id, id);
        if (err == 0)
            return 0;
        err = day_result(q, q->days[i], err);
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
    int err = refresh_days(q);

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

/* A Call-ID that some call has, whatever the cursor says, so that every page understands the text
 * in the same way; else an address; else a part of something. */
static int understand_text(struct query *q, struct slice text, enum query_text *meaning)
{
    struct addr a;
    uint64_t id;
    int err;

    *meaning = QUERY_TEXT_NONE;
    if (!text.p || text.len == 0)
        return 0;
    err = find_call_id(q, text, &id);
    if (err == 0)
        *meaning = QUERY_TEXT_CALL_ID;
    else if (err == -ENOENT)
        *meaning = addr_parse_ip(text, &a) ? QUERY_TEXT_IP : QUERY_TEXT_PART;
    return err == -ENOENT ? 0 : err;
}

int query_calls(struct query *q, const struct call_filter *filter, query_row_fn row, void *ctx)
{
    struct row_question question = { .table = table_of(&record_type_call),
                                     .before = filter->before,
                                     .limit = filter->limit,
                                     .row = row,
                                     .ctx = ctx };
    int32_t first_day = 0, last_day = INT32_MAX;
    enum query_text text;
    int err = refresh_days(q);

    if (err == 0)
        err = understand_text(q, filter->text, &text);
    if (err == 0)
        err = query_where_make(&question.where, filter, text);
    if (err)
        return err;
    if (filter->since != RECORD_NONE)
        first_day = record_id_day(record_id_make(filter->since, 0));
    if (filter->until != RECORD_NONE)
        last_day = record_id_day(record_id_make(filter->until, 0));
    err = ask_days(q, &question, first_day, last_day);
    query_where_fini(&question.where);
    return err;
}

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
    struct row_question question = { .table = table_of(&record_type_stream),
                                     .row = keep_stream,
                                     .ctx = &list };
    struct strbuf *sql = &question.where.sql;

    answer->found = true;
    strbuf_add_text(sql, " WHERE call = ?");
    question.where.binds[question.where.count++] =
        (struct query_bind){ .kind = QUERY_BIND_INT, .number = (int64_t)call.id };
    answer->error = sql->failed ? -ENOMEM : ask_day(&question, answer->reader);
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
    struct row_question question = { .table = table_of(&record_type_call),
                                     .row = add_streams,
                                     .ctx = &answer };
    int err = use_day(q, record_id_day(id), &answer.reader);

    if (err)
        return err;
    strbuf_add_text(&question.where.sql, " WHERE id = ?");
    question.where.binds[question.where.count++] =
        (struct query_bind){ .kind = QUERY_BIND_INT, .number = (int64_t)id };
    err = question.where.sql.failed ? -ENOMEM : ask_day(&question, answer.reader);
    query_where_fini(&question.where);
    if (err == 0)
        err = answer.found ? answer.error : -ENOENT;
    return err;
}

/* --- alerts, ledgers, certificates, totals -------------------------------------------------- */

static int ask_all(struct query *q, const struct record_type *type, uint64_t before, size_t limit,
                   query_row_fn row, void *ctx)
{
    struct row_question question = {
        .table = table_of(type), .before = before, .limit = limit, .row = row, .ctx = ctx
    };
    int err = refresh_days(q);

    if (err == 0)
        err = ask_days(q, &question, 0, INT32_MAX);
    query_where_fini(&question.where);
    return err;
}

int query_alerts(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_alert, before, limit, row, ctx);
}

int query_captures(struct query *q, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_capture, 0, limit, row, ctx);
}

int query_certificates(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_certificate, before, limit, row, ctx);
}

int query_mirrors(struct query *q, size_t limit, query_row_fn row, void *ctx)
{
    return ask_all(q, &record_type_mirror, 0, limit, row, ctx);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Fills in what tells whether the files have changed; true when they have not. */
static bool is_unchanged(const struct query *q, struct day_totals *t)
{
    static const char *const files[2] = { DAY_DB_FILE, DAY_DB_FILE "-wal" };
    bool same = true;

    for (int i = 0; i < 2; i++) {
        struct stat st = { 0 };

        day_stat(q, t->day, files[i], &st);
        same = same && same_time(&st.st_mtim, &t->changed[i]) && st.st_size == t->size[i];
        t->changed[i] = st.st_mtim;
        t->size[i] = st.st_size;
    }
    return same;
}

static int count_day(struct query *q, struct day_totals *t)
{
    struct day_reader *r;
    sqlite3_stmt *s = NULL;
    int err = use_day(q, t->day, &r);

    if (err == 0)
        err = day_db_prepare(&s, r->db,
                             SLICE("SELECT (SELECT count(*) FROM calls),"
                                   "(SELECT count(*) FROM alerts),(SELECT count(*) FROM chunks),"
                                   "(SELECT min(id) FROM calls),(SELECT max(id) FROM calls)"));
    if (err)
        return err;
    if (sqlite3_step(s) == SQLITE_ROW) {
        t->calls = (uint64_t)sqlite3_column_int64(s, 0);
        t->alerts = (uint64_t)sqlite3_column_int64(s, 1);
        t->chunks = (uint64_t)sqlite3_column_int64(s, 2);
        t->first_time = t->last_time = RECORD_NONE;
        if (t->calls) {
            t->first_time = record_id_time_ns((uint64_t)sqlite3_column_int64(s, 3));
            t->last_time = record_id_time_ns((uint64_t)sqlite3_column_int64(s, 4));
        }
    } else {
        err = day_db_errno(r->db);
    }
    sqlite3_finalize(s);
    return err;
}

/* One slot a day, in the order of q->days; what is known of a day that stays is carried over. */
static int align_totals(struct query *q)
{
    struct day_totals *fresh = calloc(q->day_count ? q->day_count : 1, sizeof *fresh);
    size_t old = 0;

    if (!fresh)
        return -ENOMEM;
    for (size_t i = 0; i < q->day_count; i++) {
        while (old < q->total_count && q->totals[old].day < q->days[i])
            old++;
        if (old < q->total_count && q->totals[old].day == q->days[i])
            fresh[i] = q->totals[old];
        fresh[i].day = q->days[i];
    }
    free(q->totals);
    q->totals = fresh;
    q->total_count = q->day_count;
    return 0;
}

/* The bytes of the files of a day. */
static uint64_t day_bytes(const struct query *q, int32_t day)
{
    char path[STORE_PATH_MAX];
    struct dirent *entry;
    uint64_t bytes = 0;
    DIR *dir;

    if (store_dir_path(path, q->store_dir, day, NULL) != 0)
        return 0;
    dir = opendir(path);
    if (!dir)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        struct stat st;

        if (day_stat(q, day, entry->d_name, &st) == 0 && S_ISREG(st.st_mode))
            bytes += (uint64_t)st.st_size;
    }
    closedir(dir);
    return bytes;
}

static void add_day(struct store_totals *totals, const struct day_totals *t)
{
    totals->calls += t->calls;
    totals->alerts += t->alerts;
    totals->chunks += t->chunks;
    if (t->calls == 0)
        return;
    if (totals->first_time == RECORD_NONE || t->first_time < totals->first_time)
        totals->first_time = t->first_time;
    if (totals->last_time == RECORD_NONE || t->last_time > totals->last_time)
        totals->last_time = t->last_time;
}

int query_totals(struct query *q, struct store_totals *totals)
{
    int err = refresh_days(q);

    if (err == 0)
        err = align_totals(q);
    if (err)
        return err;
    *totals = (struct store_totals){ .first_time = RECORD_NONE, .last_time = RECORD_NONE };
    for (size_t i = 0; i < q->day_count; i++) {
        struct day_totals *t = &q->totals[i];

        if (!is_unchanged(q, t)) {
            err = count_day(q, t);
            if (err)
                t->size[0] = -1; /* ask again */
            err = day_result(q, t->day, err);
            if (err)
                return err;
        }
        totals->days++;
        totals->bytes += day_bytes(q, t->day);
        add_day(totals, t);
    }
    return 0;
}
