/*
 * The home of libwebsockets 4.1.6, and of what must be known about it.
 *
 * One service thread runs every callback. A request is copied into an exchange and handed to the
 * pool; while a worker has it the connection reads nothing (a waiting connection with unread bytes
 * would make the poll loop spin). The worker's lws_cancel_service(), the one call that is allowed
 * from another thread, brings us to on_answers(), and the answer is written piece by piece as the
 * socket takes it. All bodies are framed here: a download is chunked, so that one that breaks off
 * can be told from one that is complete.
 *
 * The library may only ever see HTTP/1.1 and WebSocket: refusing an upgrade from inside is where
 * 4.1.6 uses freed headers, and "Upgrade: h2c" would switch to its HTTP/2. So on_confirm_upgrade
 * touches neither its argument nor the connection: it says go on, or hang up.
 * permessage-deflate is not offered (no extension is given to the vhost).
 */
#include "probe/web/server.h"

#include "analyzer/base/log.h"
#include "probe/web/answer.h"
#include "probe/web/guard.h"
#include "probe/web/listener.h"
#include "probe/web/live.h"
#include "probe/web/live_client.h"
#include "probe/web/pool.h"
#include "probe/web/request.h"

#include <errno.h>
#include <inttypes.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    WORKERS = 2,
    CONNECTIONS_MAX = 512,
    CONNECTIONS_PER_PEER_MAX = 32,
    /* A proxy or an SSH tunnel on this machine speaks for many. */
    CONNECTIONS_LOOPBACK_MAX = 256,
    LIVE_CLIENTS_MAX = 64,
    ACCEPTS_MAX = 16, /* in one go */

    HOST_ROOM = 320,
    HEADERS_MAX = 8,
    HEADER_NAME_ROOM = 40,
    HEADERS_MAX_BYTES = 8192, /* of a request: browsers send the cookies of all ports */
    HEADERS_TIMEOUT_S = 5,
    KEEPALIVE_S = 15,
    STALLED_S = 30,      /* a client that takes nothing of its answer */
    LIVE_STALLED_S = 10, /* … of the live feed */
    PING_S = 30,
    PONG_S = 10,

    HELD_MAX_BYTES = 128 << 20, /* of all answers that wait to be sent */
    HELD_SMALL_BYTES = 64 << 10,
    BURST_MAX = 32, /* live messages written in one go */
};

struct client {
    struct lws *wsi; /* NULL: the slot is free */
    struct addr peer;

    struct exchange *exchange;
    bool waiting; /* … is with the pool */

    bool is_live;
    uint64_t position; /* in the live feed */
    uint64_t position_before;
    unsigned stalled_s, ping_s;
    bool ping_due, pong_due;
};

struct web_server {
    struct web_options options;
    struct request_rules rules;
    char address[ADDR_TEXT_MAX];

    struct lws_context *context;
    struct lws_vhost *vhost;
    struct lws *listener, *stopper, *feed;
    int stop_fd;
    bool stopping;
    bool accept_paused; /* out of descriptors: until the next tick */
    lws_sorted_usec_list_t tick;

    struct pool *pool;
    struct live live;
    struct live_client feed_client;
    atomic_bool feed_is_live;

    size_t held_bytes;
    size_t live_clients;
    struct client clients[CONNECTIONS_MAX];
    struct lws_protocol_vhost_options headers[HEADERS_MAX];
    const struct lws_protocol_vhost_options *first_header;
    char header_names[HEADERS_MAX][HEADER_NAME_ROOM];
    unsigned char out[LWS_PRE + ANSWER_ROOM];
};

/* ---- connections ---- */

static bool has_room_for(const struct web_server *s, const struct addr *peer)
{
    size_t max = guard_is_loopback(peer) ? CONNECTIONS_LOOPBACK_MAX : CONNECTIONS_PER_PEER_MAX;
    size_t same = 0;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        same += s->clients[i].wsi && guard_same_peer(&s->clients[i].peer, peer);
    return same < max;
}

static struct client *free_slot(struct web_server *s)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (!s->clients[i].wsi)
            return &s->clients[i];
    }
    return NULL;
}

