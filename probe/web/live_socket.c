#include "probe/web/live_socket.h"

#include "analyzer/base/log.h"
#include "probe/web/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STALLED_S = 10, /* a client that takes no message */
    PING_S = 30,
    PONG_S = 10,
    BURST_MAX = 32, /* messages written in one go */
};

static void wake_clients(struct server *s)
{
    for (size_t i = 0; s->live_clients && i < SERVER_CONNECTIONS_MAX; i++) {
        if (s->clients[i].is_live)
            lws_callback_on_writable(s->clients[i].wsi);
    }
}

static void on_line(void *ctx, struct slice line)
{
    struct server *s = ctx;

    live_push(&s->live, line);
}

int live_socket_on_feed(struct server *s)
{
    uint64_t refused = s->feed_client.refused;
    int err = live_client_read(&s->feed_client, lws_get_socket_fd(s->feed), on_line, s);
    char text[80];

    if (s->feed_client.refused != refused) {
        snprintf(text, sizeof text, "{\"type\":\"dropped\",\"messages\":%" PRIu64 "}",
                 s->feed_client.refused - refused);
        live_push(&s->live, slice_of_text(text));
    }
    wake_clients(s);
    return err;
}

struct lws *live_socket_watch(struct server *s, int fd)
{
    lws_sock_file_fd_type file = { .filefd = fd };

    return lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, file, NULL, NULL);
}

static void connect_feed(struct server *s)
{
    int fd = live_client_connect(s->options.store_dir);

    if (fd < 0)
        return; /* no probe is running; the next tick tries again */
    live_client_reset(&s->feed_client);
    s->feed = live_socket_watch(s, fd);
    if (s->feed) {
        atomic_store(&s->feed_is_live, true);
        log_info("web: live feed connected");
    } else {
        close(fd);
    }
}

void live_socket_on_feed_gone(struct server *s)
{
    s->feed = NULL;
    atomic_store(&s->feed_is_live, false);
    log_info("web: live feed ended");
}

static int write_message(struct server *s, struct client *c, struct slice message)
{
    unsigned char *start = s->out + LWS_PRE;

    if (message.len > ANSWER_ROOM)
        return 0;
    memcpy(start, message.p, message.len);
    return lws_write(c->wsi, start, message.len, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

int live_socket_on_writeable(struct server *s, struct client *c)
{
    if (c->ping_due) {
        c->ping_due = false;
        /* Not empty: the library tells nobody of an empty pong. */
        memcpy(s->out + LWS_PRE, "ping", 4);
        if (lws_write(c->wsi, s->out + LWS_PRE, 4, LWS_WRITE_PING) < 0)
            return -1;
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    for (int i = 0; i < BURST_MAX; i++) {
        struct slice message;
        uint64_t dropped = 0;
        char text[80];
        enum live_read got = live_read(&s->live, &c->position, &message, &dropped);

        if (got == LIVE_READ_NONE)
            return 0;
        if (got == LIVE_READ_DROPPED) {
            snprintf(text, sizeof text, "{\"type\":\"dropped\",\"messages\":%" PRIu64 "}", dropped);
            message = slice_of_text(text);
        }
        if (write_message(s, c, message) != 0)
            return -1;
        if (lws_send_pipe_choked(c->wsi))
            break;
    }
    lws_callback_on_writable(c->wsi);
    return 0;
}

/* At once, with what the kernel holds for it: it would wait for this client for minutes. */
static void let_go(struct client *c)
{
    struct linger nothing = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(lws_get_socket_fd(c->wsi), SOL_SOCKET, SO_LINGER, &nothing, sizeof nothing);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

/* Once a second for each: who has not taken a message for STALLED_S or does not answer a ping
 * is let go. */
static void tick_client(struct server *s, struct client *c)
{
    bool behind = c->position != live_join(&s->live);

    c->stalled_s = behind && c->position == c->position_before ? c->stalled_s + 1 : 0;
    c->position_before = c->position;
    c->ping_s++;
    if (c->stalled_s >= STALLED_S || (c->pong_due && c->ping_s >= PONG_S)) {
        let_go(c);
        return;
    }
    if (c->ping_s >= PING_S) {
        c->ping_s = 0;
        c->ping_due = c->pong_due = true;
        lws_callback_on_writable(c->wsi);
    }
}

void live_socket_tick(struct server *s)
{
    if (!s->feed)
        connect_feed(s);
    for (size_t i = 0; s->live_clients && i < SERVER_CONNECTIONS_MAX; i++) {
        if (s->clients[i].is_live)
            tick_client(s, &s->clients[i]);
    }
}

/*
 * The library may see nothing but HTTP/1.1 and WebSocket: "Upgrade: h2c" would switch to its
 * HTTP/2, and after an unknown one it goes on with headers that it has freed. So this says go on or
 * hang up, and touches neither what it is handed nor the connection.
 */
int live_socket_on_upgrade(struct lws *wsi)
{
    char to[16];

    return slice_ieq(http_header(wsi, WSI_TOKEN_UPGRADE, to, sizeof to), SLICE("websocket")) ? 0
                                                                                             : -1;
}

int live_socket_on_request(struct server *s, struct lws *wsi)
{
    struct exchange *x = exchange_new();
    unsigned char *start = s->out + LWS_PRE;
    struct http_request_room room;
    struct request r = http_read_request(wsi, &room);
    bool accepted = x && request_accept_live(&r, &s->rules, x);

    if (accepted && s->live_clients >= SERVER_LIVE_CLIENTS_MAX) {
        exchange_fail(x, 503, "%d live clients are connected already", SERVER_LIVE_CLIENTS_MAX);
        accepted = false;
    }
    if (x && !accepted)
        lws_write(wsi, start, answer_write(x, start), LWS_WRITE_HTTP);
    exchange_free(x);
    return accepted ? 0 : -1;
}

int live_socket_on_open(struct server *s, struct client *c)
{
    c->is_live = true;
    c->position = c->position_before = live_join(&s->live);
    s->live_clients++;
    return 0;
}
