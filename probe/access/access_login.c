/*
 * access_login - how a session begins and ends.
 *
 * A password is worked on without the lock: it takes long. What was read before is looked at once more
 * when the session is made.
 */
#include "probe/access/access_state.h"

#include "probe/access/invites.h"

#include <errno.h>
#include <stdio.h>

static int refuse_busy(struct access_entry *out, unsigned wait_s)
{
    out->wait_s = wait_s;
    return -EBUSY;
}

static int64_t begin_session(struct access *a, const struct user *user,
                             const struct access_attempt *t, struct access_entry *out)
{
    struct session session = { .user = user->id, .created_s = t->now_s, .used_s = t->now_s };
    int err = sessions_forget_over(a->db, t->now_s, a->options.idle_s, a->options.session_s);

    secret_key_make(out->secret, session.key);
    if (!err && t->before && t->before->name[0] && !t->before->token[0])
        err = sessions_end(a->db, t->before->key);
    if (!err)
        err = sessions_add(a->db, &session);
    if (!err)
        err = users_set_login(a->db, user->id, t->now_s);
    memcpy(out->who.key, session.key, sizeof session.key);
    return err;
}

/* The cache knows the new session; locked. */
static int describe_new(struct access *a, int err, struct access_entry *out)
{
    const struct access_key *k;

    err = access_reload(a, err);
    if (err)
        return err;
    k = access_cache_find(&a->cache, out->who.key, false);
    if (!k)
        return -EIO;
    access_describe(a, k, &out->who);
    return 0;
}

/* ---- by a password ---- */

static int read_hash(struct access *a, const struct access_attempt *t, char *hash,
                     struct access_entry *out)
{
    int err = access_lock(a, t->now_s);
    unsigned wait = err ? 0 : throttle_try(&a->throttle, t->name, &t->from, t->now_s);

    if (!err && wait)
        err = refuse_busy(out, wait);
    if (!err)
        err = users_read_password(a->db, t->name, hash);
    access_unlock(a);
    if (!hash[0])
        memcpy(hash, a->nobody, PASSWORD_HASH_MAX);
    return err;
}

/* Who has this hash still: it was looked at without the lock. −EACCES: it has been changed meanwhile. */
static int find_by_hash(struct access *a, struct slice name, const char *hash, struct user *user)
{
    char now[PASSWORD_HASH_MAX];
    int err = users_read_password(a->db, name, now);

    if (!err)
        err = users_find(a->db, name, user);
    if (!err && strcmp(now, hash) != 0)
        err = -EACCES;
    password_wipe(now, sizeof now);
    return err;
}

/* The password was right for this hash. */
static int admit(struct access *a, const struct access_attempt *t, const char *hash,
                 const char *new_hash, struct access_entry *out)
{
    struct user user;
    int err = access_lock(a, t->now_s);

    if (!err)
        err = access_db_begin(a->db);
    if (err)
        goto unlock;
    err = find_by_hash(a, t->name, hash, &user);
    if (!err && user.is_disabled)
        err = -EACCES;
    if (!err && new_hash)
        err = users_set_password(a->db, &user, new_hash);
    if (!err)
        err = (int)begin_session(a, &user, t, out);
    err = access_db_end(a->db, err);
    if (!err)
        throttle_forgive(&a->throttle, t->name, &t->from, t->now_s);
    err = describe_new(a, err, out);
unlock:
    access_unlock(a);
    return err == -ENOENT ? -EACCES : err;
}

int access_login(struct access *a, const struct access_attempt *t, struct access_entry *out)
{
    char hash[PASSWORD_HASH_MAX] = "", better[PASSWORD_HASH_MAX];
    bool is_right = false, is_old = false;
    int err;

    *out = (struct access_entry){ .wait_s = 0 };
    if (!access_begin_hashing(a))
        return refuse_busy(out, 1);
    err = read_hash(a, t, hash, out);
    if (!err)
        is_right = password_is(t->password, hash);
    if (is_right && password_hash_is_old(hash))
        is_old = password_hash(t->password, better) == 0;
    access_end_hashing(a);
    if (!err)
        err = is_right ? admit(a, t, hash, is_old ? better : NULL, out) : -EACCES;
    password_wipe(hash, sizeof hash);
    return err;
}

/* ---- by a one-time link ---- */

/* Whose link it is: user->id 0: the first admin's, who is not there yet. Locked. */
static int find_key(struct access *a, struct slice key, struct slice name, int64_t now_s,
                    struct user *user)
{
    unsigned char hash[SECRET_KEY_BYTES];
    int64_t id = users_count(a->db);

