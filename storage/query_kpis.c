#include "storage/query_kpis.h"

#include "analyzer/kpi/kpi_id.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/query_days.h"

#include <errno.h>

#define MINUTE_NS INT64_C(60000000000)
#define DAY_NS    (1440 * MINUTE_NS)

struct minutes {
    int64_t from, until;
    const uint64_t *hashes; /* NULL: all singles */
    size_t count;
    query_row_fn row;
    void *ctx;
    bool stopped;
};

/* The columns of the index. */
static const char *const single_names[] = { "id",        "trunk",    "direction",  "destination",
                                            "attempts",  "answered", "failure",    "nos",
                                            "ner_ratio", "ended",    "duration_s", "one_way",
                                            "judged" };
enum { SINGLE_NAMES = sizeof single_names / sizeof *single_names };

static void find_fields(uint16_t out[SINGLE_NAMES])
{
    for (size_t i = 0; i < SINGLE_NAMES; i++) {
        const struct record_field *field =
            record_field_find(&record_type_kpi, slice_of_text(single_names[i]));

        out[i] = (uint16_t)(field - record_type_kpi.fields);
    }
}

/* A day from before there was the index answers all the same, but slowly. */
static int prepare_singles(sqlite3_stmt **sp, struct day_reader *r, const uint16_t *fields)
{
    const struct record_table *table = query_days_table(&record_type_kpi);
    static const char *const how[] = { " INDEXED BY kpis_single", "" };
    int err = -EIO;

    for (size_t i = 0; i < 2 && err && err != -ENOMEM; i++) {
        struct strbuf sql = { 0 };

        record_sql_select_some(&sql, table, r->db, fields, SINGLE_NAMES);
        strbuf_addf(&sql,
                    "%s WHERE id >= ? AND id < ? AND (trunk IS NULL OR destination IS NULL)"
                    " ORDER BY id",
                    how[i]);
        err = sql.failed ? -ENOMEM : day_db_prepare(sp, r->db, strbuf_slice(&sql));
        strbuf_fini(&sql);
    }
    return err;
}

static int read_singles(struct minutes *m, struct day_reader *r, int64_t from, int64_t until)
{
    uint16_t fields[SINGLE_NAMES];
    struct kpi_record record;
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_ERROR, err;

    find_fields(fields);
    err = prepare_singles(&s, r, fields);
    if (err)
        return err;
    if (sqlite3_bind_int64(s, 1, (int64_t)record_id_make(from, 0)) == SQLITE_OK &&
        sqlite3_bind_int64(s, 2, (int64_t)record_id_make(until, 0)) == SQLITE_OK) {
        while (!m->stopped && (rc = sqlite3_step(s)) == SQLITE_ROW) {
            record_sql_read_some(s, &record_type_kpi, fields, SINGLE_NAMES, &record);
            m->stopped = !m->row(m->ctx, &record);
        }
    }
    if (rc != SQLITE_DONE && !m->stopped)
        err = day_db_errno(r->db);
    sqlite3_finalize(s);
    return err;
}

/* The row of one group and minute, if there is one. */
static int read_one(struct minutes *m, sqlite3 *db, sqlite3_stmt *s, uint64_t id)
{
    struct kpi_record record;
    int rc = sqlite3_bind_int64(s, 1, (int64_t)id);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
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
    struct strbuf sql = { 0 };
    sqlite3_stmt *s = NULL;
    int err;

    record_sql_select(&sql, query_days_table(&record_type_kpi), r->db);
    strbuf_add_text(&sql, " WHERE id = ?");
    err = sql.failed ? -ENOMEM : day_db_prepare(&s, r->db, strbuf_slice(&sql));
    strbuf_fini(&sql);
    for (; from < until && err == 0; from += MINUTE_NS) {
        for (size_t i = 0; i < m->count && err == 0 && !m->stopped; i++)
            err = read_one(m, r->db, s, kpi_id_make(m->hashes[i], from));
    }
    sqlite3_finalize(s);
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
    if (err == 0 && begins < ends)
        err = m->hashes ? read_groups(m, r, begins, ends) : read_singles(m, r, begins, ends);
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

int query_kpi_singles(struct query *q, int64_t from, int64_t until, query_row_fn row, void *ctx)
{
    struct minutes m = { .from = from, .until = until, .row = row, .ctx = ctx };

    return ask(q, &m);
}

int query_kpi_groups(struct query *q, const uint64_t *hashes, size_t count, int64_t from,
                     int64_t until, query_row_fn row, void *ctx)
{
    struct minutes m = {
        .from = from, .until = until, .hashes = hashes, .count = count, .row = row, .ctx = ctx
    };

    return count ? ask(q, &m) : 0;
}
