#include "probe/web/http.h"

#include "probe/web/live_socket.h"

enum {
    HELD_MAX_BYTES = 128 << 20, /* of all answers that wait to be sent */
    HELD_SMALL_BYTES = 64 << 10,
};

/* ---- requests ---- */

struct slice http_header(struct lws *wsi, enum lws_token_indexes token, char *out, int room)
{
    int n = lws_hdr_copy(wsi, out, room, token);

    return n > 0 ? slice_of(out, (size_t)n) : SLICE_ABSENT;
}

/* All of them, each with a NUL behind it: none is inside, for lws refuses %00 in a query. */
static void copy_params(struct lws *wsi, struct exchange *x)
{
    char fragment[SERVER_HEADERS_MAX_BYTES + 1];
    struct slice rest;
    int n, i = 0;

    for (; (n = lws_hdr_copy_fragment(wsi, fragment, sizeof fragment, WSI_TOKEN_HTTP_URI_ARGS,
                                      i)) >= 0;
         i++) {
        strbuf_add(&x->fragments, fragment, (size_t)n);
        strbuf_add_char(&x->fragments, '\0');
    }
    rest = strbuf_slice(&x->fragments);
    while (rest.len)
        params_add(&x->params, slice_cut(&rest, '\0'));
    /* One that is too long to be ours ends the list, too. */
    if (x->fragments.failed || lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0)
        x->params.too_many = true;
}

/* REQUEST_NO_LENGTH: there is none, or none that can be read. */
static int64_t read_length(struct lws *wsi)
{
    char text[24];
    uint64_t length;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
        !slice_to_u64(http_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text), INT64_MAX,
                      &length))
        return REQUEST_NO_LENGTH;
    return (int64_t)length;
}

static bool has_body(struct lws *wsi)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return true;
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 && read_length(wsi) != 0;
}

static uint8_t method_of(int token)
{
    static const struct {
        int token;
        uint8_t method;
    } rows[] = { { LWSHUMETH_GET, REQUEST_GET },
                 { LWSHUMETH_HEAD, REQUEST_HEAD },
                 { LWSHUMETH_POST, REQUEST_POST },
                 { LWSHUMETH_DELETE, REQUEST_DELETE } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].token == token)
            return rows[i].method;
    }
    return REQUEST_OTHER;
}

struct request http_read_request(struct lws *wsi, struct http_request_room *room)
{
    char *path = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &len);
    struct request r = {
        .method = method_of(method),
        .has_body = has_body(wsi),
        .body_bytes = read_length(wsi),
        .path = method >= 0 && len > 0 ? slice_of(path, (size_t)len) : SLICE_ABSENT,
        .host = http_header(wsi, WSI_TOKEN_HOST, room->host, sizeof room->host),
        .origin = http_header(wsi, WSI_TOKEN_ORIGIN, room->origin, sizeof room->origin),
        .content_type = http_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, room->content_type,
                                    sizeof room->content_type),
    };

    r.accept = http_header(wsi, WSI_TOKEN_HTTP_ACCEPT, room->accept, sizeof room->accept);
    r.cookie = http_header(wsi, WSI_TOKEN_HTTP_COOKIE, room->cookie, sizeof room->cookie);
    r.authorization = http_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, room->authorization,
                                  sizeof room->authorization);
    if (!r.authorization.p && lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_AUTHORIZATION) > 0)
        r.authorization = SLICE("Bearer too-long"); /* nobody's, but not as if there were none */
    r.if_none_match = http_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, room->tag, sizeof room->tag);
    r.is_1_1 = slice_eq(http_header(wsi, WSI_TOKEN_HTTP, room->version, sizeof room->version),
                        SLICE("HTTP/1.1"));
    r.range = http_header(wsi, WSI_TOKEN_HTTP_RANGE, room->range, sizeof room->range);
    r.if_range = http_header(wsi, WSI_TOKEN_HTTP_IF_RANGE, room->if_range, sizeof room->if_range);
    if (!r.if_range.p && lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_IF_RANGE) > 0)
        r.range = SLICE_ABSENT; /* its condition is too long to be ours */
    if (!r.origin.p && lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) > 0)
        r.origin = SLICE(""); /* too long to be ours */
    return r;
}

