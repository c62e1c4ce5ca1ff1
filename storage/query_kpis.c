#include "storage/query_kpis.h"

#include "analyzer/kpi/kpi_id.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/query_days.h"

#include <errno.h>

#define MINUTE_NS INT64_C(60000000000)
#define DAY_NS    (1440 * MINUTE_NS)

enum { COLUMNS_MAX = 16 };

struct minutes {
    int64_t from, until;
    query_single_fn *single; /* NULL: rows of groups */
    const uint64_t *keys;
    size_t count;
    query_row_fn row;
    void *ctx;
    bool only_histograms;
    bool stopped;
};

/* The columns of the index, in the order in which read_single takes them. */
enum single_column {
    SINGLE_ID,
    SINGLE_TRUNK,
    SINGLE_DIRECTION,
    SINGLE_DESTINATION,
    SINGLE_ATTEMPTS,
    SINGLE_ANSWERED,
    SINGLE_FAILURE,
    SINGLE_NOS,
    SINGLE_NER,
    SINGLE_ENDED,
    SINGLE_DURATION,
    SINGLE_ONE_WAY,
    SINGLE_JUDGED,
    SINGLE_COLUMNS
};
static const char single_columns[] =
    "SELECT id, trunk, direction, destination, attempts, answered, "
    "failure, nos, ner_ratio, ended, duration_s, one_way, judged "
    "FROM kpis";

/* A day from before there was the index answers all the same, but slowly. */
static int prepare_singles(sqlite3_stmt **sp, struct day_reader *r)
{
    static const char *const how[] = { " INDEXED BY kpis_single", "" };
    int err = -EIO;

    for (size_t i = 0; i < 2 && err && err != -ENOMEM; i++) {
        struct strbuf sql = { 0 };

        strbuf_addf(&sql,
                    "%s%s WHERE id >= ? AND id < ? AND (trunk IS NULL OR destination IS NULL)"
                    " ORDER BY id",
                    single_columns, how[i]);
        err = sql.failed ? -ENOMEM : day_db_prepare(sp, r->db, strbuf_slice(&sql));
        strbuf_fini(&sql);
    }
    return err;
}

/* What is NULL is 0 to SQLite, too. */
static void read_single(sqlite3_stmt *s, struct kpi_single *row)
{
    uint64_t id = (uint64_t)sqlite3_column_int64(s, SINGLE_ID);

    row->key = kpi_id_key(id);
    row->time = kpi_id_minute_ns(id);
    row->attempts = sqlite3_column_int64(s, SINGLE_ATTEMPTS);
    row->answered = sqlite3_column_int64(s, SINGLE_ANSWERED);
    row->failure = sqlite3_column_int64(s, SINGLE_FAILURE);
    row->nos = sqlite3_column_int64(s, SINGLE_NOS);
    row->ner_ratio = sqlite3_column_double(s, SINGLE_NER);
    row->ended = sqlite3_column_int64(s, SINGLE_ENDED);
    row->duration_s = sqlite3_column_double(s, SINGLE_DURATION);
    row->one_way = sqlite3_column_int64(s, SINGLE_ONE_WAY);
    row->judged = sqlite3_column_int64(s, SINGLE_JUDGED);
}

void query_kpi_names(const struct kpi_single *row, struct slice names[3])
{
    for (int i = 0; i < 3; i++) {
        int at = SINGLE_TRUNK + i;
        const void *text = sqlite3_column_blob(row->statement, at);
        int len = sqlite3_column_bytes(row->statement, at);

        names[i] = SLICE_ABSENT;
        if (sqlite3_column_type(row->statement, at) != SQLITE_NULL)
            names[i] = slice_of(text ? text : "", text && len > 0 ? (size_t)len : 0);
    }
}

static int read_singles(struct minutes *m, struct day_reader *r, int64_t from, int64_t until)
{
    struct kpi_single row;
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_ERROR, err = prepare_singles(&s, r);

    if (err)
        return err;
    row.statement = s;
    if (sqlite3_bind_int64(s, 1, (int64_t)record_id_make(from, 0)) == SQLITE_OK &&
        sqlite3_bind_int64(s, 2, (int64_t)record_id_make(until, 0)) == SQLITE_OK) {
        while (!m->stopped && (rc = sqlite3_step(s)) == SQLITE_ROW) {
            read_single(s, &row);
            m->stopped = !m->single(m->ctx, &row);
        }
    }
    if (rc != SQLITE_DONE && !m->stopped)
        err = day_db_errno(r->db);
    sqlite3_finalize(s);
    return err;
}

