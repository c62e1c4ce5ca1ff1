#include "probe/access/users.h"

#include "probe/state/state_db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#define COLUMNS "id, name, role, password <> '', is_disabled, created_s, coalesce(login_s, 0)"

bool users_name_is_good(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];

        if (c != '-' && c != '_' && c != '.' && (c < '0' || c > '9') &&
            ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
            return false;
    }
    return name.len > 0 && name.len <= IDENTITY_NAME_MAX && name.p[0] != '.';
}

static void read_row(sqlite3_stmt *s, struct user *out)
{
    *out = (struct user){ .id = sqlite3_column_int64(s, 0),
                          .role = (uint8_t)role_parse(state_db_column_slice(s, 2)),
                          .has_password = sqlite3_column_int(s, 3) != 0,
                          .is_disabled = sqlite3_column_int(s, 4) != 0,
                          .created_s = sqlite3_column_int64(s, 5),
                          .login_s = sqlite3_column_int64(s, 6) };
    access_db_column_text(s, 1, out->name, sizeof out->name);
}

/* A number, or −errno. */
static int64_t ask_number(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    int64_t number = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : state_db_errno(rc);

    sqlite3_finalize(s);
    return number;
}

int64_t users_count(struct access_db *d)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "SELECT count(*) FROM users");

    return err ? err : ask_number(s);
}

int64_t users_add(struct access_db *d, struct slice name, enum role role, const char *password,
                  int64_t now_s)
{
    int64_t count = users_count(d);
    sqlite3_stmt *s;
    int err;

    if (count < 0)
        return count;
    if (!users_name_is_good(name) || role == ROLE_NONE)
        return -EINVAL;
    if (count >= USERS_MAX)
        return -ENOSPC;
    err = access_db_prepare(
        d, &s, "INSERT INTO users (name, role, password, created_s) VALUES (?1, ?2, ?3, ?4)");
    if (err)
        return err;
    state_db_bind_slice(s, 1, name);
    state_db_bind_slice(s, 2, role_name(role));
    state_db_bind_slice(s, 3, slice_of_text(password));
    sqlite3_bind_int64(s, 4, now_s);
    err = access_db_run(d, s);
    return err < 0 ? err : access_db_last_id(d);
}

static int find(sqlite3_stmt *s, struct user *out)
{
    int rc = sqlite3_step(s);

    if (rc == SQLITE_ROW)
        read_row(s, out);
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? -ENOENT : state_db_errno(rc);
}

int users_find(struct access_db *d, struct slice name, struct user *out)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "SELECT " COLUMNS " FROM users WHERE name = ?1");

    if (err)
        return err;
    state_db_bind_slice(s, 1, name);
    return find(s, out);
}

int users_find_id(struct access_db *d, int64_t id, struct user *out)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "SELECT " COLUMNS " FROM users WHERE id = ?1");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, id);
    return find(s, out);
}

int users_read_password(struct access_db *d, struct slice name, char hash[PASSWORD_HASH_MAX])
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "SELECT password FROM users WHERE name = ?1");
    int rc;

    hash[0] = '\0';
    if (err)
        return err;
    state_db_bind_slice(s, 1, name);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        access_db_column_text(s, 0, hash, PASSWORD_HASH_MAX);
    sqlite3_finalize(s);
    return state_db_errno(rc);
}

int users_list(struct access_db *d, int64_t now_s, int64_t idle_s, int64_t whole_s, user_fn fn,
               void *ctx)
{
    struct user user;
    sqlite3_stmt *s;
    int rc, err = access_db_prepare(
                d, &s,
                "SELECT " COLUMNS ","
                " (SELECT count(*) FROM sessions WHERE user = users.id AND used_s > ?1 - ?2"
                "  AND sessions.created_s > ?1 - ?3),"
                " (SELECT count(*) FROM tokens WHERE user = users.id AND expires_s > ?1)"
                " FROM users ORDER BY name");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, now_s);
    sqlite3_bind_int64(s, 2, idle_s);
    sqlite3_bind_int64(s, 3, whole_s);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        read_row(s, &user);
        user.sessions = sqlite3_column_int64(s, 7);
        user.tokens = sqlite3_column_int64(s, 8);
        if (!fn(ctx, &user))
            break;
    }
    sqlite3_finalize(s);
    return state_db_errno(rc);
}

int users_is_last_admin(struct access_db *d, const struct user *user)
{
    sqlite3_stmt *s;
    int64_t others;
    int err;

    if (user->role != ROLE_ADMIN || user->is_disabled || !user->has_password)
        return 0;
    err = access_db_prepare(d, &s,
                            "SELECT count(*) FROM users WHERE role = 'admin' AND NOT is_disabled"
                            " AND password <> '' AND id <> ?1");
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, user->id);
    others = ask_number(s);
    return others < 0 ? (int)others : others == 0;
}

/* A change that must leave an admin. */
static int refuse_last(struct access_db *d, const struct user *user)
{
    int last = users_is_last_admin(d, user);

    return last > 0 ? -EPERM : last;
}

/* Of one user: ?1 his id, ?2 what there is to say. */
static int change(struct access_db *d, const char *sql, int64_t id, struct slice text,
                  int64_t number)
{
    sqlite3_stmt *s;
    int changed = access_db_prepare(d, &s, sql);

    if (changed)
        return changed;
    sqlite3_bind_int64(s, 1, id);
    if (text.p)
        state_db_bind_slice(s, 2, text);
    else if (sqlite3_bind_parameter_count(s) > 1)
        sqlite3_bind_int64(s, 2, number);
    changed = access_db_run(d, s);
    return changed < 0 ? changed : changed ? 0 : -ENOENT;
}

int users_set_role(struct access_db *d, const struct user *user, enum role role)
{
    int err = role == ROLE_ADMIN ? 0 : refuse_last(d, user);

    return err ? err
               : change(d, "UPDATE users SET role = ?2 WHERE id = ?1", user->id, role_name(role),
                        0);
}

int users_set_disabled(struct access_db *d, const struct user *user, bool is_disabled)
{
    int err = is_disabled ? refuse_last(d, user) : 0;

    return err ? err
               : change(d, "UPDATE users SET is_disabled = ?2 WHERE id = ?1", user->id,
                        SLICE_ABSENT, is_disabled);
}

int users_set_password(struct access_db *d, const struct user *user, const char *hash)
{
    return change(d, "UPDATE users SET password = ?2 WHERE id = ?1", user->id, slice_of_text(hash),
                  0);
}

int users_set_login(struct access_db *d, int64_t id, int64_t now_s)
{
    return change(d, "UPDATE users SET login_s = ?2 WHERE id = ?1", id, SLICE_ABSENT, now_s);
}

int users_remove(struct access_db *d, const struct user *user)
{
    int err = refuse_last(d, user);

    return err ? err : change(d, "DELETE FROM users WHERE id = ?1", user->id, SLICE_ABSENT, 0);
}
