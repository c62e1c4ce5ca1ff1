#include "probe/decap/tcp_content.h"

#include "probe/decap/tcp_tls.h"
#include "probe/decap/tcp_unit.h"

#include <stdlib.h>

enum {
    /* How long a direction that was joined in the middle may stay unknown. A message of SIP is
     * shorter than 64 KiB, and few take 16 segments. */
    JOINED_SEGMENTS = 16,
    JOINED_BYTES = 64 << 10,
    HTTP_HEAD_MAX = 16 << 10,
    /* Messages of a WebSocket that named no subprotocol, none of them SIP. */
    WS_STRANGE_MAX = 32,
};

void tcp_content_init(struct tcp_content *c, bool joined, bool sip_port)
{
    *c = (struct tcp_content){ .joined = joined, .sip_port = sip_port };
    sip_framing_init(&c->framing, joined);
}

static void clear_message(struct tcp_content *c, struct tcp_delivery *d,
                          const struct tcp_segment *at_hand)
{
    tcp_message_clear(&c->message, &d->account, d->paid, at_hand);
}

/* Leaves the kind; what it holds is given back, the message not. */
static void leave(struct tcp_content *c, struct tcp_delivery *d)
{
    if (c->kind == TCP_KIND_WEBSOCKET && c->websocket) {
        tcp_account_return(&d->account, d->paid, sizeof *c->websocket);
        free(c->websocket);
        c->websocket = NULL;
    } else if (c->kind == TCP_KIND_TLS) {
        tcp_tls_end(d->tls, &c->tls, d);
    }
}

void tcp_content_drop(struct tcp_content *c, struct tcp_delivery *d)
{
    clear_message(c, d, NULL);
    leave(c, d);
}

static void turn_to(struct tcp_content *c, struct tcp_delivery *d, enum tcp_kind kind)
{
    leave(c, d);
    c->kind = (uint8_t)kind;
    c->websocket = NULL;
    c->tls_ended = false;
    c->segments = 0;
    c->bytes = 0;
}

static void turn_to_other(struct tcp_content *c, struct tcp_delivery *d,
                          const struct tcp_segment *at_hand)
{
    clear_message(c, d, at_hand);
    turn_to(c, d, TCP_KIND_OTHER);
}

static void turn_to_websocket(struct tcp_content *c, struct tcp_delivery *d, bool sip,
                              const struct tcp_segment *at_hand)
{
    struct websocket *w = NULL;

    clear_message(c, d, at_hand);
    turn_to(c, d, TCP_KIND_WEBSOCKET);
    if (tcp_account_pay(&d->account, d->paid, sizeof *w)) {
        w = calloc(1, sizeof *w);
        if (!w)
            tcp_account_return(&d->account, d->paid, sizeof *w);
    }
    if (!w) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        turn_to_other(c, d, at_hand);
        return;
    }
    c->websocket = w;
    c->ws_sip = sip;
    c->ws_lost = c->ws_refused = false;
    c->ws_strange = 0;
}

/* sip */

static void count_found(struct tcp_delivery *d, const struct sip_framing_found *found)
{
    d->counters->refusals[REFUSAL_SIP_RESYNC] += found->lost;
    d->counters->refusals[REFUSAL_SIP_TOO_LONG] += found->too_long;
}

static void hand_over_kept(struct tcp_content *c, struct tcp_delivery *d,
                           const struct sip_framing_found *found)
{
    count_found(d, found);
    tcp_unit_of_message(d, TRANSPORT_TCP, &c->message, found->bytes, found->payload, found->wire);
}