/* The fields that are read of a group's row; 0: all. */
static size_t find_fields(const struct minutes *m, uint16_t out[COLUMNS_MAX])
{
    static const char *const names[] = { "id", "pdd_histogram", "mos_histogram" };
    size_t n = 0;

    for (; m->only_histograms && n < sizeof names / sizeof *names; n++)
        out[n] = (uint16_t)(record_field_find(&record_type_kpi, slice_of_text(names[n])) -
                            record_type_kpi.fields);
    return n;
}

struct group_rows {
    sqlite3_stmt *statement;
    uint16_t fields[COLUMNS_MAX];
    size_t field_count;
};

/* The row of one group and minute, if there is one. */
static int read_one(struct minutes *m, sqlite3 *db, const struct group_rows *g, uint64_t id)
{
    struct kpi_record record;
    sqlite3_stmt *s = g->statement;
    int rc = sqlite3_bind_int64(s, 1, (int64_t)id);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        if (g->field_count)
            record_sql_read_some(s, &record_type_kpi, g->fields, g->field_count, &record);
        else
            record_sql_read(s, &record_type_kpi, &record);
        m->stopped = !m->row(m->ctx, &record);
        rc = SQLITE_DONE;
    }
    rc = rc == SQLITE_DONE ? 0 : day_db_errno(db);
    sqlite3_reset(s);
    return rc;
}

static int read_groups(struct minutes *m, struct day_reader *r, int64_t from, int64_t until)
{
    const struct record_table *table = query_days_table(&record_type_kpi);
    struct group_rows g = { .statement = NULL };
    struct strbuf sql = { 0 };
    int err;

    g.field_count = find_fields(m, g.fields);
    if (g.field_count)
        record_sql_select_some(&sql, table, r->db, g.fields, g.field_count);
    else
        record_sql_select(&sql, table, r->db);
    strbuf_add_text(&sql, " WHERE id = ?");
    err = sql.failed ? -ENOMEM : day_db_prepare(&g.statement, r->db, strbuf_slice(&sql));
    strbuf_fini(&sql);
    for (; from < until && err == 0; from += MINUTE_NS) {
        for (size_t i = 0; i < m->count && err == 0 && !m->stopped; i++)
            err = read_one(m, r->db, &g, kpi_id_of(m->keys[i], from));
    }
    sqlite3_finalize(g.statement);
    return err;
}

static bool has_minutes(const struct day_reader *r)
{
    return sqlite3_table_column_metadata(r->db, NULL, "kpis", NULL, NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

static int ask_day(struct query *q, struct minutes *m, int32_t day)
{
    int64_t begins = day * DAY_NS, ends = begins + DAY_NS;
    struct day_reader *r;
    int err = query_days_use(q, day, &r);

    if (err == 0 && !has_minutes(r))
        err = -ENOENT;
    begins = begins > m->from ? begins : m->from;
    ends = ends < m->until ? ends : m->until;
    if (err == 0 && begins < ends) {
        /* One look for all of them: else each row takes the locks anew. */
        bool begun = sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;

        err = m->single ? read_singles(m, r, begins, ends) : read_groups(m, r, begins, ends);
        if (begun)
            sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
    }
    return query_days_result(q, day, err);
}

static int ask(struct query *q, struct minutes *m)
{
    int err = query_days_refresh(q);

    for (size_t i = 0; i < q->day_count && err == 0 && !m->stopped; i++) {
        int64_t begins = q->days[i] * DAY_NS;

        if (begins < m->until && begins + DAY_NS > m->from)
            err = ask_day(q, m, q->days[i]);
    }
    return err;
}

int query_kpi_singles(struct query *q, int64_t from, int64_t until, query_single_fn *row, void *ctx)
{
    struct minutes m = { .from = from, .until = until, .single = row, .ctx = ctx };

    return ask(q, &m);
}

int query_kpi_groups(struct query *q, const uint64_t *keys, size_t count, bool only_histograms,
                     int64_t from, int64_t until, query_row_fn row, void *ctx)
{
    struct minutes m = { .from = from,
                         .until = until,
                         .keys = keys,
                         .count = count,
                         .only_histograms = only_histograms,
                         .row = row,
                         .ctx = ctx };

    return count ? ask(q, &m) : 0;
}
