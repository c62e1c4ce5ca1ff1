#include "probe/access/sessions.h"

#include "probe/state/state_db.h"

#include <sqlite3.h>

static int run(struct access_db *d, sqlite3_stmt *s)
{
    int changed = access_db_run(d, s);

    return changed < 0 ? changed : 0;
}

static int make_room(struct access_db *d, int64_t user)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s,
                                "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions"
                                " WHERE user = ?1 ORDER BY used_s DESC LIMIT -1 OFFSET ?2)");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, user);
    sqlite3_bind_int(s, 2, SESSIONS_OF_USER_MAX - 1);
    return run(d, s);
}

int sessions_add(struct access_db *d, const struct session *session)
{
    sqlite3_stmt *s;
    int err = make_room(d, session->user);

    if (!err)
        err = access_db_prepare(
            d, &s, "INSERT INTO sessions (key, user, created_s, used_s) VALUES (?1, ?2, ?3, ?4)");
    if (err)
        return err;
    access_db_bind_key(s, 1, session->key);
    sqlite3_bind_int64(s, 2, session->user);
    sqlite3_bind_int64(s, 3, session->created_s);
    sqlite3_bind_int64(s, 4, session->used_s);
    return run(d, s);
}

int sessions_end(struct access_db *d, const unsigned char *key)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "DELETE FROM sessions WHERE key = ?1");

    if (err)
        return err;
    access_db_bind_key(s, 1, key);
    return run(d, s);
}

int sessions_end_all(struct access_db *d, int64_t user)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "DELETE FROM sessions WHERE user = ?1");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, user);
    return run(d, s);
}

int sessions_set_used(struct access_db *d, const unsigned char *key, int64_t now_s)
{
    sqlite3_stmt *s;
    int err =
        access_db_prepare(d, &s, "UPDATE sessions SET used_s = ?2 WHERE key = ?1 AND used_s < ?2");

    if (err)
        return err;
    access_db_bind_key(s, 1, key);
    sqlite3_bind_int64(s, 2, now_s);
    return run(d, s);
}

int sessions_forget_over(struct access_db *d, int64_t now_s, int64_t idle_s, int64_t whole_s)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(
        d, &s, "DELETE FROM sessions WHERE used_s <= ?1 - ?2 OR created_s <= ?1 - ?3");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, now_s);
    sqlite3_bind_int64(s, 2, idle_s);
    sqlite3_bind_int64(s, 3, whole_s);
    return run(d, s);
}

int sessions_list(struct access_db *d, session_fn fn, void *ctx)
{
    struct session session;
    sqlite3_stmt *s;
    int rc, err = access_db_prepare(d, &s, "SELECT key, user, created_s, used_s FROM sessions");

    if (err)
        return err;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        session = (struct session){ .user = sqlite3_column_int64(s, 1),
                                    .created_s = sqlite3_column_int64(s, 2),
                                    .used_s = sqlite3_column_int64(s, 3) };
        if (access_db_column_key(s, 0, session.key) && !fn(ctx, &session))
            break;
    }
    sqlite3_finalize(s);
    return state_db_errno(rc);
}
