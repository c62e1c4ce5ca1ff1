#include "probe/decap/tcp_tls.h"

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    HANDSHAKES_MAX = 4096, /* directions, and names, at a time */
    /* A server answers within a round trip; a slow one within the time that clients wait. */
    NAME_S = 30,
};

/* What a client asked for, until its server answers. */
struct name {
    struct name *next; /* the one after, younger */
    struct name *prev;
    struct addr client, server;
    uint32_t network;
    int64_t time_ns;
    uint64_t hash;
    size_t len;
    char text[];
};

struct tcp_tls {
    struct certificates *certificates;
    struct siphash_key key;
    struct table names;
    struct name *oldest, *youngest;
    size_t handshakes;
};

struct name_key {
    const struct addr *client, *server;
    uint32_t network;
};

static uint64_t hash_of(const struct tcp_tls *t, const struct name_key *k)
{
    uint8_t bytes[40];

    memcpy(bytes, k->client->ip, 16);
    memcpy(bytes + 16, &k->client->port, 2);
    memcpy(bytes + 18, k->server->ip, 16);
    memcpy(bytes + 34, &k->server->port, 2);
    memcpy(bytes + 36, &k->network, 4);
    return siphash(&t->key, bytes, sizeof bytes);
}

static bool same_name(const void *item, const void *key)
{
    const struct name *n = item;
    const struct name_key *k = key;

    return n->network == k->network && addr_eq(&n->client, k->client) &&
           addr_eq(&n->server, k->server);
}

static void forget(struct tcp_tls *t, struct name *n)
{
    *(n->prev ? &n->prev->next : &t->oldest) = n->next;
    *(n->next ? &n->next->prev : &t->youngest) = n->prev;
    table_remove(&t->names, n->hash, n);
    free(n);
}

static void remember(struct tcp_tls *t, struct tcp_delivery *d, int64_t time_ns, struct slice text)
{
    struct name_key key = { d->src, d->dst, d->network };
    uint64_t hash = hash_of(t, &key);
    struct name *n = table_find(&t->names, hash, same_name, &key);

    if (n)
        forget(t, n);
    if (text.len == 0 || text.len > TLS_SERVER_NAME_MAX)
        return;
    if (t->names.used >= HANDSHAKES_MAX) {
        d->counters->refusals[REFUSAL_HANDSHAKES]++;
        forget(t, t->oldest);
    }
    n = malloc(sizeof *n + text.len);
    if (!n || table_put(&t->names, hash, n) != 0) {
        d->counters->refusals[REFUSAL_MEMORY]++;
        free(n);
        return;
    }
    *n = (struct name){ .prev = t->youngest,
                        .client = *d->src,
                        .server = *d->dst,
                        .network = d->network,
                        .time_ns = time_ns,
                        .hash = hash,
                        .len = text.len };
    memcpy(n->text, text.p, text.len);
    *(t->youngest ? &t->youngest->next : &t->oldest) = n;
    t->youngest = n;
}

static void answer(struct tcp_tls *t, struct tcp_delivery *d, int64_t time_ns,
                   enum tls_progress what, const struct tls_sight *sight)
{
    struct name_key key = { d->dst, d->src, d->network };
    struct name *n = table_find(&t->names, hash_of(t, &key), same_name, &key);

    certificates_see(t->certificates, time_ns, d->src, n ? slice_of(n->text, n->len) : SLICE_ABSENT,
                     what, sight);
    if (n)
        forget(t, n);
}

int tcp_tls_new(struct tcp_tls **tp, const uint64_t hash_key[2], struct certificates *certificates)
{
    struct tcp_tls *t = calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    t->certificates = certificates;
    t->key = (struct siphash_key){ { hash_key[0], hash_key[1] } };
    if (table_init(&t->names, HANDSHAKES_MAX) != 0) {
        free(t);
        return -ENOMEM;
    }
    *tp = t;
    return 0;
}

void tcp_tls_free(struct tcp_tls *t)
{
    if (!t)
        return;
    while (t->oldest)
        forget(t, t->oldest);
    table_fini(&t->names);
    free(t);
}

static size_t cost_of(const struct tls_handshake *h)
{
    return sizeof *h + h->gathered_room;
}

static struct tls_handshake *begin(struct tcp_tls *t, struct tcp_delivery *d)
{
    struct tls_handshake *h;

    if (t->handshakes >= HANDSHAKES_MAX) {
        d->counters->refusals[REFUSAL_HANDSHAKES]++;
        return NULL;
    }
    if (!tcp_account_pay(&d->account, d->paid, sizeof *h)) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        return NULL;
    }
    h = malloc(sizeof *h);
    if (!h) {
        tcp_account_return(&d->account, d->paid, sizeof *h);
        d->counters->refusals[REFUSAL_MEMORY]++;
        return NULL;
    }
    tls_handshake_init(h);
    t->handshakes++;
    return h;
}

/* What it has gathered since it cost that much is paid; false: over a limit. */
static bool pay_more(const struct tls_handshake *h, struct tcp_delivery *d, size_t *cost)
{
    size_t now = cost_of(h);

    if (now < *cost) {
        tcp_account_return(&d->account, d->paid, *cost - now);
    } else if (!tcp_account_pay(&d->account, d->paid, now - *cost)) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        return false;
    }
    *cost = now;
    return true;
}

/* Gives it back; that much was paid for it. */
static void end(struct tcp_tls *t, struct tls_handshake **handshake, struct tcp_delivery *d,
                size_t cost)
{
    tcp_account_return(&d->account, d->paid, cost);
    tls_handshake_fini(*handshake);
    free(*handshake);
    *handshake = NULL;
    t->handshakes--;
}

bool tcp_tls_feed(struct tcp_tls *t, struct tls_handshake **handshake, struct tcp_delivery *d,
                  int64_t time_ns, struct slice bytes)
{
    struct tls_sight sight = { 0 };
    enum tls_progress what;
    size_t cost;

    if (!t->certificates)
        return false;
    if (!*handshake && !(*handshake = begin(t, d)))
        return false;
    cost = cost_of(*handshake);
    what = tls_handshake_feed(*handshake, bytes, &sight);
    switch (what) {
    case TLS_MORE:
        if (pay_more(*handshake, d, &cost))
            return true;
        break;
    case TLS_CLIENT_HELLO:
        remember(t, d, time_ns, sight.server_name);
        break;
    case TLS_CERTIFICATES:
    case TLS_HIDDEN:
        answer(t, d, time_ns, what, &sight);
        break;
    case TLS_DAMAGED:
        d->counters->refusals[REFUSAL_TLS_MALFORMED]++;
        break;
    }
    end(t, handshake, d, cost);
    return false;
}

void tcp_tls_end(struct tcp_tls *t, struct tls_handshake **handshake, struct tcp_delivery *d)
{
    if (*handshake)
        end(t, handshake, d, cost_of(*handshake));
}

void tcp_tls_tick(struct tcp_tls *t, int64_t now_ns)
{
    while (t->oldest && now_ns - t->oldest->time_ns > NAME_S * NS_PER_S)
        forget(t, t->oldest);
}
