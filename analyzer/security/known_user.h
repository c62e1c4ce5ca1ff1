/*
 * known_user - who registered before, from which addresses and networks.
 *
 * Only whoever is accepted gets in: nobody fills it with invented users.
 *
 * Ownership  Of the pool that it lies in.
 */
#ifndef ANALYZER_SECURITY_KNOWN_USER_H
#define ANALYZER_SECURITY_KNOWN_USER_H

#include "analyzer/base/addr.h"
#include "analyzer/base/siphash.h"
#include "analyzer/security/sliding.h"
#include "analyzer/security/watch_pool.h"

enum {
    KNOWN_USERS_MAX = 50000,
    KNOWN_USER_NETWORKS = 8, /* home, office, mobile networks; who has more is on the road */
    KNOWN_USER_SOURCES = 4,
    KNOWN_USER_AFTER_S = 86400, /* a day has shown where a phone spends it */
    KNOWN_USER_HALF_LIFE_S = 86400,
};

struct known_user {
    struct watched watched;
    int64_t first_s;
    uint8_t networks, sources; /* how many; past the room: more than that */
    uint8_t next_source;
    struct sliding tries;                  /* requests with credentials, from where it is known */
    uint32_t network[KNOWN_USER_NETWORKS]; /* hashes of /24 or /48 */
    uint32_t source[KNOWN_USER_SOURCES];   /* hashes of the newest addresses */
};

/* Borrowed, or NULL. user: a hash of the address of record. */
struct known_user *known_user_find(const struct watch_pool *pool, uint64_t user);

/* Registered from that address. True: a known one from a network that is new. */
bool known_user_registered(struct watch_pool *pool, const struct siphash_key *key, uint64_t user,
                           const struct addr *source, int64_t now_s);

/* Was that user accepted from this very address? */
bool known_user_is_at(const struct known_user *u, const struct siphash_key *key,
                      const struct addr *source);

/* "203.0.113.0/24", "2001:db8:1::/48"; returns the length. */
size_t known_user_network(const struct addr *source, char out[ADDR_TEXT_MAX + 4]);

#endif
