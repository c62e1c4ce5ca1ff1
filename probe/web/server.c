#include "probe/web/server.h"

#include "analyzer/base/log.h"
#include "probe/web/connections.h"
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
    TLS_LOOK_S = 1,
};

/* ---- what libwebsockets calls ---- */

static int on_file(struct server *s, struct lws *wsi)
{
    if (wsi == s->listener)
        connections_accept(s);
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
        connections_gone(s, c);
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

    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        tls_prepare(s->tls, user);
        return 0;
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
    { .name = REQUEST_LIVE_PROTOCOL,
      .callback = callback,
      .rx_buffer_size = 1024,
      .tx_packet_size = ANSWER_ROOM }, /* else it sends no more at a time than it reads */
    { 0 },
};

/* ---- life ---- */

static void look_at_certificate(struct server *s)
{
    const struct server_options *o = &s->options;
    bool now = o->take_reload && o->take_reload(o->take_reload_ctx);

    if (s->tls && (now || s->ticks % TLS_LOOK_S == 0))
        tls_refresh(s->tls, now);
}

/* For /metrics. */
static void publish_figures(struct server *s)
{
    const uint64_t figures[TALLY_FIGURES] = {
        [TALLY_CONNECTIONS] = connections_count(s),
        [TALLY_EVICTED] = s->evicted,
        [TALLY_REFUSED] = s->refused,
        [TALLY_LIVE_CLIENTS] = s->live_clients,
        [TALLY_LIVE_MESSAGES] = s->told,
    };

    for (size_t i = 0; i < TALLY_FIGURES; i++)
        atomic_store(&s->tally.figures[i], figures[i]);
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
    struct server *s = lws_container_of(sul, struct server, tick);

    connections_tick(s);
    live_socket_tick(s);
    s->ticks++;
    look_at_certificate(s);
    publish_figures(s);
    lws_sul_schedule(s->context, 0, &s->tick, on_tick, LWS_US_PER_SEC);
}

/* A stranger can make the library complain: nothing louder than debug. */
static void on_library_log(int level, const char *line)
{
    (void)level;
    log_debug("web: libwebsockets: %s", log_text(slice_trim(slice_of_text(line))));
}

static void list_header(struct server *s, size_t i, const struct answer_header *header)
{
    snprintf(s->header_names[i], sizeof s->header_names[i], "%s:", header->name);
    s->headers[i].name = s->header_names[i];
    s->headers[i].value = header->value;
    s->headers[i].next = i ? &s->headers[i - 1] : NULL;
    s->first_header = &s->headers[i];
}

/* Also on the answers that the library makes itself; it wants names with their colon. */
static void list_headers(struct server *s)
{
    size_t n = 0;

    for (; n + 1 < SERVER_SECURITY_HEADERS_MAX && answer_security_headers[n].name; n++)
        list_header(s, n, &answer_security_headers[n]);
    if (s->tls)
        list_header(s, n, &answer_tls_header);
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
        .max_http_header_pool = (unsigned short)s->client_room,
        .max_http_header_data2 = (unsigned)s->limits.header_bytes,
        .timeout_secs = s->limits.header_s,
        .timeout_secs_ah_idle = s->limits.header_s,
        .keepalive_timeout = (int)s->limits.idle_s,
        .alpn = "http/1.1", /* its HTTP/2 has defects that are mended in later versions */
    };

    if (s->tls)
        info.options |=
            LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
    s->context = lws_create_context(&info);
    if (!s->context)
        return -ENOMEM;
    s->vhost = lws_create_vhost(s->context, &info);
    return s->vhost ? 0 : -ENOMEM;
}

