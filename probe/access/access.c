#include "probe/access/access_state.h"

#include "analyzer/base/log.h"
#include "probe/access/invites.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>

enum { HASHERS_MAX = 2, WRITTEN_EVERY_S = 60 };

int64_t access_clock_s(void)
{
    return (int64_t)time(NULL);
}

static int init(struct access *a)
{
    int err;

    if (sodium_init() < 0)
        return -EIO;
    password_hash_nobody(a->nobody);
    err = throttle_init(&a->throttle);
    if (err)
        return err;
    err = tickets_init(&a->tickets);
    if (err)
        goto fini_throttle;
    err = -pthread_mutex_init(&a->lock, NULL);
    if (err)
        goto fini_tickets;
    err = -pthread_mutex_init(&a->hashing, NULL);
    if (err)
        goto destroy_lock;
    return 0;

destroy_lock:
    pthread_mutex_destroy(&a->lock);
fini_tickets:
    tickets_fini(&a->tickets);
fini_throttle:
    throttle_fini(&a->throttle);
    return err;
}

int access_open(struct access **ap, const struct access_options *options)
{
    struct access *a = calloc(1, sizeof *a);
    int err;

    if (!a)
        return -ENOMEM;
    a->options = *options;
    if (!a->options.idle_s)
        a->options.idle_s = ACCESS_IDLE_S;
    if (!a->options.session_s)
        a->options.session_s = ACCESS_SESSION_S;
    if (!a->options.token_days)
        a->options.token_days = ACCESS_TOKEN_DAYS;
    if (!a->options.link_hours)
        a->options.link_hours = ACCESS_LINK_HOURS;
    err = init(a);
    if (err) {
        free(a);
        return err;
    }
    *ap = a;
    return 0;
}

void access_close(struct access *a)
{
    if (!a)
        return;
    access_cache_fini(&a->cache);
    access_db_close(a->db);
    tickets_fini(&a->tickets);
    throttle_fini(&a->throttle);
    pthread_mutex_destroy(&a->hashing);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

int access_reload(struct access *a, int err)
{
    return err ? err : access_cache_load(&a->cache, a->db);
}

/* The stamp first: what changes while it is read is read again. */
static int look(struct access *a, int64_t now_s)
{
    int64_t stamp;

    if (a->looked_s == now_s)
        return 0;
    stamp = access_db_stamp(a->db);
    if (stamp != a->stamp || a->looked_s == 0) {
        int err = access_cache_load(&a->cache, a->db);

        if (err)
            return err;
        a->stamp = stamp;
    }
    a->looked_s = now_s;
    return 0;
}

int access_lock(struct access *a, int64_t now_s)
{
    int err = 0;

    pthread_mutex_lock(&a->lock);
    if (!a->db)
        err = access_db_open(&a->db, a->options.store_dir);
    return err ? err : look(a, now_s);
}

void access_unlock(struct access *a)
{
    pthread_mutex_unlock(&a->lock);
}

bool access_begin_hashing(struct access *a)
{
    if (atomic_fetch_add(&a->hashers, 1) >= HASHERS_MAX) {
        atomic_fetch_sub(&a->hashers, 1);
        return false;
    }
    pthread_mutex_lock(&a->hashing);
    return true;
}

void access_end_hashing(struct access *a)
{
    pthread_mutex_unlock(&a->hashing);
    atomic_fetch_sub(&a->hashers, 1);
}

int access_make_setup_key(struct access *a, char key[SECRET_KEY_LEN + 1])
{
    int err = access_lock(a, access_clock_s());

    if (!err && a->cache.user_count)
        err = -EEXIST;
    /* Without a store there is nobody either; he will have come by when the link is used. */
    if (!err || err == -ENOENT) {
        secret_key_make(key, a->setup_key);
        a->has_setup_key = true;
        err = 0;
    }
    access_unlock(a);
    return err;
}

bool access_needs_setup(struct access *a)
{
    bool needs = access_lock(a, access_clock_s()) == 0 && a->cache.user_count == 0;

    access_unlock(a);
    return needs;
}

/* ---- who asks ---- */

static int64_t end_of(const struct access *a, const struct access_key *k)
{
    int64_t idle = k->used_s + a->options.idle_s, whole = k->created_s + a->options.session_s;

    if (k->is_token)
        return k->token.expires_s;
    return idle < whole ? idle : whole;
}

static bool is_good(const struct access *a, const struct access_key *k, int64_t now_s)
{
    return k && k->of && !k->of->is_disabled && end_of(a, k) > now_s;
}

void access_describe(const struct access *a, const struct access_key *k, struct identity *who)
{
    *who = (struct identity){ .role = k->of->role,
                              .rights = role_rights(k->of->role),
                              .expires_s = end_of(a, k) };
    memcpy(who->name, k->of->name, sizeof who->name);
    memcpy(who->key, k->key, sizeof who->key);
    if (!k->is_token)
        return;
    memcpy(who->token, k->token.name, sizeof who->token);
    who->rights &= k->token.scopes;
}

static void write_used(struct access *a, struct access_key *k)
{
    int err = k->is_token ? tokens_set_used(a->db, k->token.id, k->used_s)
                          : sessions_set_used(a->db, k->key, k->used_s);

    if (err)
        log_debug("access: when a session was used could not be written, error %d", -err);
    k->written_s = k->used_s;
}

static int identify(struct access *a, const unsigned char *key, bool is_token, int64_t now_s,
                    struct identity *who)
{
    int err = access_lock(a, now_s);
    struct access_key *k = err ? NULL : access_cache_find(&a->cache, key, is_token);

    if (!err && !is_good(a, k, now_s))
        err = -ENOENT;
    if (!err) {
        if (k->used_s < now_s)
            k->used_s = now_s;
        if (k->used_s - k->written_s >= WRITTEN_EVERY_S)
            write_used(a, k);
        access_describe(a, k, who);
    }
    access_unlock(a);
    return err;
}

int access_by_session(struct access *a, struct slice secret, int64_t now_s, struct identity *who)
{
    unsigned char key[SECRET_KEY_BYTES];

    return secret_key_hash(secret, key) ? identify(a, key, false, now_s, who) : -ENOENT;
}

int access_by_token(struct access *a, struct slice secret, int64_t now_s, struct identity *who)
{
    unsigned char key[SECRET_KEY_BYTES];

    return tokens_hash(secret, key) ? identify(a, key, true, now_s, who) : -ENOENT;
}

int access_make_ticket(struct access *a, const struct identity *who, int64_t now_s,
                       char ticket[SECRET_KEY_LEN + 1])
{
    return tickets_make(&a->tickets, who, now_s, ticket);
}

bool access_take_ticket(struct access *a, struct slice ticket, int64_t now_s, struct identity *who)
{
    return tickets_take(&a->tickets, ticket, now_s, who);
}

bool access_still_may(struct access *a, const struct identity *who, enum right right, int64_t now_s)
{
    struct access_key *k;
    struct identity now;
    bool may = false;

    if (pthread_mutex_trylock(&a->lock) != 0)
        return true;
    k = access_cache_find(&a->cache, who->key, who->token[0] != '\0');
    if (is_good(a, k, now_s)) {
        access_describe(a, k, &now);
        may = (now.rights & right) == right;
    }
    access_unlock(a);
    return may;
}
