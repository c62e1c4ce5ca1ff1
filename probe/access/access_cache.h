/*
 * access_cache - users, sessions and tokens as they are looked up with each request: in memory.
 *
 * Ownership  access_cache_fini frees it; zero-initialised is a valid empty one. What is found is lent
 *            until the next load.
 * Thread     One at a time.
 */
#ifndef PROBE_ACCESS_ACCESS_CACHE_H
#define PROBE_ACCESS_ACCESS_CACHE_H

#include "analyzer/base/table.h"
#include "probe/access/sessions.h"
#include "probe/access/tokens.h"
#include "probe/access/users.h"

struct access_key {
    unsigned char key[SECRET_KEY_BYTES];
    bool is_token;
    int64_t user, created_s, used_s;
    int64_t written_s; /* used_s as the database has it */
    struct token token;
    const struct user *of; /* NULL: of nobody, any more */
};

struct access_cache {
    struct user *users; /* by id */
    size_t user_count, user_room;
    struct access_key *keys;
    size_t key_count, key_room;
    struct table table; /* of keys */
};

void access_cache_fini(struct access_cache *c);

/* All of it anew; what was used meanwhile stays known. 0 or −errno: then it is as it was. */
int access_cache_load(struct access_cache *c, struct access_db *d);

/* NULL: there is none. */
struct access_key *access_cache_find(const struct access_cache *c, const unsigned char *key,
                                     bool is_token);

#endif
