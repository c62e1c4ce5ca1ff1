/*
 * access_state - what the files of access.h share.
 *
 * Thread  access_lock holds the lock from then on, whatever it returns; access_unlock.
 */
#ifndef PROBE_ACCESS_ACCESS_STATE_H
#define PROBE_ACCESS_ACCESS_STATE_H

#include "probe/access/access.h"
#include "probe/access/access_cache.h"
#include "probe/access/throttle.h"
#include "probe/access/tickets.h"

#include <stdatomic.h>

struct access {
    struct access_options options;

    pthread_mutex_t lock; /* of all up to tickets */
    struct access_db *db; /* NULL: not open yet */
    struct access_cache cache;
    int64_t stamp;    /* of the cache */
    int64_t looked_s; /* when it was last compared */
    struct throttle throttle;
    bool has_setup_key;
    unsigned char setup_key[SECRET_KEY_BYTES];

    struct tickets tickets; /* has a lock of its own */

    pthread_mutex_t hashing; /* who works on a password */
    atomic_uint hashers;     /* he and those that wait */
    char nobody[PASSWORD_HASH_MAX];
};

/* Opens the database if it is not, and reads what another process has changed. */
int access_lock(struct access *a, int64_t now_s);
void access_unlock(struct access *a);
/* What we changed ourselves; locked. Returns err, or why it cannot be read. */
int access_reload(struct access *a, int err);

/* Of a session or a token that is good now; locked. */
void access_describe(const struct access *a, const struct access_key *k, struct identity *who);

/* To work on a password; false: there are too many already. */
bool access_begin_hashing(struct access *a);
void access_end_hashing(struct access *a);

int64_t access_clock_s(void);

#endif
