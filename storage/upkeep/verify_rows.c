#include "storage/day_db.h"
#include "storage/upkeep/pins.h"
#include "storage/upkeep/verify_parts.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* What SQLite says of its own file. */
static int check_pages(struct verify *v)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, v->db, SLICE("PRAGMA quick_check(10)"));

    if (err)
        return err;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(s, 0);

        if (!text || strcmp(text, "ok") != 0)
            verify_fault(v, DAY_DB_FILE, -1, text ? text : "no verdict", verify_rebuild_advice);
    }
    if (rc != SQLITE_DONE)
        err = day_db_errno(v->db);
    sqlite3_finalize(s);
    return err;
}

/* A question whose answer is the number of rows that should not be. */
struct table_check {
    struct slice sql;
    const char *what, *advice;
};

static const struct table_check table_checks[] = {
    { SLICE_INIT("SELECT count(*) FROM streams s WHERE s.call IS NOT NULL AND NOT EXISTS "
                 "(SELECT 1 FROM calls c WHERE c.id = s.call)"),
      "streams belong to a call that has no row", "" },
    { SLICE_INIT("SELECT count(*) FROM search_blocks b WHERE (SELECT count(*) FROM calls c WHERE "
                 "c.id BETWEEN b.block AND b.last_id AND NOT EXISTS "
                 "(SELECT 1 FROM search_stale x WHERE x.id = c.id)) > b.calls"),
      "blocks of the search index lack calls: a search may miss them", verify_rebuild_advice },
    { SLICE_INIT("SELECT count(*) FROM search_columns s WHERE NOT EXISTS "
                 "(SELECT 1 FROM search_blocks b WHERE b.number = s.place >> 8)"),
      "columns of the search index belong to no block", verify_rebuild_advice },
};

static int64_t number_of(struct verify *v, struct slice sql, int64_t otherwise)
{
    sqlite3_stmt *s = NULL;
    int64_t n = otherwise;

    /* A day of an older version lacks tables, which is no fault. */
    if (day_db_prepare(&s, v->db, sql) != 0)
        return otherwise;
    if (sqlite3_step(s) == SQLITE_ROW)
        n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static bool has_row(struct verify *v, struct slice sql, uint64_t id)
{
    sqlite3_stmt *s = NULL;
    bool found;

    if (day_db_prepare(&s, v->db, sql) != 0)
        return false;
    sqlite3_bind_int64(s, 1, (int64_t)id);
    found = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return found;
}

static int check_pins(struct verify *v)
{
    uint64_t *calls = NULL;
    size_t count = 0;
    int err = pins_of_day(v->options->store_dir, v->day, &calls, &count);

    for (size_t i = 0; i < count && err == 0; i++) {
        char file[32];

        if (has_row(v,
                    SLICE("SELECT 1 FROM calls WHERE id = ? UNION ALL "
                          "SELECT 1 FROM streams WHERE id = ?1"),
                    calls[i]))
            continue;
        snprintf(file, sizeof file, "pins/%016llx", (unsigned long long)calls[i]);
        verify_fault(v, file, -1, "the call that is pinned has no row",
                     "'earshot store unpin' takes the pin away");
    }
    free(calls);
    return err == -ENOENT ? 0 : err;
}

int verify_rows_tables(struct verify *v)
{
    int err = check_pages(v);

    for (size_t i = 0; err == 0 && i < sizeof table_checks / sizeof table_checks[0]; i++) {
        const struct table_check *check = &table_checks[i];
        int64_t n = number_of(v, check->sql, 0);
        char what[128];

        if (n == 0)
            continue;
        snprintf(what, sizeof what, "%lld %s", (long long)n, check->what);
        verify_fault(v, DAY_DB_FILE, -1, what, check->advice);
    }
    if (err)
        return err;
    v->result->calls += (uint64_t)number_of(v, SLICE("SELECT count(*) FROM calls"), 0);
    v->progress.calls = v->result->calls;
    return check_pins(v);
}

static int add_row(struct verify *v, sqlite3_stmt *s)
{
    if (v->row_count == v->row_room) {
        size_t room = v->row_room ? v->row_room * 2 : 1024;
        struct verify_row *grown = realloc(v->rows, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        v->rows = grown;
        v->row_room = room;
    }
    v->rows[v->row_count++] =
        (struct verify_row){ .place = sqlite3_column_int64(s, 0),
                             .id = (uint64_t)sqlite3_column_int64(s, 1),
                             .first_time = sqlite3_column_int64(s, 2),
                             .last_time = sqlite3_column_int64(s, 3),
                             .stored_bytes = (uint32_t)sqlite3_column_int64(s, 4),
                             .frames = (uint32_t)sqlite3_column_int64(s, 5),
                             .audio_segment = (uint32_t)sqlite3_column_int64(s, 6),
                             .audio_offset = (uint64_t)sqlite3_column_int64(s, 7),
                             .audio_bytes = (uint32_t)sqlite3_column_int64(s, 8) };
    return 0;
}

int verify_rows_load(struct verify *v)
{
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_DONE,
        err = day_db_prepare(
            &s, v->db,
            SLICE("SELECT place,id,first_time,last_time,stored_bytes,frames,audio_segment,"
                  "audio_offset,audio_bytes FROM chunks ORDER BY place"));

    if (err) /* of a version in which payloads never stood apart */
        err = day_db_prepare(&s, v->db,
                             SLICE("SELECT place,id,first_time,last_time,stored_bytes,frames,0,0,0 "
                                   "FROM chunks ORDER BY place"));
    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW)
        err = add_row(v, s);
    if (err == 0 && rc != SQLITE_DONE)
        err = day_db_errno(v->db);
    sqlite3_finalize(s);
    return err;
}

bool verify_rows_has(struct verify *v, const struct verify_row *row)
{
    sqlite3_stmt *s = NULL;
    bool found;

    if (!v->db ||
        day_db_prepare(&s, v->db,
                       row->audio_bytes ? SLICE("SELECT 1 FROM chunks WHERE place = ? AND "
                                                "audio_bytes IS NOT NULL")
                                        : SLICE("SELECT 1 FROM chunks WHERE place = ?")) != 0)
        return true;
    sqlite3_bind_int64(s, 1, row->place);
    found = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return found;
}
