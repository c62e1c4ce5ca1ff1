#include "probe/web/server.h"

#include "analyzer/base/log.h"
#include "probe/web/guard.h"
#include "probe/web/http.h"
#include "probe/web/listener.h"
#include "probe/web/live_socket.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WORKERS = 2 + SOUND_RENDERS_MAX, /* two at least are never busy with sound */
    CONNECTIONS_PER_PEER_MAX = 32,
    /* A proxy or an SSH tunnel on this machine speaks for many. */
    CONNECTIONS_LOOPBACK_MAX = 256,
    ACCEPTS_MAX = 16, /* in one go */
    HEADERS_TIMEOUT_S = 5,
    KEEPALIVE_S = 15,
    BODY_TIMEOUT_S = 5,
};

/* ---- connections ---- */

static bool has_room_for(const struct server *s, const struct addr *peer)
{
    size_t max = guard_is_loopback(peer) ? CONNECTIONS_LOOPBACK_MAX : CONNECTIONS_PER_PEER_MAX;
    size_t same = 0;

    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++)
        same += s->clients[i].wsi && guard_same_peer(&s->clients[i].peer, peer);
    return same < max;
}

static struct client *free_slot(struct server *s)
{
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
        if (!s->clients[i].wsi)
            return &s->clients[i];
    }
    return NULL;
}

static void adopt(struct server *s, int fd, const struct addr *peer)
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

static void on_connections(struct server *s)
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

static void on_gone(struct server *s, struct client *c)
{
    http_drop_exchange(s, c);
    if (c->is_live)
        s->live_clients--;
    *c = (struct client){ 0 };
}

/* ---- what libwebsockets calls ---- */

static int on_file(struct server *s, struct lws *wsi)
{
    if (wsi == s->listener)
        on_connections(s);
    else if (wsi == s->stopper)
        s->stopping = true;
    else if (wsi == s->feed)
        return live_socket_on_feed(s) ? -1 : 0;
    return 0;
}

static int on_client(struct server *s, struct client *c, enum lws_callback_reasons reason, void *in,
                     size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return http_on_request(s, c);
    case LWS_CALLBACK_HTTP_BODY:
        return http_on_body(c, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return http_on_body_end(s, c);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return http_on_writeable(s, c);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return live_socket_on_request(s, c);
    case LWS_CALLBACK_ESTABLISHED:
        return live_socket_on_open(s, c);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return live_socket_on_writeable(s, c);
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
    struct server *s = lws_context_user(lws_get_context(wsi));
    struct client *c;

    (void)user;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        http_on_answers(s);
        live_socket_on_inbox(s);
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        return on_file(s, wsi);
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        if (wsi == s->feed)
            live_socket_on_feed_gone(s);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return live_socket_on_upgrade(wsi);
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
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
        return c ? on_client(s, c, reason, in, len) : 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    { .name = REQUEST_LIVE_PROTOCOL, .callback = callback, .rx_buffer_size = 1024 },
    { 0 },
};

/* ---- life ---- */

/* While a worker has its request a connection reads nothing, so that the library does not see its
 * end; a child that makes sound would work on for nobody. */
static void look_for_the_gone(struct server *s)
{
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
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
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
        struct client *c = &s->clients[i];

        if (c->wsi && c->body_left && c->body_s++ >= BODY_TIMEOUT_S)
            lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
    }
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
    struct server *s = lws_container_of(sul, struct server, tick);

    if (s->accept_paused) {
        s->accept_paused = false;
        lws_rx_flow_control(s->listener, 1);
    }
    live_socket_tick(s);
    let_go_of_slow_bodies(s);
    if (s->sound)
        look_for_the_gone(s);
    lws_sul_schedule(s->context, 0, &s->tick, on_tick, LWS_US_PER_SEC);
}

/* A stranger can make the library complain: nothing louder than debug. */
static void on_library_log(int level, const char *line)
{
    (void)level;
    log_debug("web: libwebsockets: %s", log_text(slice_trim(slice_of_text(line))));
}

/* Also on the answers that the library makes itself; it wants names with their colon. */
static void list_headers(struct server *s)
{
    for (size_t i = 0; i < SERVER_SECURITY_HEADERS_MAX && answer_security_headers[i].name; i++) {
        snprintf(s->header_names[i], sizeof s->header_names[i],
                 "%s:", answer_security_headers[i].name);
        s->headers[i].name = s->header_names[i];
        s->headers[i].value = answer_security_headers[i].value;
        s->headers[i].next = i ? &s->headers[i - 1] : NULL;
        s->first_header = &s->headers[i];
    }
}

static int create_context(struct server *s)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .headers = s->first_header,
        .user = s,
        .server_string = "earshot",
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .fd_limit_per_thread = SERVER_CONNECTIONS_MAX + 16,
        .max_http_header_pool = SERVER_CONNECTIONS_MAX + 16,
        .max_http_header_data2 = SERVER_HEADERS_MAX_BYTES,
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
    struct server *s = ctx;

    lws_cancel_service(s->context);
}

