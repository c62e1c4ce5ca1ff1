#include "probe/web/connections.h"

#include "analyzer/base/log.h"
#include "probe/web/guard.h"
#include "probe/web/http.h"
#include "probe/web/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPTS_MAX = 16,          /* in one go */
    LEAVING = 4 * ACCEPTS_MAX, /* that many may still be on their way out */
    DESCRIPTORS_ELSE = 512,    /* days of the store, files, the feed, children */
    CONNECTIONS_MIN = 16,
};

const struct server_limits connections_limits_usual = {
    .connections = 1024,
    .per_address = 32,
    .local = 768,
    .live_clients = 512,
    .header_bytes = 8192, /* browsers send the cookies of all ports */
    .body_bytes = EXCHANGE_ASKED_MAX,
    .header_s = 5,
    .body_s = 5,
    .idle_s = 15,
    .stall_s = 30,
};

/* The library has a place for each descriptor that there may be: no more are asked for than needed. */
static void raise_descriptors(struct server *s)
{
    struct rlimit room;
    rlim_t want = s->limits.connections + LEAVING + DESCRIPTORS_ELSE;

    if (getrlimit(RLIMIT_NOFILE, &room) != 0 || room.rlim_cur >= want)
        return;
    room.rlim_cur = room.rlim_max < want ? room.rlim_max : want;
    if (setrlimit(RLIMIT_NOFILE, &room) != 0 || room.rlim_cur < want) {
        rlim_t left = room.rlim_cur > DESCRIPTORS_ELSE + LEAVING + CONNECTIONS_MIN
                          ? room.rlim_cur - DESCRIPTORS_ELSE - LEAVING
                          : CONNECTIONS_MIN;

        log_warn("web: the system gives %lu descriptors: %lu connections instead of %u",
                 (unsigned long)room.rlim_cur, (unsigned long)left, s->limits.connections);
        s->limits.connections = (unsigned)left;
    }
}

int connections_open(struct server *s)
{
    raise_descriptors(s);
    s->client_room = s->limits.connections + LEAVING;
    s->clients = calloc(s->client_room, sizeof *s->clients);
    return s->clients ? 0 : -ENOMEM;
}

void connections_close(struct server *s)
{
    free(s->clients);
    s->clients = NULL;
    s->client_room = 0;
}

static bool is_idle(const struct client *c)
{
    return !c->exchange && !c->is_live && !c->is_leaving;
}

/* What the places hold: all that are not on their way out, those of one address, and the longest idle
 * of both. */
struct census {
    size_t all, same;
    struct client *oldest, *oldest_same;
};

static void note_idle(struct client **oldest, struct client *c)
{
    if (is_idle(c) && (!*oldest || c->idle_since < (*oldest)->idle_since))
        *oldest = c;
}

static struct census count(struct server *s, const struct addr *peer)
{
    struct census n = { 0 };

    for (size_t i = 0; i < s->client_room; i++) {
        struct client *c = &s->clients[i];

        if (!c->wsi || c->is_leaving)
            continue;
        n.all++;
        note_idle(&n.oldest, c);
        if (!guard_same_peer(&c->peer, peer))
            continue;
        n.same++;
        note_idle(&n.oldest_same, c);
    }
    return n;
}

static bool let_go(struct server *s, struct client *c)
{
    if (!c)
        return false;
    c->is_leaving = true;
    s->evicted++;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE, LWS_TO_KILL_ASYNC);
    return true;
}

static bool make_room(struct server *s, const struct addr *peer)
{
    size_t share = guard_is_loopback(peer) ? s->limits.local : s->limits.per_address;
    struct census n = count(s, peer);

    if (n.same >= share)
        return let_go(s, n.oldest_same);
    if (n.all >= s->limits.connections)
        return let_go(s, n.oldest);
    return true;
}

static struct client *free_slot(struct server *s)
{
    for (size_t i = 0; i < s->client_room; i++) {
        if (!s->clients[i].wsi)
            return &s->clients[i];
    }
    return NULL;
}

static void adopt(struct server *s, int fd, const struct addr *peer)
{
    struct client *c = free_slot(s);
    struct lws *wsi;

    if (!c || !make_room(s, peer)) {
        s->refused++;
        close(fd);
        return;
    }
    wsi = lws_adopt_socket_vhost(s->vhost, fd); /* owns fd, even when it fails */
    if (!wsi)
        return;
    *c = (struct client){ .wsi = wsi, .peer = *peer, .idle_since = ++s->idle_clock };
    lws_set_opaque_user_data(wsi, c);
}

void connections_accept(struct server *s)
{
    int fd = lws_get_socket_fd(s->listener);

    for (int i = 0; i < ACCEPTS_MAX; i++) {
        struct addr peer;
        int client = listener_accept(fd, &peer);

        if (client >= 0) {
            adopt(s, client, &peer);
            continue;
        }
        if (client == -EMFILE || client == -ENFILE || client == -ENOMEM || client == -ENOBUFS) {
            log_warn("web: no connection accepted for a second, error %d", -client);
            s->accept_paused = true;
            lws_rx_flow_control(s->listener, 0);
        }
        return;
    }
}

void connections_gone(struct server *s, struct client *c)
{
    http_drop_exchange(s, c);
    if (c->is_live)
        s->live_clients--;
    *c = (struct client){ 0 };
}

size_t connections_count(const struct server *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->client_room; i++)
        n += s->clients[i].wsi != NULL;
    return n;
}

/* While a worker has its request a connection reads nothing, so that the library does not see its
 * end; a child that makes sound would work on for nobody. */
static void look_for_the_gone(struct server *s)
{
    for (size_t i = 0; i < s->client_room; i++) {
        const struct client *c = &s->clients[i];
        char byte;

        if (c->wsi && c->waiting &&
            recv(lws_get_socket_fd(c->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            atomic_store(&c->exchange->gone, true);
    }
}

/* A body that comes a byte at a time. */
static void let_go_of_slow_bodies(struct server *s)
{
    for (size_t i = 0; i < s->client_room; i++) {
        struct client *c = &s->clients[i];

        if (c->wsi && c->body_left && c->body_s++ >= s->limits.body_s)
            lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
    }
}

void connections_tick(struct server *s)
{
    if (s->accept_paused) {
        s->accept_paused = false;
        lws_rx_flow_control(s->listener, 1);
    }
    let_go_of_slow_bodies(s);
    if (s->sound)
        look_for_the_gone(s);
}
