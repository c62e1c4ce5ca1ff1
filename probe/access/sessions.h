/*
 * sessions - who has logged in with a browser.
 *
 * A session ends when nothing was asked for idle_s, whole_s after it began, when its user logs out, gets
 * another password, is disabled or removed.
 *
 * Thread  As the access_db.
 */
#ifndef PROBE_ACCESS_SESSIONS_H
#define PROBE_ACCESS_SESSIONS_H

#include "probe/access/access_db.h"
#include "probe/access/secret_key.h"

enum { SESSIONS_OF_USER_MAX = 32 };

struct session {
    unsigned char key[SECRET_KEY_BYTES];
    int64_t user;
    int64_t created_s, used_s;
};

typedef bool (*session_fn)(void *ctx, const struct session *session);

/* 0 or −errno. The oldest of a user makes room when there are SESSIONS_OF_USER_MAX. */
int sessions_add(struct access_db *d, const struct session *session);
int sessions_end(struct access_db *d, const unsigned char *key);
int sessions_end_all(struct access_db *d, int64_t user);
int sessions_set_used(struct access_db *d, const unsigned char *key, int64_t now_s);
/* Those that are over; idle_s and whole_s: how long one may be idle, and last. */
int sessions_forget_over(struct access_db *d, int64_t now_s, int64_t idle_s, int64_t whole_s);
int sessions_list(struct access_db *d, session_fn fn, void *ctx);

#endif