void http_drop_exchange(struct server *s, struct client *c)
{
    struct exchange *x = c->exchange;

    c->exchange = NULL;
    if (!x)
        return;
    c->idle_since = ++s->idle_clock;
    s->held_bytes -= x->held_bytes;
    x->held_bytes = 0;
    x->connection = NULL;
    if (c->waiting) {
        c->waiting = false; /* on_answers throws it away */
        atomic_store(&x->gone, true);
        return;
    }
    x->abandoned = true;
    /* At the end of the server there is no pool any more. */
    if (!x->export || !s->pool || !pool_push_more(s->pool, x))
        exchange_free(x);
}

/* To the pool; the connection reads nothing till it is back. */
static void wait_for_pool(struct client *c)
{
    c->waiting = true;
    lws_rx_flow_control(c->wsi, 0);
    lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
}

/* To the pool, or to its own refusal. */
static void ask_pool(struct server *s, struct client *c)
{
    wait_for_pool(c);
    if (pool_push(s->pool, c->exchange))
        return;
    c->waiting = false;
    lws_rx_flow_control(c->wsi, 1);
    exchange_fail(c->exchange, 503, "too many requests wait already, try again");
    lws_callback_on_writable(c->wsi);
}

int http_on_request(struct server *s, struct client *c)
{
    struct exchange *x = exchange_new();
    struct http_request_room room;
    struct request r;

    if (!x || c->exchange) {
        exchange_free(x);
        return -1;
    }
    c->exchange = x;
    x->connection = c;
    x->peer = c->peer;
    x->over_tls = s->tls != NULL;
    x->asked.max_bytes = s->limits.body_bytes + 1;
    r = http_read_request(c->wsi, &room);
    if (!request_accept(&r, &s->rules, x)) {
        lws_callback_on_writable(c->wsi);
        return 0;
    }
    copy_params(c->wsi, x);
    c->body_left = x->method == EXCHANGE_POST ? (size_t)r.body_bytes : 0;
    c->body_s = 0;
    if (c->body_left == 0)
        ask_pool(s, c);
    return 0;
}

/* Of a request that was refused before its body came, nothing is kept. */
int http_on_body(struct client *c, const void *bytes, size_t len)
{
    if (!c->exchange || c->body_left == 0)
        return 0;
    if (len > c->body_left)
        return -1;
    strbuf_add(&c->exchange->asked, bytes, len);
    c->body_left -= len;
    c->body_whole = c->body_left == 0;
    return 0;
}

int http_on_body_end(struct server *s, struct client *c)
{
    if (!c->exchange || !c->body_whole)
        return 0;
    c->body_whole = false;
    if (c->exchange->asked.failed)
        return -1;
    ask_pool(s, c);
    return 0;
}

/* ---- answers ---- */

static void hold(struct server *s, struct exchange *x)
{
    s->held_bytes -= x->held_bytes;
    if (x->body.room > HELD_SMALL_BYTES && s->held_bytes + x->body.room > HELD_MAX_BYTES &&
        !x->head_sent)
        exchange_fail(x, 503, "too many large answers wait to be fetched, try again");
    x->held_bytes = x->body.room;
    s->held_bytes += x->held_bytes;
}

void http_on_answers(struct server *s)
{
    struct exchange *x;

    while (s->pool && (x = pool_pop(s->pool)) != NULL) {
        struct client *c = x->connection;

        if (x->is_look) {
            s->is_looking = false;
            exchange_free(x);
            continue;
        }
        if (x->is_seed) {
            live_socket_on_seed(s, x);
            exchange_free(x);
            continue;
        }
        if (!c) {
            x->abandoned = true;
            if (!x->export || !pool_push_more(s->pool, x))
                exchange_free(x);
            continue;
        }
        hold(s, x);
        c->waiting = false;
        lws_rx_flow_control(c->wsi, 1);
        lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)s->limits.stall_s);
        lws_callback_on_writable(c->wsi);
    }
}

static int after_write(struct server *s, struct client *c)
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
    http_drop_exchange(s, c);
    if (close_after || lws_http_transaction_completed(c->wsi))
        return -1;
    return 0;
}

int http_on_writeable(struct server *s, struct client *c)
{
    struct exchange *x = c->exchange;
    unsigned char *start = s->out + LWS_PRE;
    size_t len;

    if (!x || c->waiting || c->body_left || c->body_whole)
        return 0;
    if (!x->head_sent)
        tally_request(&s->tally, x->route, x->status);
    len = answer_write(x, start);
    if (len && lws_write(c->wsi, start, len, LWS_WRITE_HTTP) < 0)
        return -1;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, (int)s->limits.stall_s);
    return after_write(s, c);
}
