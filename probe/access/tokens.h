/*
 * tokens - what speaks for a user without a browser: scripts, Prometheus, curl.
 *
 * "earshot_" and a secret_key. It may do what its scopes say, of that what its user may do now, until it
 * expires. It never has the right "self": what could make tokens would never end.
 *
 * Thread  As the access_db.
 */
#ifndef PROBE_ACCESS_TOKENS_H
#define PROBE_ACCESS_TOKENS_H

#include "analyzer/base/strbuf.h"
#include "probe/access/access_db.h"
#include "probe/access/identity.h"
#include "probe/access/secret_key.h"

#define TOKEN_HEAD "earshot_"

enum {
    TOKENS_OF_USER_MAX = 64,
    TOKEN_LEN = sizeof TOKEN_HEAD - 1 + SECRET_KEY_LEN,
    TOKEN_SCOPES_MAX = 128,
};

struct token {
    int64_t id;
    char name[IDENTITY_NAME_MAX + 1];
    int64_t user;
    char user_name[IDENTITY_NAME_MAX + 1]; /* by tokens_list alone */
    unsigned scopes;                       /* rights */
    int64_t created_s, expires_s, used_s;  /* used_s: 0: never */
    unsigned char key[SECRET_KEY_BYTES];
};

typedef bool (*token_fn)(void *ctx, const struct token *token);

/* "see,metrics". */
void tokens_scopes_write(struct strbuf *out, unsigned scopes);
/* The rights of names with commas between them; 0: there is none, one that no right has, or "self". */
unsigned tokens_scopes_parse(struct slice text);

/* False: it has not the form of one. */
bool tokens_hash(struct slice secret, unsigned char hash[SECRET_KEY_BYTES]);

/* A new one: its id, with its secret; −EEXIST: he has one of that name; −ENOSPC: TOKENS_OF_USER_MAX. */
int64_t tokens_add(struct access_db *d, struct token *token, char secret[TOKEN_LEN + 1]);
/* user: whose it must be; 0: anybody's. −ENOENT. */
int tokens_remove(struct access_db *d, int64_t id, int64_t user);
int tokens_set_used(struct access_db *d, int64_t id, int64_t now_s);
/* user: 0: of all. Also those that have expired. */
int tokens_list(struct access_db *d, int64_t user, token_fn fn, void *ctx);

#endif