    *user = (struct user){ .role = ROLE_ADMIN };
    if (id < 0)
        return (int)id;
    if (!secret_key_hash(key, hash))
        return -ENOENT;
    if (id == 0 && a->has_setup_key && secret_key_equal(hash, a->setup_key)) {
        snprintf(user->name, sizeof user->name, "%.*s", (int)name.len, name.len ? name.p : "");
        return 0;
    }
    id = invites_find(a->db, key, now_s);
    if (id < 0)
        return (int)id;
    return users_find_id(a->db, id, user);
}

static int check_link(struct access *a, struct slice key, const struct access_attempt *t,
                      struct access_entry *out)
{
    struct user user;
    int err = access_lock(a, t->now_s);

    if (!err)
        err = find_key(a, key, t->name, t->now_s, &user);
    access_unlock(a);
    if (err)
        return err;
    if (user.is_disabled)
        return -ENOENT;
    if (user.id == 0 && !users_name_is_good(t->name))
        out->why = "a user's name is of letters, digits, '-', '_' and '.', at most 64";
    else if (user.id && t->name.len && !slice_ieq(t->name, slice_of_text(user.name)))
        out->why = "this link is another user's";
    else
        out->why = password_refuse(t->password, slice_of_text(user.name));
    return out->why ? -EINVAL : 0;
}

static int use_link(struct access *a, struct slice key, const struct access_attempt *t,
                    const char *hash, struct access_entry *out)
{
    struct user user;
    int64_t id;
    int err = access_lock(a, t->now_s);

    if (!err)
        err = access_db_begin(a->db);
    if (err)
        goto unlock;
    err = find_key(a, key, t->name, t->now_s, &user);
    if (!err && user.id == 0) {
        id = users_add(a->db, t->name, ROLE_ADMIN, hash, t->now_s);
        user.id = id;
        err = id < 0 ? (int)id : 0;
    } else if (!err) {
        err = users_set_password(a->db, &user, hash);
        if (!err)
            err = invites_forget(a->db, user.id);
        if (!err)
            err = sessions_end_all(a->db, user.id);
    }
    if (!err)
        err = (int)begin_session(a, &user, t, out);
    err = access_db_end(a->db, err);
    if (!err)
        a->has_setup_key = false;
    err = describe_new(a, err, out);
unlock:
    access_unlock(a);
    return err;
}

int access_enter(struct access *a, struct slice key, const struct access_attempt *t,
                 struct access_entry *out)
{
    char hash[PASSWORD_HASH_MAX];
    int err;

    *out = (struct access_entry){ .wait_s = 0 };
    err = check_link(a, key, t, out);
    if (err)
        return err;
    if (!access_begin_hashing(a))
        return refuse_busy(out, 1);
    err = password_hash(t->password, hash);
    access_end_hashing(a);
    if (!err)
        err = use_link(a, key, t, hash, out);
    password_wipe(hash, sizeof hash);
    return err;
}

/* ---- another password, and the end ---- */

static int keep_password(struct access *a, const struct access_attempt *t, const char *old,
                         const char *hash, struct access_entry *out)
{
    struct user user;
    int err = access_lock(a, t->now_s);

    if (!err)
        err = access_db_begin(a->db);
    if (err)
        goto unlock;
    err = find_by_hash(a, t->name, old, &user);
    if (!err)
        err = users_set_password(a->db, &user, hash);
    if (!err)
        err = invites_forget(a->db, user.id);
    if (!err)
        err = sessions_end_all(a->db, user.id);
    if (!err)
        err = (int)begin_session(a, &user, t, out);
    err = access_db_end(a->db, err);
    if (!err)
        throttle_forgive(&a->throttle, t->name, &t->from, t->now_s);
    err = describe_new(a, err, out);
unlock:
    access_unlock(a);
    return err;
}

int access_change_password(struct access *a, const struct access_attempt *attempt,
                           struct slice password, struct access_entry *out)
{
    char old[PASSWORD_HASH_MAX] = "", hash[PASSWORD_HASH_MAX];
    struct access_attempt t = *attempt;
    int err;

    *out = (struct access_entry){ .wait_s = 0 };
    t.name = slice_of_text(attempt->before->name);
    out->why = password_refuse(password, t.name);
    if (out->why)
        return -EINVAL;
    if (!access_begin_hashing(a))
        return refuse_busy(out, 1);
    err = read_hash(a, &t, old, out);
    if (!err && !password_is(t.password, old))
        err = -EACCES;
    if (!err)
        err = password_hash(password, hash);
    access_end_hashing(a);
    if (!err)
        err = keep_password(a, &t, old, hash, out);
    password_wipe(hash, sizeof hash);
    return err;
}

int access_logout(struct access *a, const struct identity *who)
{
    int err = access_lock(a, access_clock_s());

    if (!err)
        err = sessions_end(a->db, who->key);
    err = access_reload(a, err);
    access_unlock(a);
    return err;
}
