/*
 * access_admin - users and tokens: what an admin changes, here or in a shell.
 */
#include "probe/access/access_state.h"

#include "probe/access/invites.h"

#include <errno.h>

enum { DAY_S = 86400, HOUR_S = 3600 };

/* ---- users ---- */

int access_list_users(struct access *a, int64_t now_s, user_fn fn, void *ctx)
{
    int err = access_lock(a, now_s);

    if (!err)
        err = users_list(a->db, now_s, a->options.idle_s, a->options.session_s, fn, ctx);
    access_unlock(a);
    return err;
}

int access_find_user(struct access *a, struct slice name, struct user *out)
{
    int err = access_lock(a, access_clock_s());

    if (!err)
        err = users_find(a->db, name, out);
    access_unlock(a);
    return err;
}

/* A change of all or nothing; locked from here to end_change. */
static int begin_change(struct access *a, int64_t now_s)
{
    int err = access_lock(a, now_s);

    return err ? err : access_db_begin(a->db);
}

static int end_change(struct access *a, bool is_begun, int err)
{
    if (is_begun)
        err = access_reload(a, access_db_end(a->db, err));
    access_unlock(a);
    return err;
}

static int64_t end_of_link(const struct access *a, int64_t now_s)
{
    return now_s + (int64_t)a->options.link_hours * HOUR_S;
}

static int make_hash(struct access *a, struct slice password, char hash[PASSWORD_HASH_MAX])
{
    int err;

    hash[0] = '\0';
    if (!password.p)
        return 0;
    if (!access_begin_hashing(a))
        return -EBUSY;
    err = password_hash(password, hash);
    access_end_hashing(a);
    return err;
}

int access_add_user(struct access *a, const struct access_change *change, struct slice password,
                    char link[SECRET_KEY_LEN + 1], const char **why)
{
    char hash[PASSWORD_HASH_MAX];
    int64_t id = 0;
    bool is_begun;
    int err;

    link[0] = '\0';
    *why = !users_name_is_good(change->name)
               ? "a user's name is of letters, digits, '-', '_' and '.', at most 64"
           : password.p ? password_refuse(password, change->name)
                        : NULL;
    if (*why)
        return -EINVAL;
    err = make_hash(a, password, hash);
    if (err)
        return err;
    err = begin_change(a, change->now_s);
    is_begun = err == 0;
    if (!err) {
        id = users_add(a->db, change->name, change->role, hash, change->now_s);
        err = id < 0 ? (int)id : 0;
    }
    if (!err && !password.p)
        err = invites_make(a->db, id, end_of_link(a, change->now_s), link);
    return end_change(a, is_begun, err);
}

static int reset(struct access *a, const struct user *user, bool must_leave_admin, int64_t now_s,
                 char *link)
{
    int last = must_leave_admin ? users_is_last_admin(a->db, user) : 0;
    int err = last > 0 ? -EPERM : last;

    if (!err)
        err = users_set_password(a->db, user, "");
    if (!err)
        err = sessions_end_all(a->db, user->id);
    if (!err)
        err = invites_make(a->db, user->id, end_of_link(a, now_s), link);
    return err;
}

int access_change_user(struct access *a, const struct access_change *change,
                       char link[SECRET_KEY_LEN + 1])
{
    int err = begin_change(a, change->now_s);
    bool is_begun = err == 0;
    struct user user;

    link[0] = '\0';
    if (!err)
        err = users_find(a->db, change->name, &user);
    if (!err && change->role != ROLE_NONE)
        err = users_set_role(a->db, &user, change->role);
    if (!err && change->role != ROLE_NONE)
        user.role = (uint8_t)change->role;
    if (!err && change->sets_disabled)
        err = users_set_disabled(a->db, &user, change->is_disabled);
    if (!err && change->sets_disabled && change->is_disabled)
        err = sessions_end_all(a->db, user.id);
    if (!err && change->resets)
        err = reset(a, &user, change->must_leave_admin, change->now_s, link);
    return end_change(a, is_begun, err);
}

int access_set_password(struct access *a, struct slice name, struct slice password, int64_t now_s,
                        const char **why)
{
    char hash[PASSWORD_HASH_MAX];
    struct user user;
    bool is_begun;
    int err;

    *why = password_refuse(password, name);
    if (*why)
        return -EINVAL;
    err = make_hash(a, password, hash);
    if (err)
        return err;
    err = begin_change(a, now_s);
    is_begun = err == 0;
    if (!err)
        err = users_find(a->db, name, &user);
    if (!err)
        err = users_set_password(a->db, &user, hash);
    if (!err)
        err = invites_forget(a->db, user.id);
    if (!err)
        err = sessions_end_all(a->db, user.id);
    return end_change(a, is_begun, err);
}

int access_remove_user(struct access *a, struct slice name)
{
    int err = begin_change(a, access_clock_s());
    bool is_begun = err == 0;
    struct user user;

    if (!err)
        err = users_find(a->db, name, &user);
    if (!err)
        err = users_remove(a->db, &user);
    return end_change(a, is_begun, err);
}

/* ---- tokens ---- */

/* 0: of all. Locked. */
static int whose(struct access *a, const struct identity *who, int64_t *user)
{
    struct user own;
    int err;

    *user = 0;
    if (who->rights & RIGHT_ADMIN)
        return 0;
    err = users_find(a->db, slice_of_text(who->name), &own);
    if (!err)
        *user = own.id;
    return err;
}

int access_list_tokens(struct access *a, const struct identity *who, token_fn fn, void *ctx)
{
    int64_t user;
    int err = access_lock(a, access_clock_s());

    if (!err)
        err = whose(a, who, &user);
    if (!err)
        err = tokens_list(a->db, user, fn, ctx);
    access_unlock(a);
    return err;
}

int access_add_token(struct access *a, const struct identity *who, struct token *token,
                     unsigned days, int64_t now_s, char secret[TOKEN_LEN + 1])
{
    int err = begin_change(a, now_s);
    bool is_begun = err == 0;
    struct user user;

    if (!err && (days == 0 || days > a->options.token_days))
        err = -EINVAL;
    if (!err)
        err = users_find(a->db, slice_of_text(who->name), &user);
    if (!err && (token->scopes & (~role_rights(user.role) | RIGHT_SELF)))
        err = -EACCES;
    if (!err) {
        int64_t id;

        token->user = user.id;
        token->created_s = now_s;
        token->expires_s = now_s + (int64_t)days * DAY_S;
        memcpy(token->user_name, user.name, sizeof token->user_name);
        id = tokens_add(a->db, token, secret);
        err = id < 0 ? (int)id : 0;
    }
    return end_change(a, is_begun, err);
}

int access_end_token(struct access *a, const struct identity *who, int64_t id)
{
    int err = begin_change(a, access_clock_s());
    bool is_begun = err == 0;
    int64_t user;

    if (!err)
        err = whose(a, who, &user);
    if (!err)
        err = tokens_remove(a->db, id, user);
    return end_change(a, is_begun, err);
}

unsigned access_token_days(const struct access *a)
{
    return a->options.token_days;
}

unsigned access_link_hours(const struct access *a)
{
    return a->options.link_hours;
}