static void adopt(struct web_server *s, int fd, const struct addr *peer)
{
    struct client *c = free_slot(s);
    struct lws *wsi;

    if (!c || !has_room_for(s, peer)) {
        close(fd);
        return;
    }
    wsi = lws_adopt_socket_vhost(s->vhost, fd); /* owns fd, even when it fails */
    if (!wsi)
        return;
    *c = (struct client){ .wsi = wsi, .peer = *peer };
    lws_set_opaque_user_data(wsi, c);
}

static void on_connections(struct web_server *s)
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

static void drop_exchange(struct web_server *s, struct client *c)
{
    struct exchange *x = c->exchange;

    c->exchange = NULL;
    if (!x)
        return;
    s->held_bytes -= x->held_bytes;
    x->held_bytes = 0;
    x->connection = NULL;
    if (c->waiting) {
        c->waiting = false; /* on_answers throws it away */
        return;
    }
    x->abandoned = true;
    if (!x->pcap || !pool_push_more(s->pool, x))
        exchange_free(x);
}

static void on_gone(struct web_server *s, struct client *c)
{
    drop_exchange(s, c);
    if (c->is_live)
        s->live_clients--;
    *c = (struct client){ 0 };
}

/* ---- requests ---- */

static struct slice header(struct lws *wsi, enum lws_token_indexes token, char *out, int room)
{
    int n = lws_hdr_copy(wsi, out, room, token);

    return n > 0 ? slice_of(out, (size_t)n) : SLICE_ABSENT;
}

/* All of them, each with a NUL behind it: none is inside, for lws refuses %00 in a query. */
static void copy_params(struct lws *wsi, struct exchange *x)
{
    char fragment[HEADERS_MAX_BYTES + 1];
    struct slice rest;
    int n;

    for (int i = 0; (n = lws_hdr_copy_fragment(wsi, fragment, sizeof fragment,
                                               WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
         i++) {
        strbuf_add(&x->fragments, fragment, (size_t)n);
        strbuf_add_char(&x->fragments, '\0');
    }
    rest = strbuf_slice(&x->fragments);
    while (rest.len)
        params_add(&x->params, slice_cut(&rest, '\0'));
    if (x->fragments.failed)
        x->params.too_many = true;
}

static bool has_body(struct lws *wsi)
{
    char length[24];

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return true;
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 &&
           !slice_eq(header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof length), SLICE("0"));
}

/* What a struct request points into. */
struct request_room {
    char version[16], host[HOST_ROOM], origin[HOST_ROOM], tag[EXCHANGE_TAG_MAX];
};

static struct request read_request(struct lws *wsi, struct request_room *room)
{
    char *path = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &len);
    struct request r = {
        .method = method == LWSHUMETH_GET    ? REQUEST_GET
                  : method == LWSHUMETH_HEAD ? REQUEST_HEAD
                                             : REQUEST_OTHER,
        .has_body = has_body(wsi),
        .path = method >= 0 && len > 0 ? slice_of(path, (size_t)len) : SLICE_ABSENT,
        .host = header(wsi, WSI_TOKEN_HOST, room->host, sizeof room->host),
        .origin = header(wsi, WSI_TOKEN_ORIGIN, room->origin, sizeof room->origin),
    };

    r.if_none_match = header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, room->tag, sizeof room->tag);
    r.is_1_1 = slice_eq(header(wsi, WSI_TOKEN_HTTP, room->version, sizeof room->version),
                        SLICE("HTTP/1.1"));
    if (!r.origin.p && lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0)
        r.origin = SLICE(""); /* too long to be ours */
    return r;
}

/* To the pool; the connection reads nothing till it is back. */
static void wait_for_pool(struct client *c)
{
    c->waiting = true;
    lws_rx_flow_control(c->wsi, 0);
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
}

static int on_request(struct web_server *s, struct client *c)
{
    struct exchange *x = exchange_new();
    struct request_room room;
    struct request r;

    if (!x || c->exchange) {
        exchange_free(x);
        return -1;
    }
    c->exchange = x;
    x->connection = c;
    r = read_request(c->wsi, &room);
    if (request_accept(&r, &s->rules, x)) {
        copy_params(c->wsi, x);
        wait_for_pool(c);
        if (pool_push(s->pool, x))
            return 0;
        c->waiting = false;
        lws_rx_flow_control(c->wsi, 1);
        exchange_fail(x, 503, "too many requests wait already, try again");
    }
    lws_callback_on_writable(c->wsi);
    return 0;
}

/* ---- answers ---- */

