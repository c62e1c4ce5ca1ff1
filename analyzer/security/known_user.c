#include "analyzer/security/known_user.h"

#include <stdio.h>

static bool same_user(const void *item, const void *key)
{
    (void)item; /* 64 keyed bits are the user */
    (void)key;
    return true;
}

/* The address without what changes from host to host. */
static struct addr network_of(const struct addr *source)
{
    struct addr network = *source;
    unsigned kept = addr_is_v4(source) ? 15 : 6; /* bytes: /24 behind ::ffff:, /48 */

    memset(network.ip + kept, 0, 16 - kept);
    network.port = 0;
    return network;
}

static uint32_t hash_ip(const struct siphash_key *key, const struct addr *addr)
{
    return (uint32_t)siphash(key, addr->ip, sizeof addr->ip);
}

static bool is_among(const uint32_t *hashes, unsigned count, unsigned room, uint32_t hash)
{
    for (unsigned i = 0; i < count && i < room; i++) {
        if (hashes[i] == hash)
            return true;
    }
    return false;
}

struct known_user *known_user_find(const struct watch_pool *pool, uint64_t user)
{
    return table_find(&pool->table, user, same_user, NULL);
}

static void add_source(struct known_user *u, uint32_t hash)
{
    if (is_among(u->source, u->sources, KNOWN_USER_SOURCES, hash))
        return;
    u->source[u->next_source] = hash;
    u->next_source = (uint8_t)((u->next_source + 1) % KNOWN_USER_SOURCES);
    if (u->sources < KNOWN_USER_SOURCES)
        u->sources++;
}

bool known_user_registered(struct watch_pool *pool, const struct siphash_key *key, uint64_t user,
                           const struct addr *source, int64_t now_s)
{
    struct addr network = network_of(source);
    uint32_t hash = hash_ip(key, &network);
    struct known_user *u = known_user_find(pool, user);
    bool reused, told;

    if (!u) {
        struct watched watched;

        u = watch_pool_add(pool, user, now_s, &reused);
        if (!u)
            return false;
        watched = u->watched;
        memset(u, 0, sizeof *u);
        u->watched = watched;
        u->first_s = now_s;
    }
    watch_pool_touch(&u->watched, now_s, 1);
    add_source(u, hash_ip(key, source));
    if (is_among(u->network, u->networks, KNOWN_USER_NETWORKS, hash))
        return false;
    told = u->networks && u->networks < KNOWN_USER_NETWORKS &&
           now_s - u->first_s >= KNOWN_USER_AFTER_S;
    if (u->networks < KNOWN_USER_NETWORKS)
        u->network[u->networks++] = hash;
    return told;
}

bool known_user_is_at(const struct known_user *u, const struct siphash_key *key,
                      const struct addr *source)
{
    return is_among(u->source, u->sources, KNOWN_USER_SOURCES, hash_ip(key, source));
}

size_t known_user_network(const struct addr *source, char out[ADDR_TEXT_MAX + 4])
{
    struct addr network = network_of(source);
    size_t len = addr_format_ip(&network, out);

    return len + (size_t)snprintf(out + len, 4, "/%d", addr_is_v4(source) ? 24 : 48);
}
