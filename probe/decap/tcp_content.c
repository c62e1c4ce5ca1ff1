#include "probe/decap/tcp_content.h"

#include "probe/decap/tcp_sip.h"
#include "probe/decap/tcp_tls.h"
#include "probe/decap/tcp_websocket.h"

enum {
    /* How long a direction that was joined in the middle may stay unknown. A message of SIP is
     * shorter than 64 KiB, and few take 16 segments. */
    JOINED_SEGMENTS = 16,
    JOINED_BYTES = 64 << 10,
    HTTP_HEAD_MAX = 16 << 10,
    TLS_HANDSHAKE_RECORD = 22,
};

void tcp_content_init(struct tcp_content *c, bool joined, bool sip_port)
{
    *c = (struct tcp_content){ .joined = joined, .sip_port = sip_port };
    sip_framing_init(&c->framing, joined);
}

/* Leaves the kind; what it holds is given back, the message not. */
static void leave(struct tcp_content *c, struct tcp_delivery *d)
{
    if (c->kind == TCP_KIND_WEBSOCKET)
        tcp_websocket_end(c, d);
    else if (c->kind == TCP_KIND_TLS)
        tcp_tls_end(d->tls, &c->tls, d);
}

void tcp_content_drop(struct tcp_content *c, struct tcp_delivery *d)
{
    tcp_content_clear(c, d, NULL);
    leave(c, d);
}

void tcp_content_turn_to(struct tcp_content *c, struct tcp_delivery *d, enum tcp_kind kind)
{
    leave(c, d);
    c->kind = (uint8_t)kind;
    c->websocket = NULL;
    c->tls_ended = false;
    c->segments = 0;
    c->bytes = 0;
}

void tcp_content_turn_to_other(struct tcp_content *c, struct tcp_delivery *d,
                               const struct tcp_segment *at_hand)
{
    tcp_content_clear(c, d, at_hand);
    tcp_content_turn_to(c, d, TCP_KIND_OTHER);
}

/* Can it be the head of an upgrade, asked for or granted? Also when it is cut within the words that
 * tell. */
static bool is_http(struct slice s)
{
    struct slice granted = SLICE("HTTP/1.1 101");

    if (s.len < granted.len)
        granted.len = s.len;
    return slice_starts_with(s, SLICE("GET ")) || slice_starts_with(s, granted);
}

/* What an unknown direction turned out to be, by a step of the framing. `view`: what it looked at. */
void tcp_content_learn(struct tcp_content *c, struct tcp_delivery *d, enum sip_framing_step step,
                       struct slice view)
{
    if (step == SIP_FRAMING_MESSAGE || c->framing.place >= SIP_FRAMING_HEADERS) {
        tcp_content_turn_to(c, d, TCP_KIND_SIP);
    } else if (step == SIP_FRAMING_SKIP && is_http(view)) {
        tcp_content_turn_to(c, d, TCP_KIND_HTTP);
        c->http = true;
    } else if (step == SIP_FRAMING_SKIP && !c->joined && !c->sip_port) {
        c->http = slice_starts_with(view, SLICE("HTTP/1."));
        tcp_content_turn_to(c, d, TCP_KIND_OTHER);
    }
}

/* unknown */

static bool is_tls(struct slice s)
{
    unsigned type = (unsigned char)s.p[0];

    if (s.len >= 3)
        return type >= 20 && type <= 23 && s.p[1] == 3 && (unsigned char)s.p[2] <= 4;
    /* Too little to be sure, and the beginning of nothing else. */
    return type == TLS_HANDSHAKE_RECORD && (s.len == 1 || s.p[1] == 3);
}

static void take_unknown(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                         struct slice *rest, bool begins)
{
    bool first = c->segments == 1 && begins;

    if (!c->message.len && begins && (first || c->joined)) {
        if (is_tls(*rest)) {
            tcp_content_turn_to(c, d, TCP_KIND_TLS);
            c->tls_ended = (unsigned char)rest->p[0] != TLS_HANDSHAKE_RECORD;
            return;
        }
        if (c->joined && websocket_looks_like_sip(*rest)) {
            tcp_websocket_begin(c, d, false, segment);
            return;
        }
    }
    tcp_sip_take(c, d, segment, rest, begins);
}

/* http: the head is gathered, without the frames that carried it. */

static void take_http(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                      struct slice *rest)
{
    size_t n = slice_find(*rest, '\n');
    struct slice head;

    d->more = true;
    n = n < rest->len ? n + 1 : n;
    if (c->message.len + n > HTTP_HEAD_MAX ||
        !tcp_message_add(&c->message, &d->account, d->paid, NULL, slice_of(rest->p, n), 0)) {
        tcp_content_turn_to_other(c, d, segment);
        return;
    }
    *rest = slice_of(rest->p + n, rest->len - n);
    head = tcp_message_slice(&c->message);
    if (head.p[head.len - 1] != '\n' ||
        !(head.len >= 2 &&
          (head.p[head.len - 2] == '\n' ||
           (head.p[head.len - 2] == '\r' && head.len >= 3 && head.p[head.len - 3] == '\n'))))
        return;
    switch (websocket_upgrade_read(head)) {
    case WEBSOCKET_UPGRADE:
        tcp_websocket_begin(c, d, false, segment);
        break;
    case WEBSOCKET_UPGRADE_SIP:
        tcp_websocket_begin(c, d, true, segment);
        break;
    case WEBSOCKET_UPGRADE_NONE:
    case WEBSOCKET_UPGRADE_OTHER:
        tcp_content_turn_to_other(c, d, segment);
        break;
    }
}