static int open_tls(struct server *s)
{
    const struct server_options *o = &s->options;
    char why[TLS_TEXT_MAX] = "";
    int err = o->tls_certificate ? tls_open(&s->tls, o->tls_certificate, o->tls_key, why) : 0;

    if (err == -EINVAL)
        log_error("web: %s", why);
    return err == -EINVAL ? -EKEYREJECTED : err;
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
                 .access = s->options.access,
                 .plain_cookie = s->rules.plain_cookie,
                 .trail = s->options.trail,
                 .state = s->options.state,
                 .outbox = s->options.outbox,
                 .tally = &s->tally,
                 .tls = s->tls,
                 .metrics_open = s->options.metrics_open && guard_is_loopback(&s->rules.bound),
                 .needs_probe = s->options.needs_probe,
                 .rules = &s->rules_line,
                 .stats = &s->stats_line,
                 .about = s->options.about,
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
    err = live_mask_init(&s->mask, s->options.privacy);
    if (err)
        return err;
    s->masked = (struct live_view){ live_mask_show, &s->mask };
    err = live_init(&s->live);
    if (err)
        goto fini_mask;
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
    err = latest_line_init(&s->stats_line);
    if (err)
        goto fini_rules;
    err = tally_init(&s->tally);
    if (err)
        goto fini_stats;
    return 0;

fini_stats:
    latest_line_fini(&s->stats_line);
fini_rules:
    latest_line_fini(&s->rules_line);
fini_inbox:
    live_inbox_fini(&s->inbox);
fini_state:
    live_state_fini(&s->live_state);
fini_feed_client:
    live_client_fini(&s->feed_client);
fini_live:
    live_fini(&s->live);
fini_mask:
    live_mask_fini(&s->mask);
    return err;
}

static void fini_live(struct server *s)
{
    tally_fini(&s->tally);
    latest_line_fini(&s->stats_line);
    latest_line_fini(&s->rules_line);
    live_inbox_fini(&s->inbox);
    live_state_fini(&s->live_state);
    live_client_fini(&s->feed_client);
    live_fini(&s->live);
    live_mask_fini(&s->mask);
}

/* Where, by which name, and how secretly. */
static int open_listener(struct server *s, int *fd)
{
    struct addr at;
    int err = listener_parse(slice_of_text(s->options.listen), &at);

    if (!err)
        err = open_tls(s);
    if (err)
        return err;
    *fd = listener_open(&at, &s->rules.bound);
    if (*fd < 0)
        return *fd;
    s->rules.plain_cookie =
        !s->tls && !s->options.behind_tls && !guard_is_loopback(&s->rules.bound);
    s->rules.body_bytes_max = s->limits.body_bytes;
    addr_format(&s->rules.bound, s->address);
    return 0;
}

/* Owns the descriptor. */
static int open_service(struct server *s, int fd)
{
    int err = connections_open(s);

    if (!err)
        err = create_context(s);
    if (err) {
        close(fd);
        return err;
    }
    err = watch_files(s, fd);
    if (!err)
        err = open_sound(s);
    return err ? err : start_pool(s);
}

int server_open(struct server **sp, const struct server_options *options)
{
    struct server *s = calloc(1, sizeof *s);
    int fd = -1, err;

    if (!s)
        return -ENOMEM;
    s->options = *options;
    s->limits = options->limits ? *options->limits : connections_limits_usual;
    s->rules.host_names = options->host_names;
    err = open_listener(s, &fd);
    if (err)
        goto free_server;
    err = init_live(s);
    if (err)
        goto close_listener;
    list_headers(s);
    err = open_service(s, fd);
    fd = -1;
    if (err)
        goto destroy_context;
    live_socket_seed(s);
    lws_sul_schedule(s->context, 0, &s->tick, on_tick, 1);
    *sp = s;
    return 0;

destroy_context:
    if (s->context)
        lws_context_destroy(s->context);
    connections_close(s);
    sound_close(s->sound);
    fini_live(s);
close_listener:
    if (fd >= 0)
        close(fd);
free_server:
    tls_close(s->tls);
    free(s);
    return err;
}

void server_close(struct server *s)
{
    struct pool *pool;

    if (!s)
        return;
    /* What the pool has, the pool frees. */
    for (size_t i = 0; i < s->client_room; i++) {
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
    connections_close(s);
    sound_close(s->sound);
    fini_live(s);
    tls_close(s->tls);
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

bool server_is_secure(const struct server *s)
{
    return s->tls != NULL;
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
