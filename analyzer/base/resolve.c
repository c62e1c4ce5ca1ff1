#include "analyzer/base/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Of two owners, the asker and the thread, the last frees it. */
struct resolve {
    atomic_int owners;
    atomic_bool done;
    int count;
    uint16_t port;
    struct addr addresses[RESOLVE_ADDRESSES_MAX];
    char host[RESOLVE_HOST_MAX + 1];
};

static void let_go(struct resolve *r)
{
    if (atomic_fetch_sub(&r->owners, 1) == 1)
        free(r);
}

static void take(struct resolve *r, const struct sockaddr *at)
{
    struct addr *a = &r->addresses[r->count];
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (at->sa_family == AF_INET) {
        uint8_t ip[4];

        memcpy(&v4, at, sizeof v4);
        memcpy(ip, &v4.sin_addr, sizeof ip);
        *a = addr_v4(ip, r->port);
    } else if (at->sa_family == AF_INET6) {
        memcpy(&v6, at, sizeof v6);
        *a = addr_v6(v6.sin6_addr.s6_addr, r->port);
    } else {
        return;
    }
    r->count++;
}

static void *ask(void *ctx)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    struct resolve *r = ctx;

    if (getaddrinfo(r->host, NULL, &hints, &found) == 0) {
        for (struct addrinfo *i = found; i && r->count < RESOLVE_ADDRESSES_MAX; i = i->ai_next)
            take(r, i->ai_addr);
        freeaddrinfo(found);
    }
    if (r->count == 0)
        r->count = -ENOENT;
    atomic_store(&r->done, true);
    let_go(r);
    return NULL;
}

static int start_thread(struct resolve *r)
{
    pthread_attr_t detached;
    pthread_t thread;
    int err = pthread_attr_init(&detached);

    if (err)
        return -err;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    atomic_store(&r->owners, 2);
    err = pthread_create(&thread, &detached, ask, r);
    pthread_attr_destroy(&detached);
    return -err;
}

int resolve_start(struct resolve **rp, const char *host, uint16_t port)
{
    struct resolve *r;
    int err = 0;

    if (!*host || strlen(host) > RESOLVE_HOST_MAX)
        return -EINVAL;
    r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    atomic_init(&r->owners, 1);
    r->port = port;
    snprintf(r->host, sizeof r->host, "%s", host);
    if (addr_parse_ip(slice_of_text(host), &r->addresses[0])) {
        r->addresses[0].port = port;
        r->count = 1;
        atomic_store(&r->done, true);
    } else {
        err = start_thread(r);
    }
    if (err) {
        free(r);
        return err;
    }
    *rp = r;
    return 0;
}

int resolve_poll(struct resolve *r, struct addr out[RESOLVE_ADDRESSES_MAX])
{
    if (!atomic_load(&r->done))
        return 0;
    if (r->count > 0)
        memcpy(out, r->addresses, (size_t)r->count * sizeof *out);
    return r->count;
}

void resolve_free(struct resolve *r)
{
    if (r)
        let_go(r);
}