static void take_websocket(struct tcp_content *c, struct tcp_delivery *d,
                           struct tcp_segment *segment, struct slice *rest, bool begins)
{
    const struct websocket *w = c->websocket;

    if (begins && !w->in_payload && w->header_bytes == 0 && is_http(*rest)) {
        tcp_content_clear(c, d, segment);
        tcp_content_turn_to(c, d, TCP_KIND_HTTP); /* it was refused; another try */
        return;
    }
    tcp_websocket_take(c, d, segment, rest);
}

/* tls */

static void take_tls(struct tcp_content *c, struct tcp_delivery *d,
                     const struct tcp_segment *segment, struct slice *rest)
{
    d->more = true;
    if (!c->tls_ended)
        c->tls_ended = !tcp_tls_feed(d->tls, &c->tls, d, segment->time_ns, *rest);
    *rest = slice_of(rest->p + rest->len, 0);
}

/* Of a direction of no interest this segment may begin something else: anything on a port of SIP,
 * another upgrade, or the first message of a WebSocket that was silent but for its pings since it
 * was joined. */
static void look_again(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment)
{
    struct slice s = slice_of(segment->p, segment->captured_bytes);

    if (c->sip_port)
        tcp_content_init(c, true, true);
    else if (c->http && is_http(s))
        tcp_content_turn_to(c, d, TCP_KIND_HTTP);
    else if (c->joined && websocket_looks_like_sip(s))
        tcp_websocket_begin(c, d, true, segment);
}

static void count_unknown(struct tcp_content *c, struct tcp_delivery *d,
                          const struct tcp_segment *segment)
{
    bool over = c->segments >= JOINED_SEGMENTS || c->bytes >= JOINED_BYTES;

    if (over && c->joined && !c->sip_port) {
        tcp_content_turn_to_other(c, d, segment);
        return;
    }
    if (!over)
        c->segments++;
    if (c->bytes < JOINED_BYTES)
        c->bytes += segment->captured_bytes;
}

void tcp_content_take(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment)
{
    struct slice rest = slice_of(segment->p, segment->captured_bytes);
    bool begins = segment->begins;

    d->gaps = c->gaps;
    if (rest.len && c->kind == TCP_KIND_UNKNOWN)
        count_unknown(c, d, segment);
    if (rest.len && begins && c->kind == TCP_KIND_OTHER)
        look_again(c, d, segment);
    while (rest.len && c->kind != TCP_KIND_OTHER) {
        size_t before = rest.len;

        switch ((enum tcp_kind)c->kind) {
        case TCP_KIND_UNKNOWN:
            take_unknown(c, d, segment, &rest, begins);
            break;
        case TCP_KIND_SIP:
            tcp_sip_take(c, d, segment, &rest, begins);
            break;
        case TCP_KIND_HTTP:
            take_http(c, d, segment, &rest);
            break;
        case TCP_KIND_WEBSOCKET:
            take_websocket(c, d, segment, &rest, begins);
            break;
        case TCP_KIND_TLS:
            take_tls(c, d, segment, &rest);
            break;
        case TCP_KIND_OTHER:
            break;
        }
        begins = begins && rest.len == before;
    }
}

void tcp_content_gap(struct tcp_content *c, struct tcp_delivery *d, size_t missing)
{
    c->gaps += missing > 0;
    d->gaps = c->gaps;
    switch ((enum tcp_kind)c->kind) {
    case TCP_KIND_UNKNOWN:
    case TCP_KIND_SIP:
        tcp_sip_gap(c, d, missing);
        c->joined |= missing > 0;
        break;
    case TCP_KIND_WEBSOCKET:
        if (!tcp_websocket_gap(c, d, missing)) {
            leave(c, d);
            tcp_content_init(c, true, c->sip_port);
            c->gaps = d->gaps;
        }
        break;
    case TCP_KIND_TLS:
        tcp_tls_end(d->tls, &c->tls, d);
        c->tls_ended = true;
        break;
    case TCP_KIND_HTTP:
        tcp_content_turn_to_other(c, d, NULL);
        break;
    case TCP_KIND_OTHER:
        break;
    }
}

enum packet_bin tcp_content_bin(const struct tcp_content *c, const struct tcp_delivery *d)
{
    bool only_keepalive = d->keepalive && !d->more;

    switch ((enum tcp_kind)c->kind) {
    case TCP_KIND_UNKNOWN:
        if (only_keepalive && c->sip_port)
            return BIN_SIP_KEEPALIVE;
        return c->message.len ? BIN_TCP_SEGMENT : BIN_TCP;
    case TCP_KIND_SIP:
        return only_keepalive ? BIN_SIP_KEEPALIVE : BIN_TCP_SEGMENT;
    case TCP_KIND_HTTP:
    case TCP_KIND_WEBSOCKET:
        return BIN_WEBSOCKET;
    case TCP_KIND_TLS:
        return BIN_TLS;
    case TCP_KIND_OTHER:
        break;
    }
    return BIN_TCP;
}