/* The message that is kept stays as it is: it is handed over so, or dropped. */
static void give_up(struct tcp_content *c, struct tcp_delivery *d, size_t missing,
                    const struct tcp_segment *at_hand)
{
    struct sip_framing_found found;

    if (sip_framing_give_up(&c->framing, c->message.len, missing, &found))
        hand_over_kept(c, d, &found);
    clear_message(c, d, at_hand);
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
static void learn(struct tcp_content *c, struct tcp_delivery *d, enum sip_framing_step step,
                  struct slice view)
{
    if (step == SIP_FRAMING_MESSAGE || c->framing.place >= SIP_FRAMING_HEADERS) {
        turn_to(c, d, TCP_KIND_SIP);
    } else if (step == SIP_FRAMING_SKIP && is_http(view)) {
        turn_to(c, d, TCP_KIND_HTTP);
        c->http = true;
    } else if (step == SIP_FRAMING_SKIP && !c->joined && !c->sip_port) {
        c->http = slice_starts_with(view, SLICE("HTTP/1."));
        turn_to(c, d, TCP_KIND_OTHER);
    }
}

static void note_step(struct tcp_content *c, struct tcp_delivery *d, enum sip_framing_step step,
                      const struct sip_framing_found *found)
{
    if (step == SIP_FRAMING_KEEPALIVE) {
        d->keepalive = true;
        return;
    }
    d->more = true;
    if (step == SIP_FRAMING_SKIP && c->kind == TCP_KIND_SIP)
        count_found(d, found);
}

/* Nothing is kept: straight from the segment. Takes what it used off *rest. */
static void frame_segment(struct tcp_content *c, struct tcp_delivery *d,
                          struct tcp_segment *segment, struct slice *rest)
{
    struct sip_framing_found found;
    enum sip_framing_step step = sip_framing_next(&c->framing, *rest, &found);
    bool known = c->kind == TCP_KIND_SIP;

    if (!known)
        learn(c, d, step, *rest);
    note_step(c, d, step, &found);
    if (!known && c->kind != TCP_KIND_SIP && c->kind != TCP_KIND_UNKNOWN)
        return; /* somebody else's bytes */
    if (step == SIP_FRAMING_MORE) {
        if (!tcp_message_add(&c->message, &d->account, d->paid, segment, *rest, c->framing.total)) {
            d->counters->refusals[REFUSAL_TCP_BYTES]++;
            if (sip_framing_give_up(&c->framing, rest->len, 0, &found)) {
                count_found(d, &found);
                tcp_unit_of_segment(d, TRANSPORT_TCP, slice_of(rest->p, found.payload), found.wire,
                                    segment);
            }
        }
        *rest = slice_of(rest->p + rest->len, 0);
        return;
    }
    if (step == SIP_FRAMING_MESSAGE) {
        count_found(d, &found);
        tcp_unit_of_segment(d, TRANSPORT_TCP, slice_of(rest->p, found.payload), found.wire,
                            segment);
    }
    *rest = slice_of(rest->p + found.bytes, rest->len - found.bytes);
}

/* Looks at what is kept until more is needed. False: the kind changed. */
static bool frame_message(struct tcp_content *c, struct tcp_delivery *d,
                          const struct tcp_segment *segment)
{
    while (c->message.len) {
        struct slice view = tcp_message_slice(&c->message);
        struct sip_framing_found found;
        enum sip_framing_step step = sip_framing_next(&c->framing, view, &found);

        if (c->kind == TCP_KIND_UNKNOWN)
            learn(c, d, step, view);
        note_step(c, d, step, &found);
        if (c->kind != TCP_KIND_SIP && c->kind != TCP_KIND_UNKNOWN)
            return false;
        if (step == SIP_FRAMING_MORE)
            break;
        if (step == SIP_FRAMING_MESSAGE)
            hand_over_kept(c, d, &found);
        tcp_message_drop(&c->message, &d->account, d->paid, found.bytes, segment);
    }
    return true;
}

/* Adds what is worth adding to the message that is kept, and looks again. */
static void frame_more(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                       struct slice *rest, bool begins)
{
    size_t n = sip_framing_wants(&c->framing, c->message.len, *rest, begins);

    if (n == 0) {
        d->counters->refusals[REFUSAL_SIP_RESYNC] += c->framing.place == SIP_FRAMING_BODY;
        give_up(c, d, 0, segment);
        sip_framing_segment(&c->framing);
        c->framing.counted = true;
        return;
    }
    if (!tcp_message_add(&c->message, &d->account, d->paid, segment, slice_of(rest->p, n),
                         c->framing.total)) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        give_up(c, d, 0, segment);
        return;
    }
    *rest = slice_of(rest->p + n, rest->len - n);
    if (!frame_message(c, d, segment) && c->kind == TCP_KIND_OTHER)
        clear_message(c, d, segment);
}

static void take_sip(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                     struct slice *rest, bool begins)
{
    if (c->message.len) {
        frame_more(c, d, segment, rest, begins);
        return;
    }
    if (begins)
        sip_framing_segment(&c->framing);
    frame_segment(c, d, segment, rest);
}

/* unknown */

static bool is_tls(struct slice s)
{
    unsigned type = (unsigned char)s.p[0];

    if (s.len >= 3)
        return type >= 20 && type <= 23 && s.p[1] == 3 && (unsigned char)s.p[2] <= 4;
    /* Too little to be sure, and the beginning of nothing else. */
    return type == 22 && (s.len == 1 || s.p[1] == 3);
}

static void take_unknown(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                         struct slice *rest, bool begins)
{
    bool first = c->segments == 1 && begins;

    if (!c->message.len && begins && (first || c->joined)) {
        if (is_tls(*rest)) {
            turn_to(c, d, TCP_KIND_TLS);
            return;
        }
        if (c->joined && websocket_looks_like_sip(*rest)) {
            turn_to_websocket(c, d, false, segment);
            return;
        }
    }
    take_sip(c, d, segment, rest, begins);
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
        turn_to_other(c, d, segment);
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
        turn_to_websocket(c, d, false, segment);
        break;
    case WEBSOCKET_UPGRADE_SIP:
        turn_to_websocket(c, d, true, segment);
        break;
    case WEBSOCKET_UPGRADE_NONE:
    case WEBSOCKET_UPGRADE_OTHER:
        turn_to_other(c, d, segment);
        break;
    }
}

/* websocket */

static void refuse_websocket(struct tcp_content *c, struct tcp_delivery *d)
{
    d->counters->refusals[REFUSAL_WEBSOCKET_MALFORMED] += !c->ws_refused;
    c->ws_refused = true;
    c->ws_lost = true;
}

