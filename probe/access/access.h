/*
 * access - who may: logging in, sessions, tokens, users, for a server of many threads.
 *
 * A request costs a look into memory, no SQL: what another process has changed is seen a second
 * later, and when a session was used is written once a minute. Times are arguments, so that tests do
 * not wait.
 *
 * Ownership  access_open/close. Borrows the store's name.
 * Thread     Any. Whoever logs in works for some hundredths of a second, one at a time; one more waits,
 *            and all others are told to come again. access_take_ticket and access_still_may never wait
 *            for anything: they are the service thread's.
 * Errors     −errno. −ENOENT: nobody, or nothing of that name; −EACCES: not right; −EBUSY: too many
 *            tries, see wait_s; −EINVAL: see why; −EPERM: he is the last admin; −EEXIST.
 */
#ifndef PROBE_ACCESS_ACCESS_H
#define PROBE_ACCESS_ACCESS_H

#include "analyzer/base/addr.h"
#include "probe/access/identity.h"
#include "probe/access/secret_key.h"
#include "probe/access/tokens.h"
#include "probe/access/users.h"

struct access;

struct access_options {
    const char *store_dir;
    int64_t idle_s, session_s; /* 0: what is usual */
    unsigned token_days, link_hours;
};

enum {
    ACCESS_IDLE_S = 30 * 60,
    ACCESS_SESSION_S = 12 * 3600,
    ACCESS_TOKEN_DAYS = 365,
    ACCESS_LINK_HOURS = 72,
    ACCESS_TICKET_S = 30,
};

/* 0, −ENOMEM. A store that is not there yet, or cannot be read, is tried again with each question. */
int access_open(struct access **ap, const struct access_options *options);
void access_close(struct access *a);

/* The key of the first admin's one-time link, of this run of the server; −EEXIST: there is a user. */
int access_make_setup_key(struct access *a, char key[SECRET_KEY_LEN + 1]);
/* There is no user yet. */
bool access_needs_setup(struct access *a);

/* ---- who asks ---- */

/* 0, −ENOENT; another error: it cannot be known. A session counts as used. */
int access_by_session(struct access *a, struct slice secret, int64_t now_s, struct identity *who);
int access_by_token(struct access *a, struct slice secret, int64_t now_s, struct identity *who);

int access_make_ticket(struct access *a, const struct identity *who, int64_t now_s,
                       char ticket[SECRET_KEY_LEN + 1]);
bool access_take_ticket(struct access *a, struct slice ticket, int64_t now_s, struct identity *who);
/* False: his session or token is over, or has not this right any more. True also when somebody else is
 * just at it: ask again a second later. Does not count as use. */
bool access_still_may(struct access *a, const struct identity *who, enum right right,
                      int64_t now_s);

/* ---- logging in and out ---- */

struct access_attempt {
    struct slice name, password;
    struct addr from;
    int64_t now_s;
    const struct identity *before; /* who he was: a session of his ends; NULL: nobody */
};

/* What came of it. */
struct access_entry {
    char secret[SECRET_KEY_LEN + 1]; /* of the new session */
    struct identity who;
    unsigned wait_s; /* of −EBUSY */
    const char *why; /* of −EINVAL: a sentence */
};

int access_login(struct access *a, const struct access_attempt *attempt, struct access_entry *out);
/* By a one-time link, with the password that is to be. The name may be absent but of the first admin's. */
int access_enter(struct access *a, struct slice key, const struct access_attempt *attempt,
                 struct access_entry *out);
/* attempt->password: the old one; its name is not looked at. All sessions of his end, and a new one begins. */
int access_change_password(struct access *a, const struct access_attempt *attempt,
                           struct slice password, struct access_entry *out);
int access_logout(struct access *a, const struct identity *who);

/* ---- users ---- */

int access_list_users(struct access *a, int64_t now_s, user_fn fn, void *ctx);
int access_find_user(struct access *a, struct slice name, struct user *out);

struct access_change {
    struct slice name;
    enum role role; /* ROLE_NONE: as it is */
    bool sets_disabled, is_disabled;
    bool resets;           /* his password is no more; he gets a link */
    bool must_leave_admin; /* −EPERM also when that is the last admin's; in a shell it need not */
    int64_t now_s;
};

/* password absent: a link, else link is "". */
int access_add_user(struct access *a, const struct access_change *change, struct slice password,
                    char link[SECRET_KEY_LEN + 1], const char **why);
int access_change_user(struct access *a, const struct access_change *change,
                       char link[SECRET_KEY_LEN + 1]);
/* By a shell: without the old one. All his sessions end. */
int access_set_password(struct access *a, struct slice name, struct slice password, int64_t now_s,
                        const char **why);
int access_remove_user(struct access *a, struct slice name);

/* ---- tokens ---- */

/* His own; of all when he is an admin. */
int access_list_tokens(struct access *a, const struct identity *who, token_fn fn, void *ctx);
/* days: of its life. −EINVAL: see why; −EACCES: more than he may himself; −ENOSPC. */
int access_add_token(struct access *a, const struct identity *who, struct token *token,
                     unsigned days, int64_t now_s, char secret[TOKEN_LEN + 1]);
int access_end_token(struct access *a, const struct identity *who, int64_t id);
unsigned access_token_days(const struct access *a);
unsigned access_link_hours(const struct access *a);

#endif