static void hold(struct web_server *s, struct exchange *x)
{
    s->held_bytes -= x->held_bytes;
    if (x->body.room > HELD_SMALL_BYTES && s->held_bytes + x->body.room > HELD_MAX_BYTES &&
        !x->head_sent)
        exchange_fail(x, 503, "too many large answers wait to be fetched, try again");
    x->held_bytes = x->body.room;
    s->held_bytes += x->held_bytes;
}

static void on_answers(struct web_server *s)
{
    struct exchange *x;

    while (s->pool && (x = pool_pop(s->pool)) != NULL) {
        struct client *c = x->connection;

        if (!c) {
            x->abandoned = true;
            if (!x->pcap || !pool_push_more(s->pool, x))
                exchange_free(x);
            continue;
        }
        hold(s, x);
        c->waiting = false;
        lws_rx_flow_control(c->wsi, 1);
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
        lws_callback_on_writable(c->wsi);
    }
}

static int after_write(struct web_server *s, struct client *c)
{
    struct exchange *x = c->exchange;
    bool close_after = x->close_after;

    if (x->broken)
        return -1;
    if (!answer_is_written(x)) {
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    if (x->more && !x->head_only) {
        wait_for_pool(c);
        if (pool_push_more(s->pool, x))
            return 0;
        c->waiting = false;
        return -1;
    }
    drop_exchange(s, c);
    if (close_after || lws_http_transaction_completed(c->wsi))
        return -1;
    return 0;
}

static int on_http_writeable(struct web_server *s, struct client *c)
{
    struct exchange *x = c->exchange;
    unsigned char *start = s->out + LWS_PRE;
    size_t len;

    if (!x || c->waiting)
        return 0;
    len = answer_write(x, start);
    if (len && lws_write(c->wsi, start, len, LWS_WRITE_HTTP) < 0)
        return -1;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
    return after_write(s, c);
}

/* ---- the live feed ---- */

static void wake_live_clients(struct web_server *s)
{
    for (size_t i = 0; s->live_clients && i < CONNECTIONS_MAX; i++) {
        if (s->clients[i].is_live)
            lws_callback_on_writable(s->clients[i].wsi);
    }
}

static void on_line(void *ctx, struct slice line)
{
    struct web_server *s = ctx;

    live_push(&s->live, line);
}

static int on_feed(struct web_server *s)
{
    uint64_t refused = s->feed_client.refused;
    int err = live_client_read(&s->feed_client, lws_get_socket_fd(s->feed), on_line, s);
    char text[80];

    if (s->feed_client.refused != refused) {
        snprintf(text, sizeof text, "{\"type\":\"dropped\",\"messages\":%" PRIu64 "}",
                 s->feed_client.refused - refused);
        live_push(&s->live, slice_of_text(text));
    }
    wake_live_clients(s);
    return err;
}

static struct lws *watch(struct web_server *s, int fd)
{
    lws_sock_file_fd_type file = { .filefd = fd };

    return lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, file, NULL, NULL);
}

static void connect_feed(struct web_server *s)
{
    int fd = live_client_connect(s->options.store_dir);

    if (fd < 0)
        return; /* no probe is running; the next tick tries again */
    live_client_reset(&s->feed_client);
    s->feed = watch(s, fd);
    if (s->feed) {
        atomic_store(&s->feed_is_live, true);
        log_info("web: live feed connected");
    } else {
        close(fd);
    }
}

static void on_feed_gone(struct web_server *s)
{
    s->feed = NULL;
    atomic_store(&s->feed_is_live, false);
    log_info("web: live feed ended");
}