/* Is it worth going on? A connection that named no subprotocol may be anybody's. */
static void judge_websocket(struct tcp_content *c, bool is_sip)
{
    if (is_sip)
        c->ws_sip = true;
    else if (c->ws_strange < WS_STRANGE_MAX)
        c->ws_strange++;
}

static void hand_over_websocket(struct tcp_content *c, struct tcp_delivery *d, struct slice payload,
                                size_t missing, const struct tcp_segment *segment)
{
    size_t wire = payload.len + missing;
    bool is_sip = sip_msg_looks_like(payload);

    judge_websocket(c, is_sip);
    if (!is_sip)
        return;
    if (segment)
        tcp_unit_of_segment(d, TRANSPORT_WS, payload, wire, segment);
    else
        tcp_unit_of_message(d, TRANSPORT_WS, &c->message, payload.len, payload.len, wire);
}

static bool add_unmasked(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                         const struct websocket_piece *piece)
{
    size_t at = c->message.len;

    if (!tcp_message_add(&c->message, &d->account, d->paid, segment, piece->payload, 0)) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        c->ws_lost = true;
        return false;
    }
    if (piece->masked)
        websocket_unmask(c->message.bytes + at, piece->payload.len, piece->mask);
    return true;
}

static void take_piece(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                       const struct websocket_piece *piece)
{
    if (piece->begins) {
        clear_message(c, d, segment);
        c->ws_lost = false;
    }
    if (piece->compressed) {
        refuse_websocket(c, d);
    } else if (c->message.len + piece->payload.len > SIP_MSG_MAX_BYTES) {
        if (!c->ws_lost)
            d->counters->refusals[REFUSAL_SIP_TOO_LONG]++;
        c->ws_lost = true;
    }
    if (c->ws_lost) {
        clear_message(c, d, segment);
        return;
    }
    if (piece->begins && piece->ends && !piece->masked) {
        hand_over_websocket(c, d, piece->payload, 0, segment);
        return;
    }
    if (add_unmasked(c, d, segment, piece) && piece->ends && c->message.len)
        hand_over_websocket(c, d, tcp_message_slice(&c->message), 0, NULL);
    if (piece->ends || c->ws_lost)
        clear_message(c, d, segment);
}

static void take_websocket(struct tcp_content *c, struct tcp_delivery *d,
                           struct tcp_segment *segment, struct slice *rest, bool begins)
{
    struct websocket_piece piece;

    if (begins && !c->websocket->in_payload && c->websocket->header_bytes == 0 && is_http(*rest)) {
        clear_message(c, d, segment);
        turn_to(c, d, TCP_KIND_HTTP); /* it was refused; another try */
        return;
    }
    d->more = true;
    switch (websocket_next(c->websocket, rest, &piece)) {
    case WEBSOCKET_PIECE:
        take_piece(c, d, segment, &piece);
        break;
    case WEBSOCKET_MORE:
    case WEBSOCKET_CONTROL:
        break;
    case WEBSOCKET_BAD:
        refuse_websocket(c, d);
        turn_to_other(c, d, segment);
        return;
    }
    if (!c->ws_sip && c->ws_strange == WS_STRANGE_MAX)
        turn_to_other(c, d, segment);
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

/* Of a direction of no interest this segment may begin something else: another upgrade, or the first
 * message of a WebSocket that was silent but for its pings since it was joined. */
static void look_again(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment)
{
    struct slice s = slice_of(segment->p, segment->captured_bytes);

    if (c->http && is_http(s))
        turn_to(c, d, TCP_KIND_HTTP);
    else if (c->joined && websocket_looks_like_sip(s))
        turn_to_websocket(c, d, true, segment);
}

static void count_unknown(struct tcp_content *c, struct tcp_delivery *d,
                          const struct tcp_segment *segment)
{
    bool over = c->segments >= JOINED_SEGMENTS || c->bytes >= JOINED_BYTES;

    if (over && c->joined && !c->sip_port) {
        turn_to_other(c, d, segment);
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
            take_sip(c, d, segment, &rest, begins);
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
    switch ((enum tcp_kind)c->kind) {
    case TCP_KIND_UNKNOWN:
    case TCP_KIND_SIP:
        give_up(c, d, missing, NULL);
        c->joined |= missing > 0;
        break;
    case TCP_KIND_WEBSOCKET:
        if (c->message.len && !c->ws_lost)
            hand_over_websocket(c, d, tcp_message_slice(&c->message), missing ? missing : 1, NULL);
        clear_message(c, d, NULL);
        c->ws_lost = true;
        if (missing && !websocket_skip(c->websocket, missing)) {
            turn_to(c, d, TCP_KIND_UNKNOWN);
            tcp_content_init(c, true, c->sip_port);
        }
        break;
    case TCP_KIND_TLS:
        tcp_tls_end(d->tls, &c->tls, d);
        c->tls_ended = true;
        break;
    case TCP_KIND_HTTP:
        turn_to_other(c, d, NULL);
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
