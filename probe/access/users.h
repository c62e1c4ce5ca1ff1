/*
 * users - who has an account, and in which role.
 *
 * Names are compared without regard to the case of letters, and shown as they were written.
 *
 * Thread  As the access_db.
 * Errors  −errno; −ENOENT: no such user; −EPERM: he is the last admin who can log in.
 */
#ifndef PROBE_ACCESS_USERS_H
#define PROBE_ACCESS_USERS_H

#include "probe/access/access_db.h"
#include "probe/access/identity.h"
#include "probe/access/password.h"

enum { USERS_MAX = 1000 };

struct user {
    int64_t id;
    char name[IDENTITY_NAME_MAX + 1];
    uint8_t role; /* enum role */
    bool is_disabled, has_password;
    int64_t created_s, login_s; /* 0: never */
    int64_t sessions, tokens;   /* that are good now, by users_list alone */
};

/* Letters, digits, '-', '_' and '.', which does not come first; 64 at most. */
bool users_name_is_good(struct slice name);

/* password: its hash; "": none. Its id, −EEXIST, or −ENOSPC: there are USERS_MAX. */
int64_t users_add(struct access_db *d, struct slice name, enum role role, const char *password,
                  int64_t now_s);
int users_find(struct access_db *d, struct slice name, struct user *out);
int users_find_id(struct access_db *d, int64_t id, struct user *out);
/* The hash of his password; "" where there is no user, or no password. */
int users_read_password(struct access_db *d, struct slice name, char hash[PASSWORD_HASH_MAX]);
/* How many, or −errno. */
int64_t users_count(struct access_db *d);

typedef bool (*user_fn)(void *ctx, const struct user *user);

/* By name; what is counted is so at now_s, idle_s and whole_s as in sessions.h. */
int users_list(struct access_db *d, int64_t now_s, int64_t idle_s, int64_t whole_s, user_fn fn,
               void *ctx);

int users_set_role(struct access_db *d, const struct user *user, enum role role);
int users_set_disabled(struct access_db *d, const struct user *user, bool is_disabled);
/* "": none any more. */
int users_set_password(struct access_db *d, const struct user *user, const char *hash);
int users_set_login(struct access_db *d, int64_t id, int64_t now_s);
/* With all that is his. */
int users_remove(struct access_db *d, const struct user *user);

/* 1: without him nobody could log in as an admin; 0; −errno. */
int users_is_last_admin(struct access_db *d, const struct user *user);

#endif
