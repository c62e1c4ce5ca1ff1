#include "probe/access/access_cache.h"

#include "analyzer/base/array.h"

#include <errno.h>
#include <stdlib.h>

enum { KEYS_MAX = USERS_MAX * (SESSIONS_OF_USER_MAX + TOKENS_OF_USER_MAX) };

struct loading {
    const struct access_cache *before;
    struct access_cache now;
    int err;
};

void access_cache_fini(struct access_cache *c)
{
    if (c->table.slots)
        table_fini(&c->table);
    free(c->users);
    free(c->keys);
    *c = (struct access_cache){ .users = NULL };
}

/* Hashes already, of random bytes. */
static uint64_t hash_of(const unsigned char *key)
{
    uint64_t hash;

    memcpy(&hash, key, sizeof hash);
    return hash;
}

static bool same_key(const void *item, const void *key)
{
    return secret_key_equal(((const struct access_key *)item)->key, key);
}

struct access_key *access_cache_find(const struct access_cache *c, const unsigned char *key,
                                     bool is_token)
{
    struct access_key *k =
        c->table.slots ? table_find(&c->table, hash_of(key), same_key, key) : NULL;

    return k && k->is_token == is_token && k->of ? k : NULL;
}

static bool on_user(void *ctx, const struct user *user)
{
    struct loading *l = ctx;
    struct access_cache *c = &l->now;
    struct user *grown = array_grow(c->users, &c->user_room, c->user_count, sizeof *grown);

    if (!grown) {
        l->err = -ENOMEM;
        return false;
    }
    c->users = grown;
    c->users[c->user_count++] = *user;
    return true;
}

static bool add_key(struct loading *l, const struct access_key *key)
{
    struct access_cache *c = &l->now;
    const struct access_key *before = access_cache_find(l->before, key->key, key->is_token);
    struct access_key *grown = array_grow(c->keys, &c->key_room, c->key_count, sizeof *grown);

    if (!grown) {
        l->err = -ENOMEM;
        return false;
    }
    c->keys = grown;
    c->keys[c->key_count] = *key;
    c->keys[c->key_count].written_s = key->used_s;
    if (before && before->used_s > key->used_s)
        c->keys[c->key_count].used_s = before->used_s;
    c->key_count++;
    return true;
}

static bool on_session(void *ctx, const struct session *session)
{
    struct access_key key = { .user = session->user,
                              .created_s = session->created_s,
                              .used_s = session->used_s };

    memcpy(key.key, session->key, sizeof key.key);
    return add_key(ctx, &key);
}

static bool on_token(void *ctx, const struct token *token)
{
    struct access_key key = { .is_token = true,
                              .user = token->user,
                              .created_s = token->created_s,
                              .used_s = token->used_s,
                              .token = *token };

    memcpy(key.key, token->key, sizeof key.key);
    return add_key(ctx, &key);
}

static int compare_users(const void *a, const void *b)
{
    int64_t x = ((const struct user *)a)->id, y = ((const struct user *)b)->id;

    return (x > y) - (x < y);
}

/* Whose they are, and a place in the table: once nothing moves any more. */
static int index_keys(struct access_cache *c)
{
    int err = table_init(&c->table, KEYS_MAX);

    if (c->user_count)
        qsort(c->users, c->user_count, sizeof *c->users, compare_users);
    for (size_t i = 0; i < c->key_count && !err; i++) {
        struct access_key *k = &c->keys[i];

        if (c->user_count)
            k->of = bsearch(&(struct user){ .id = k->user }, c->users, c->user_count,
                            sizeof *c->users, compare_users);
        err = table_put(&c->table, hash_of(k->key), k);
    }
    return err;
}

int access_cache_load(struct access_cache *c, struct access_db *d)
{
    struct loading l = { .before = c };
    int err = users_list(d, 0, 0, 0, on_user, &l);

    if (!err)
        err = l.err;
    if (!err)
        err = sessions_list(d, on_session, &l);
    if (!err)
        err = tokens_list(d, 0, on_token, &l);
    if (!err)
        err = l.err;
    if (!err)
        err = index_keys(&l.now);
    if (err) {
        access_cache_fini(&l.now);
        return err;
    }
    access_cache_fini(c);
    *c = l.now;
    return 0;
}
