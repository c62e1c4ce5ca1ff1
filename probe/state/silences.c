#include "probe/state/silences.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

/* How long one that is over is still shown. */
#define KEPT_MS (90 * INT64_C(86400000))

#define COLUMNS "id, match_text, from_ms, until_ms, created_ms, author, comment"

static void read_column(sqlite3_stmt *s, int at, char *out, size_t room)
{
    const unsigned char *text = sqlite3_column_text(s, at);

    snprintf(out, room, "%s", text ? (const char *)text : "");
}

/* False: what it matches cannot be read, so that it silences nothing. */
static bool read_row(sqlite3_stmt *s, struct silence *out)
{
    const unsigned char *match = sqlite3_column_text(s, 1);
    char error[LABEL_MATCH_ERROR_MAX];

    *out = (struct silence){ .id = sqlite3_column_int64(s, 0),
                             .from_ms = sqlite3_column_int64(s, 2),
                             .until_ms = sqlite3_column_int64(s, 3),
                             .created_ms = sqlite3_column_int64(s, 4) };
    read_column(s, 5, out->by, sizeof out->by);
    read_column(s, 6, out->comment, sizeof out->comment);
    if (match && label_match_parse(&out->match, slice_of_text((const char *)match), error) == 0)
        return true;
    log_warn("silences: number %" PRId64 " cannot be read and silences nothing", out->id);
    return false;
}

/* How many are in force or to come, or −errno. */
static int64_t count_open(sqlite3 *db, int64_t now_ms)
{
    sqlite3_stmt *s;
    int64_t count = state_db_errno(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM silences WHERE until_ms > ?1", -1, &s, NULL));
    int rc;

    if (count)
        return count;
    sqlite3_bind_int64(s, 1, now_ms);
    rc = sqlite3_step(s);
    count = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : state_db_errno(rc);
    sqlite3_finalize(s);
    return count;
}

static int forget_old(sqlite3 *db, int64_t now_ms)
{
    sqlite3_stmt *s;
    int err = state_db_errno(
        sqlite3_prepare_v2(db, "DELETE FROM silences WHERE until_ms < ?1", -1, &s, NULL));

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, now_ms - KEPT_MS);
    err = state_db_errno(sqlite3_step(s));
    sqlite3_finalize(s);
    return err;
}

static int64_t insert(sqlite3 *db, const struct silence *silence)
{
    sqlite3_stmt *s;
    int err = state_db_errno(
        sqlite3_prepare_v2(db,
                           "INSERT INTO silences (match_text, from_ms, until_ms, created_ms,"
                           " author, comment) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                           -1, &s, NULL));

    if (err)
        return err;
    sqlite3_bind_text(s, 1, silence->match.text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, silence->from_ms);
    sqlite3_bind_int64(s, 3, silence->until_ms);
    sqlite3_bind_int64(s, 4, silence->created_ms);
    sqlite3_bind_text(s, 5, silence->by, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 6, silence->comment, -1, SQLITE_STATIC);
    err = state_db_errno(sqlite3_step(s));
    sqlite3_finalize(s);
    return err ? err : sqlite3_last_insert_rowid(db);
}

int64_t silences_add(struct state_db *state, const struct silence *silence)
{
    sqlite3 *db = state_db_lock(state);
    int64_t id = forget_old(db, silence->created_ms);

    if (id == 0)
        id = count_open(db, silence->created_ms);
    if (id >= SILENCES_MAX)
        id = -ENOSPC;
    else if (id >= 0)
        id = insert(db, silence);
    state_db_unlock(state);
    return id;
}

int silences_end(struct state_db *state, int64_t id, int64_t now_ms)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int err = state_db_errno(sqlite3_prepare_v2(
        db, "UPDATE silences SET until_ms = ?2 WHERE id = ?1 AND until_ms > ?2", -1, &s, NULL));

    if (err == 0) {
        sqlite3_bind_int64(s, 1, id);
        sqlite3_bind_int64(s, 2, now_ms);
        err = state_db_errno(sqlite3_step(s));
        if (err == 0 && sqlite3_changes(db) == 0)
            err = -ENOENT;
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return err;
}

int silences_list(struct state_db *state, bool over, int64_t now_ms, silence_fn fn, void *ctx)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int rc, err = state_db_errno(sqlite3_prepare_v2(
                db, "SELECT " COLUMNS " FROM silences WHERE ?1 OR until_ms > ?2 ORDER BY id DESC",
                -1, &s, NULL));

    if (err == 0) {
        sqlite3_bind_int(s, 1, over);
        sqlite3_bind_int64(s, 2, now_ms);
        while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
            struct silence silence;

            if (read_row(s, &silence) && !fn(ctx, &silence))
                break;
        }
        err = state_db_errno(rc);
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return err;
}

int silences_find(struct state_db *state, struct slice labels, int64_t now_ms, struct silence *out)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int rc = SQLITE_DONE;
    int found = state_db_errno(
        sqlite3_prepare_v2(db,
                           "SELECT " COLUMNS " FROM silences WHERE from_ms <= ?1 AND until_ms > ?1"
                           " ORDER BY until_ms DESC",
                           -1, &s, NULL));

    if (found == 0) {
        sqlite3_bind_int64(s, 1, now_ms);
        while (found == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW)
            found = read_row(s, out) && label_match_fits(&out->match, labels);
        if (found == 0)
            found = state_db_errno(rc);
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return found;
}