static int write_live(struct web_server *s, struct client *c, struct slice message)
{
    unsigned char *start = s->out + LWS_PRE;

    if (message.len > ANSWER_ROOM)
        return 0;
    memcpy(start, message.p, message.len);
    return lws_write(c->wsi, start, message.len, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

static int on_live_writeable(struct web_server *s, struct client *c)
{
    if (c->ping_due) {
        c->ping_due = false;
        if (lws_write(c->wsi, s->out + LWS_PRE, 0, LWS_WRITE_PING) < 0)
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
        if (write_live(s, c, message) != 0)
            return -1;
        if (lws_send_pipe_choked(c->wsi))
            break;
    }
    lws_callback_on_writable(c->wsi);
    return 0;
}

/* Once a second for each: who has not taken a message for LIVE_STALLED_S or does not answer a ping
 * is let go. */
static void tick_live_client(struct web_server *s, struct client *c)
{
    bool behind = c->position != live_join(&s->live);

    c->stalled_s = behind && c->position == c->position_before ? c->stalled_s + 1 : 0;
    c->position_before = c->position;
    c->ping_s++;
    if (c->stalled_s >= LIVE_STALLED_S || (c->pong_due && c->ping_s >= PONG_S)) {
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
        return;
    }
    if (c->ping_s >= PING_S) {
        c->ping_s = 0;
        c->ping_due = c->pong_due = true;
        lws_callback_on_writable(c->wsi);
    }
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
    struct web_server *s = lws_container_of(sul, struct web_server, tick);

    if (!s->feed)
        connect_feed(s);
    if (s->accept_paused) {
        s->accept_paused = false;
        lws_rx_flow_control(s->listener, 1);
    }
    for (size_t i = 0; s->live_clients && i < CONNECTIONS_MAX; i++) {
        if (s->clients[i].is_live)
            tick_live_client(s, &s->clients[i]);
    }
    lws_sul_schedule(s->context, 0, &s->tick, on_tick, LWS_US_PER_SEC);
}

static int on_confirm_upgrade(struct lws *wsi)
{
    char to[16];

    return slice_ieq(header(wsi, WSI_TOKEN_UPGRADE, to, sizeof to), SLICE("websocket")) ? 0 : -1;
}

static int on_live_request(struct web_server *s, struct lws *wsi)
{
    struct exchange *x = exchange_new();
    unsigned char *start = s->out + LWS_PRE;
    struct request_room room;
    struct request r = read_request(wsi, &room);
    bool accepted = x && request_accept_live(&r, &s->rules, x);

    if (accepted && s->live_clients >= LIVE_CLIENTS_MAX) {
        exchange_fail(x, 503, "%d live clients are connected already", LIVE_CLIENTS_MAX);
        accepted = false;
    }
    if (x && !accepted)
        lws_write(wsi, start, answer_write(x, start), LWS_WRITE_HTTP);
    exchange_free(x);
    return accepted ? 0 : -1;
}

static int on_live_open(struct web_server *s, struct client *c)
{
    c->is_live = true;
    c->position = c->position_before = live_join(&s->live);
    s->live_clients++;
    return 0;
}

/* ---- what libwebsockets calls ---- */

static int on_file(struct web_server *s, struct lws *wsi)
{
    if (wsi == s->listener)
        on_connections(s);
    else if (wsi == s->stopper)
        s->stopping = true;
    else if (wsi == s->feed)
        return on_feed(s) ? -1 : 0;
    return 0;
}

static int on_client(struct web_server *s, struct client *c, enum lws_callback_reasons reason)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return on_request(s, c);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return on_http_writeable(s, c);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return on_live_request(s, c->wsi);
    case LWS_CALLBACK_ESTABLISHED:
        return on_live_open(s, c);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return on_live_writeable(s, c);
    case LWS_CALLBACK_RECEIVE_PONG:
        c->pong_due = false;
        return 0;
    case LWS_CALLBACK_RECEIVE: /* the client sends nothing */
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX: /* CONNECT would make it a raw socket */
        return -1;
    case LWS_CALLBACK_WSI_DESTROY:
        on_gone(s, c);
        return 0;
    default:
        return 0;
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct web_server *s = lws_context_user(lws_get_context(wsi));
    struct client *c;

    (void)user;
    (void)in;
    (void)len;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        on_answers(s);
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        return on_file(s, wsi);
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        if (wsi == s->feed)
            on_feed_gone(s);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return on_confirm_upgrade(wsi);
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_RX:
    case LWS_CALLBACK_WSI_DESTROY:
        c = lws_get_opaque_user_data(wsi);
        return c ? on_client(s, c, reason) : 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    { .name = REQUEST_LIVE_PROTOCOL, .callback = callback, .rx_buffer_size = 1024 },
    { 0 },
};

/* ---- life ---- */

/* A stranger can make the library complain: nothing louder than debug. */
static void on_library_log(int level, const char *line)
{
    (void)level;
    log_debug("web: libwebsockets: %s", log_text(slice_trim(slice_of_text(line))));
}

/* Also on the answers that the library makes itself; it wants names with their colon. */
static void list_headers(struct web_server *s)
{
    for (size_t i = 0; i < HEADERS_MAX && answer_security_headers[i].name; i++) {
        snprintf(s->header_names[i], sizeof s->header_names[i],
                 "%s:", answer_security_headers[i].name);
        s->headers[i].name = s->header_names[i];
        s->headers[i].value = answer_security_headers[i].value;
        s->headers[i].next = i ? &s->headers[i - 1] : NULL;
        s->first_header = &s->headers[i];
    }
}

static int create_context(struct web_server *s)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .headers = s->first_header,
        .user = s,
        .server_string = "earshot",
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .fd_limit_per_thread = CONNECTIONS_MAX + 16,
        .max_http_header_pool = CONNECTIONS_MAX + 16,
        .max_http_header_data2 = HEADERS_MAX_BYTES,
        .timeout_secs = HEADERS_TIMEOUT_S,
        .timeout_secs_ah_idle = HEADERS_TIMEOUT_S,
        .keepalive_timeout = KEEPALIVE_S,
    };

    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
    s->context = lws_create_context(&info);
    if (!s->context)
        return -ENOMEM;
    s->vhost = lws_create_vhost(s->context, &info);
    return s->vhost ? 0 : -ENOMEM;
}

