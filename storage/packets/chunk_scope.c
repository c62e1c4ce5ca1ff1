#include "storage/packets/chunk_scope.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

/* What a day's database says of the id. */
static int read_end(struct chunk_scope *scope, sqlite3 *db, struct slice sql)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, sql);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)scope->ids[0]);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        scope->is_known = true;
        if (sqlite3_column_type(s, 0) != SQLITE_NULL)
            scope->until_day = record_id_day(record_id_make(sqlite3_column_int64(s, 0), 0)) +
                               CHUNK_SCOPE_DAYS_AFTER_END;
    } else if (rc != SQLITE_DONE) {
        err = day_db_errno(db);
    }
    sqlite3_finalize(s);
    return err;
}

static int read_streams(struct chunk_scope *scope, sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, SLICE("SELECT id FROM streams WHERE call = ?"));

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)scope->ids[0]);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && scope->id_count <= RECORD_STREAMS_MAX) {
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);

        if (id != scope->ids[0])
            scope->ids[scope->id_count++] = id;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

int chunk_scope_init(struct chunk_scope *scope, const char *store_dir, uint64_t id)
{
    sqlite3 *db;
    int err = store_dir_check(store_dir);

    if (err)
        return err;
    *scope = (struct chunk_scope){ .store_dir = store_dir,
                                   .until_day = record_id_day(id) + CHUNK_SCOPE_DAYS_WHEN_OPEN,
                                   .id_count = 1,
                                   .ids = { id } };
    err = day_db_open_read(&db, store_dir, record_id_day(id));
    if (err == 0) {
        err = read_end(scope, db, SLICE("SELECT end_time FROM calls WHERE id = ?"));
        if (err == 0 && scope->is_known)
            err = read_streams(scope, db);
        else if (err == 0)
            err = read_end(scope, db, SLICE("SELECT end_time FROM streams WHERE id = ?"));
        day_db_close(db);
    } else if (err == -ENOENT) {
        err = 0;
    }
    if (err)
        return err;
    return store_dir_days(store_dir, &scope->days, &scope->day_count);
}

void chunk_scope_fini(struct chunk_scope *scope)
{
    free(scope->days);
    scope->days = NULL;
}
