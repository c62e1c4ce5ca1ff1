#include "probe/access/tokens.h"

#include "probe/state/state_db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

/* How long one that has expired is still shown. */
#define KEPT_S (30 * INT64_C(86400))

void tokens_scopes_write(struct strbuf *out, unsigned scopes)
{
    bool is_first = true;

    for (unsigned right = 1; right <= scopes; right <<= 1) {
        if (!(scopes & right))
            continue;
        strbuf_add(out, ",", is_first ? 0 : 1);
        strbuf_add_slice(out, role_right_name((enum right)right));
        is_first = false;
    }
}

unsigned tokens_scopes_parse(struct slice text)
{
    unsigned scopes = 0;

    while (text.len) {
        enum right right = role_right_parse(slice_trim(slice_cut(&text, ',')));

        if (right == RIGHT_OPEN || right == RIGHT_SELF)
            return 0;
        scopes |= right;
    }
    return scopes;
}

bool tokens_hash(struct slice secret, unsigned char hash[SECRET_KEY_BYTES])
{
    const size_t head = sizeof TOKEN_HEAD - 1;

    return slice_starts_with(secret, SLICE(TOKEN_HEAD)) &&
           secret_key_hash(slice_of(secret.p + head, secret.len - head), hash);
}

static int count_of(struct access_db *d, int64_t user)
{
    sqlite3_stmt *s;
    int rc, count, err = access_db_prepare(d, &s, "SELECT count(*) FROM tokens WHERE user = ?1");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, user);
    rc = sqlite3_step(s);
    count = rc == SQLITE_ROW ? sqlite3_column_int(s, 0) : state_db_errno(rc);
    sqlite3_finalize(s);
    return count;
}

static int forget_old(struct access_db *d, int64_t now_s)
{
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s, "DELETE FROM tokens WHERE expires_s < ?1");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, now_s - KEPT_S);
    return access_db_run(d, s);
}

static int insert(struct access_db *d, const struct token *token)
{
    struct strbuf scopes = { 0 };
    sqlite3_stmt *s;
    int err = access_db_prepare(d, &s,
                                "INSERT INTO tokens (key, user, name, scopes, created_s, expires_s)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    if (err)
        return err;
    tokens_scopes_write(&scopes, token->scopes);
    access_db_bind_key(s, 1, token->key);
    sqlite3_bind_int64(s, 2, token->user);
    sqlite3_bind_text(s, 3, token->name, -1, SQLITE_STATIC);
    state_db_bind_slice(s, 4, strbuf_slice(&scopes));
    sqlite3_bind_int64(s, 5, token->created_s);
    sqlite3_bind_int64(s, 6, token->expires_s);
    strbuf_fini(&scopes);
    return access_db_run(d, s);
}

int64_t tokens_add(struct access_db *d, struct token *token, char secret[TOKEN_LEN + 1])
{
    int err = forget_old(d, token->created_s);
    int count = err < 0 ? err : count_of(d, token->user);

    if (count < 0)
        return count;
    if (count >= TOKENS_OF_USER_MAX)
        return -ENOSPC;
    if (!token->scopes || !token->name[0])
        return -EINVAL;
    snprintf(secret, TOKEN_LEN + 1, "%s", TOKEN_HEAD);
    secret_key_make(secret + sizeof TOKEN_HEAD - 1, token->key);
    err = insert(d, token);
    if (err < 0)
        return err;
    token->id = access_db_last_id(d);
    return token->id;
}

int tokens_remove(struct access_db *d, int64_t id, int64_t user)
{
    sqlite3_stmt *s;
    int changed =
        access_db_prepare(d, &s, "DELETE FROM tokens WHERE id = ?1 AND (?2 = 0 OR user = ?2)");

    if (changed)
        return changed;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, user);
    changed = access_db_run(d, s);
    return changed < 0 ? changed : changed ? 0 : -ENOENT;
}

int tokens_set_used(struct access_db *d, int64_t id, int64_t now_s)
{
    sqlite3_stmt *s;
    int changed = access_db_prepare(d, &s, "UPDATE tokens SET used_s = ?2 WHERE id = ?1");

    if (changed)
        return changed;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, now_s);
    changed = access_db_run(d, s);
    return changed < 0 ? changed : 0;
}

int tokens_list(struct access_db *d, int64_t user, token_fn fn, void *ctx)
{
    struct token token;
    sqlite3_stmt *s;
    int rc, err = access_db_prepare(
                d, &s,
                "SELECT t.id, t.name, t.user, u.name, t.scopes, t.created_s, t.expires_s,"
                " coalesce(t.used_s, 0), t.key FROM tokens t JOIN users u ON u.id = t.user"
                " WHERE ?1 = 0 OR t.user = ?1 ORDER BY t.id");

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, user);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        token = (struct token){ .id = sqlite3_column_int64(s, 0),
                                .user = sqlite3_column_int64(s, 2),
                                .scopes = tokens_scopes_parse(state_db_column_slice(s, 4)),
                                .created_s = sqlite3_column_int64(s, 5),
                                .expires_s = sqlite3_column_int64(s, 6),
                                .used_s = sqlite3_column_int64(s, 7) };
        access_db_column_text(s, 1, token.name, sizeof token.name);
        access_db_column_text(s, 3, token.user_name, sizeof token.user_name);
        if (access_db_column_key(s, 8, token.key) && !fn(ctx, &token))
            break;
    }
    sqlite3_finalize(s);
    return state_db_errno(rc);
}