static void on_wake(void *ctx)
{
    struct web_server *s = ctx;

    lws_cancel_service(s->context);
}

static int start_pool(struct web_server *s)
{
    struct pool_options options = {
        .api = { s->options.store_dir, s->options.web_root, &s->feed_is_live },
        .wake = on_wake,
        .ctx = s,
        .threads = WORKERS,
    };

    return pool_start(&s->pool, &options);
}

/* Gives both descriptors to the library. */
static int watch_files(struct web_server *s, int listen_fd)
{
    s->listener = watch(s, listen_fd);
    if (!s->listener) {
        close(listen_fd);
        return -ENOMEM;
    }
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->stop_fd < 0)
        return -errno;
    s->stopper = watch(s, s->stop_fd);
    if (!s->stopper) {
        close(s->stop_fd);
        return -ENOMEM;
    }
    return 0;
}

int web_server_open(struct web_server **sp, const struct web_options *options)
{
    struct web_server *s = calloc(1, sizeof *s);
    struct addr at;
    int fd, err;

    if (!s)
        return -ENOMEM;
    s->options = *options;
    s->rules.host_names = options->host_names;
    err = listener_parse(slice_of_text(options->listen), &at);
    if (err)
        goto free_server;
    fd = listener_open(&at, &s->rules.bound);
    err = fd < 0 ? fd : 0;
    if (err)
        goto free_server;
    addr_format(&s->rules.bound, s->address);
    err = live_init(&s->live);
    if (err)
        goto close_listener;
    err = live_client_init(&s->feed_client);
    if (err)
        goto fini_live;
    list_headers(s);
    err = create_context(s);
    if (!err) {
        err = watch_files(s, fd);
        fd = -1; /* the library's */
    }
    if (!err)
        err = start_pool(s);
    if (err)
        goto destroy_context;
    lws_sul_schedule(s->context, 0, &s->tick, on_tick, 1);
    *sp = s;
    return 0;

destroy_context:
    if (s->context)
        lws_context_destroy(s->context);
    live_client_fini(&s->feed_client);
fini_live:
    live_fini(&s->live);
close_listener:
    if (fd >= 0)
        close(fd);
free_server:
    free(s);
    return err;
}

void web_server_close(struct web_server *s)
{
    struct pool *pool;

    if (!s)
        return;
    /* What the pool has, the pool frees. */
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (s->clients[i].waiting)
            s->clients[i].exchange = NULL;
        s->clients[i].waiting = false;
    }
    pool = s->pool;
    pool_stop(pool);
    s->pool = NULL;
    lws_context_destroy(s->context);
    live_client_fini(&s->feed_client);
    live_fini(&s->live);
    free(s);
}

const char *web_server_address(const struct web_server *s)
{
    return s->address;
}

int web_server_run(struct web_server *s)
{
    while (!s->stopping) {
        if (lws_service(s->context, 0) < 0)
            return -EIO;
    }
    return 0;
}

void web_server_stop(struct web_server *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->stop_fd, &one, sizeof one);

    (void)n; /* full: it has been told often enough */
}
