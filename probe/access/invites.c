#include "probe/access/invites.h"

#include "probe/state/state_db.h"

#include <errno.h>
#include <sqlite3.h>

int invites_make(struct access_db *d, int64_t user, int64_t expires_s, char key[SECRET_KEY_LEN + 1])
{
    unsigned char hash[SECRET_KEY_BYTES];
    sqlite3_stmt *s;
    int changed = access_db_prepare(
        d, &s, "INSERT OR REPLACE INTO invites (user, key, expires_s) VALUES (?1, ?2, ?3)");

    if (changed)
        return changed;
    secret_key_make(key, hash);
    sqlite3_bind_int64(s, 1, user);
    access_db_bind_key(s, 2, hash);
    sqlite3_bind_int64(s, 3, expires_s);
    changed = access_db_run(d, s);
    return changed < 0 ? changed : 0;
}

int64_t invites_find(struct access_db *d, struct slice key, int64_t now_s)
{
    unsigned char hash[SECRET_KEY_BYTES];
    sqlite3_stmt *s;
    int64_t user;
    int rc, err;

    if (!secret_key_hash(key, hash))
        return -ENOENT;
    err = access_db_prepare(d, &s, "SELECT user FROM invites WHERE key = ?1 AND expires_s > ?2");
    if (err)
        return err;
    access_db_bind_key(s, 1, hash);
    sqlite3_bind_int64(s, 2, now_s);
    rc = sqlite3_step(s);
    user = rc == SQLITE_ROW    ? sqlite3_column_int64(s, 0)
           : rc == SQLITE_DONE ? -ENOENT
                               : state_db_errno(rc);
    sqlite3_finalize(s);
    return user;
}

int invites_forget(struct access_db *d, int64_t user)
{
    sqlite3_stmt *s;
    int changed = access_db_prepare(d, &s, "DELETE FROM invites WHERE user = ?1");

    if (changed)
        return changed;
    sqlite3_bind_int64(s, 1, user);
    changed = access_db_run(d, s);
    return changed < 0 ? changed : 0;
}