static void on_tell(void *ctx, struct slice line)
{
    server_tell(ctx, line);
}

static int open_sound(struct server *s)
{
    const struct sound_options options = {
        .store_dir = s->options.store_dir,
        .program = s->options.sound_program,
        .config_file = s->options.config_file,
        .time_max_s = s->options.sound_time_max_s,
    };

    return s->options.listen_to_calls ? sound_open(&s->sound, &options) : 0;
}

static int start_pool(struct server *s)
{
    struct pool_options options = {
        .api = { .store_dir = s->options.store_dir,
                 .web_root = s->options.web_root,
                 .sound = s->sound,
                 .live = &s->feed_is_live,
                 .exports = &s->exports,
                 .privacy = s->options.privacy,
                 .state = s->options.state,
                 .outbox = s->options.outbox,
                 .rules = &s->rules_line,
                 .rules_dir = s->options.rules_dir,
                 .program = s->options.sound_program,
                 .config_file = s->options.config_file,
                 .wake = s->options.wake,
                 .wake_ctx = s->options.wake_ctx,
                 .tell = on_tell,
                 .tell_ctx = s },
        .wake = on_wake,
        .ctx = s,
        .threads = WORKERS,
    };

    return pool_start(&s->pool, &options);
}

/* Gives both descriptors to the library. */
static int watch_files(struct server *s, int listen_fd)
{
    s->listener = live_socket_watch(s, listen_fd);
    if (!s->listener) {
        close(listen_fd);
        return -ENOMEM;
    }
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->stop_fd < 0)
        return -errno;
    s->stopper = live_socket_watch(s, s->stop_fd);
    if (!s->stopper) {
        close(s->stop_fd);
        return -ENOMEM;
    }
    return 0;
}

/* Numbers of messages mean nothing to another run. */
static int make_epoch(struct server *s)
{
    uint64_t number;

    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return -EIO;
    snprintf(s->epoch, sizeof s->epoch, "%016" PRIx64, number);
    return 0;
}

static int init_live(struct server *s)
{
    int err = make_epoch(s);

    if (err)
        return err;
    err = live_init(&s->live);
    if (err)
        return err;
    err = live_client_init(&s->feed_client);
    if (err)
        goto fini_live;
    err = live_state_init(&s->live_state);
    if (err)
        goto fini_feed_client;
    err = live_inbox_init(&s->inbox);
    if (err)
        goto fini_state;
    err = latest_line_init(&s->rules_line);
    if (err)
        goto fini_inbox;
    return 0;

fini_inbox:
    live_inbox_fini(&s->inbox);
fini_state:
    live_state_fini(&s->live_state);
fini_feed_client:
    live_client_fini(&s->feed_client);
fini_live:
    live_fini(&s->live);
    return err;
}

static void fini_live(struct server *s)
{
    latest_line_fini(&s->rules_line);
    live_inbox_fini(&s->inbox);
    live_state_fini(&s->live_state);
    live_client_fini(&s->feed_client);
    live_fini(&s->live);
}

int server_open(struct server **sp, const struct server_options *options)
{
    struct server *s = calloc(1, sizeof *s);
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
    err = init_live(s);
    if (err)
        goto close_listener;
    list_headers(s);
    err = create_context(s);
    if (!err) {
        err = watch_files(s, fd);
        fd = -1; /* the library's */
    }
    if (!err)
        err = open_sound(s);
    if (!err)
        err = start_pool(s);
    if (err)
        goto destroy_context;
    live_socket_seed(s);
    lws_sul_schedule(s->context, 0, &s->tick, on_tick, 1);
    *sp = s;
    return 0;

destroy_context:
    if (s->context)
        lws_context_destroy(s->context);
    sound_close(s->sound);
    fini_live(s);
close_listener:
    if (fd >= 0)
        close(fd);
free_server:
    free(s);
    return err;
}

void server_close(struct server *s)
{
    struct pool *pool;

    if (!s)
        return;
    /* What the pool has, the pool frees. */
    for (size_t i = 0; i < SERVER_CONNECTIONS_MAX; i++) {
        if (s->clients[i].waiting)
            s->clients[i].exchange = NULL;
        s->clients[i].waiting = false;
    }
    if (s->sound)
        sound_stop(s->sound);
    pool = s->pool;
    pool_stop(pool);
    s->pool = NULL;
    lws_context_destroy(s->context);
    sound_close(s->sound);
    fini_live(s);
    free(s);
}

const char *server_address(const struct server *s)
{
    return s->address;
}

int server_run(struct server *s)
{
    while (!s->stopping) {
        if (lws_service(s->context, 0) < 0)
            return -EIO;
    }
    return 0;
}

void server_stop(struct server *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->stop_fd, &one, sizeof one);

    (void)n; /* full: it has been told often enough */
}

void server_tell(struct server *s, struct slice line)
{
    live_inbox_add(&s->inbox, line);
    lws_cancel_service(s->context);
}
