#include "probe/state/watched.h"

#include <sqlite3.h>
#include <string.h>

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **s)
{
    return state_db_errno(sqlite3_prepare_v2(db, sql, -1, s, NULL));
}

int watched_put(struct state_db *state, struct slice target, struct slice json)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int err = prepare(db, "INSERT OR REPLACE INTO watched (target, record) VALUES (?1, ?2)", &s);

    if (err == 0) {
        state_db_bind_slice(s, 1, target);
        state_db_bind_slice(s, 2, json);
        err = state_db_errno(sqlite3_step(s));
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return err;
}

static bool is_among(struct slice target, const char *const *targets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(target, slice_of_text(targets[i])))
            return true;
    }
    return false;
}

/* One that is not among them; false when there is none. */
static bool forget_one(sqlite3 *db, const char *const *targets, size_t count, int *err)
{
    sqlite3_stmt *list, *remove;
    bool found = false;

    *err = prepare(db, "SELECT target FROM watched", &list);
    if (*err)
        return false;
    *err = prepare(db, "DELETE FROM watched WHERE target = ?1", &remove);
    while (*err == 0 && !found && sqlite3_step(list) == SQLITE_ROW) {
        found = !is_among(state_db_column_slice(list, 0), targets, count);
        if (found)
            sqlite3_bind_value(remove, 1, sqlite3_column_value(list, 0));
    }
    sqlite3_finalize(list);
    if (found)
        *err = state_db_errno(sqlite3_step(remove));
    sqlite3_finalize(remove);
    return found && *err == 0;
}

int watched_keep(struct state_db *state, const char *const *targets, size_t count)
{
    sqlite3 *db = state_db_lock(state);
    int err;

    while (forget_one(db, targets, count, &err))
        ;
    state_db_unlock(state);
    return err;
}

int watched_list(struct state_db *state, watched_fn fn, void *ctx)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int err =
        prepare(db, "SELECT record FROM watched WHERE json_valid(record) ORDER BY target", &s);

    if (err == 0) {
        while (sqlite3_step(s) == SQLITE_ROW && fn(ctx, state_db_column_slice(s, 0)))
            ;
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return err;
}
