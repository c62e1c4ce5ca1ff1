/*
 * SIP datagrams made streams: each pair of addresses becomes a TCP connection, what the two said to
 * each other its bytes, as they are or as WebSocket frames. Everything else stays what it was.
 *
 * A message that waits for company (several) is sent when the next one comes too late for it, or
 * the other side answers; its time is then that of the last one. Between messages of a direction
 * there may be CRLF, as RFC 5626 §3.5.1 has it.
 */
#include "tests/support/flow.h"
#include "tests/support/rewrap_put.h"
#include "tests/support/rewrap_tcp.h"
#include "tests/support/rewrap_websocket.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    UDP_BYTES = 8,
    BUCKETS = 1 << 14,
    NS_PER_US = 1000,
    TAIL_BYTES = 60,      /* of a message that began before the capture did */
    OPEN_NS = 6000000,    /* the handshake before the first message */
    UPGRADE_NS = 2000000, /* request and answer, likewise */
    PROBE_NS = 10000,
    PORT_FIRST = 1024, /* of connections that have a port of their own */
};

struct connection {
    struct connection *next_in_bucket, *next;
    struct addr client, server; /* as in the datagrams; the client spoke first */
    uint64_t call;              /* 0: all calls share it */
    bool spoke[2];
    struct rewrap_tcp tcp;
};

struct streamer {
    struct rewrap *r;
    struct rewrap_frames out;
    struct rewrap_tcp_options tcp;
    struct rewrap_websocket_options websocket;
    bool is_websocket, per_call;
    uint64_t keepalive;
    int64_t wait_ns;
    struct connection *buckets[BUCKETS];
    struct connection *first, **last; /* in the order of their beginnings */
    unsigned connections;
    struct strbuf bytes; /* scratch */
};

/* Where a message of a frame lies; false when there is none. */
static bool find_message(const struct rewrap *r, const struct rewrap_frame *frame,
                         struct rewrap_ip *ip, struct addr *src, struct addr *dst,
                         struct slice *message)
{
    struct slice line;
    const uint8_t *udp;
    size_t end;

    if (!rewrap_ip_find(r->frames.link_type, frame, ip) || ip->is_fragment ||
        ip->protocol != FLOW_UDP || ip->end > frame->len || ip->end < ip->payload_at + UDP_BYTES)
        return false;
    udp = frame->p + ip->payload_at;
    *src = ip->src;
    *dst = ip->dst;
    src->port = (uint16_t)get16(udp);
    dst->port = (uint16_t)get16(udp + 2);
    *message = slice_of(udp + UDP_BYTES, ip->end - ip->payload_at - UDP_BYTES);
    end = slice_find(*message, '\n');
    line = slice_of(message->p, end);
    if (slice_starts_with(line, SLICE("SIP/2.0 ")))
        return true;
    return end > 10 && end < message->len && memcmp(line.p + end - 9, " SIP/2.0\r", 9) == 0;
}

/* Behind the first `text`; NULL when it is not there. */
static const char *find_behind(struct slice s, struct slice text)
{
    for (size_t i = 0; i + text.len <= s.len; i++) {
        if (memcmp(s.p + i, text.p, text.len) == 0)
            return s.p + i + text.len;
    }
    return NULL;
}

/* A number of the call, by its Call-ID line. */
static uint64_t call_of(struct slice message)
{
    const char *p = find_behind(message, SLICE("\r\nCall-ID: "));
    uint64_t hash = 1;

    for (; p && p < message.p + message.len && *p != '\r'; p++)
        hash = rng_mix(hash + (uint8_t)*p);
    return hash;
}

/* The same for both directions. */
static size_t bucket_of(const struct addr *a, const struct addr *b, uint64_t call)
{
    uint64_t sum = rng_mix(call);

    for (int i = 0; i < 2; i++) {
        const struct addr *side = i ? a : b;
        uint64_t low, high;

        memcpy(&high, side->ip, 8);
        memcpy(&low, side->ip + 8, 8);
        sum += rng_mix(high ^ rng_mix(low ^ rng_mix(side->port)));
    }
    return sum % BUCKETS;
}

static struct connection *find_connection(struct streamer *s, const struct addr *a,
                                          const struct addr *b, uint64_t call)
{
    struct connection *c = s->buckets[bucket_of(a, b, call)];

    while (c && (c->call != call || !((addr_eq(&c->client, a) && addr_eq(&c->server, b)) ||
                                      (addr_eq(&c->client, b) && addr_eq(&c->server, a)))))
        c = c->next_in_bucket;
    return c;
}

static struct connection *add_connection(struct streamer *s, const struct rewrap_frame *frame,
                                         const struct rewrap_ip *ip, const struct addr *src,
                                         const struct addr *dst, uint64_t call)
{
    struct connection *c = calloc(1, sizeof *c);
    size_t bucket = bucket_of(src, dst, call);
    struct addr local = *src;
    int64_t time_ns = frame->time_ns - OPEN_NS;

    if (!c)
        rewrap_die(EX_OSERR, "no memory");
    if (s->per_call)
        local.port = (uint16_t)(PORT_FIRST + s->connections % (UINT16_MAX - PORT_FIRST));
    s->connections++;
    *c = (struct connection){
        .next_in_bucket = s->buckets[bucket], .client = *src, .server = *dst, .call = call
    };
    c->tcp = (struct rewrap_tcp){ .options = &s->tcp, .r = s->r, .out = &s->out };
    s->buckets[bucket] = c;
    *s->last = c;
    s->last = &c->next;
    rewrap_tcp_init(&c->tcp, frame, ip, &local, dst);
    rewrap_tcp_open(&c->tcp, time_ns);
    if (s->is_websocket && !s->tcp.mid_stream) {
        rewrap_tcp_send(&c->tcp, 0, time_ns + UPGRADE_NS, rewrap_websocket_request,
                        strlen(rewrap_websocket_request));
        rewrap_tcp_send(&c->tcp, 1, time_ns + 2LL * UPGRADE_NS, rewrap_websocket_answer,
                        strlen(rewrap_websocket_answer));
    }
    return c;
}

/* What waits on a side leaves, at the time of its last message. */
static void flush(struct streamer *s, struct connection *c, int side)
{
    struct rewrap_tcp_side *from = &c->tcp.sides[side];

    if (!from->waiting.len)
        return;
    if (from->waiting_messages > 1)
        s->r->shared_segments++;
    c->tcp.origin = from->waiting_origin;
    rewrap_tcp_send(&c->tcp, side, from->waiting_ns, from->waiting.p, from->waiting.len);
    c->tcp.origin = 0;
    strbuf_reset(&from->waiting);
    from->waiting_messages = 0;
}

/* "SIP/2.0/UDP" of the Via becomes what carries it now. */
static void add_message(struct streamer *s, struct strbuf *out, struct slice message)
{
    const char *behind = find_behind(message, SLICE("\r\nVia: SIP/2.0/UDP "));
    size_t head = behind ? (size_t)(behind - message.p) : 0;

    if (behind) {
        strbuf_add(out, message.p, head - 4);
        strbuf_add_text(out, s->is_websocket ? "WS " : "TCP ");
    }
    strbuf_add(out, message.p + head, message.len - head);
}

static void add_frames(struct streamer *s, struct rewrap_tcp_side *from, int side,
                       struct slice message)
{
    strbuf_reset(&s->bytes);
    add_message(s, &s->bytes, message);
    if (s->is_websocket) {
        rewrap_websocket_add(&from->waiting, &s->websocket, &s->r->rng, side == 0, s->bytes.p,
                             s->bytes.len);
        return;
    }
    if (rng_chance(&s->r->rng, s->keepalive))
        strbuf_add_text(&from->waiting, "\r\n\r\n");
    strbuf_add_slice(&from->waiting, strbuf_slice(&s->bytes));
}

static void take_message(struct streamer *s, const struct rewrap_frame *frame,
                         const struct rewrap_ip *ip, const struct addr *src, const struct addr *dst,
                         struct slice message)
{
    uint64_t call = s->per_call ? call_of(message) : 0;
    struct connection *c = find_connection(s, src, dst, call);
    struct rewrap_tcp_side *from;
    int side;

    if (!c)
        c = add_connection(s, frame, ip, src, dst, call);
    side = !addr_eq(src, &c->client);
    from = &c->tcp.sides[side];
    flush(s, c, !side);
    if (from->waiting.len && frame->time_ns - from->waiting_since_ns > s->wait_ns)
        flush(s, c, side);
    if (!from->waiting.len && c->spoke[side] && rng_chance(&s->r->rng, s->keepalive))
        rewrap_tcp_probe(&c->tcp, side, frame->time_ns - PROBE_NS);
    if (!c->spoke[side] && s->tcp.mid_stream && message.len > TAIL_BYTES)
        strbuf_add(&from->waiting, message.p + message.len - TAIL_BYTES, TAIL_BYTES);
    c->spoke[side] = true;
    add_frames(s, from, side, message);
    if (!from->waiting_messages)
        from->waiting_since_ns = frame->time_ns;
    from->waiting_ns = frame->time_ns;
    from->waiting_origin = frame->origin;
    from->waiting_messages++;
    if (s->wait_ns == 0)
        flush(s, c, side);
}

static void finish(struct streamer *s)
{
    while (s->first) {
        struct connection *c = s->first;

        s->first = c->next;
        flush(s, c, 0);
        flush(s, c, 1);
        rewrap_tcp_close(&c->tcp);
        rewrap_tcp_fini(&c->tcp);
        free(c);
    }
    strbuf_fini(&s->bytes);
}

static void read_options(struct streamer *s, const struct rewrap_args *args)
{
    int64_t sizes[2] = { 1400, 1400 };

    s->is_websocket = strcmp(args->name, "ws") == 0;
    if (rewrap_args_has(args, "segment") &&
        rewrap_args_numbers(args, "segment", '-', 1, UINT16_MAX - 200, sizes, 2) == 1)
        sizes[1] = sizes[0];
    s->tcp = (struct rewrap_tcp_options){
        .segment_min = (size_t)sizes[0],
        .segment_max = (size_t)sizes[1],
        .reorder = rewrap_args_chance(args, "reorder"),
        .repeat = rewrap_args_chance(args, "repeat"),
        .overlap = rewrap_args_chance(args, "overlap"),
        .lose_every = rewrap_args_number(args, "lose", 1, INT32_MAX, 0),
        .mid_stream = rewrap_args_has(args, "mid-stream"),
    };
    s->keepalive = rewrap_args_chance(args, "keepalive");
    s->wait_ns = rewrap_args_number(args, "several", 0, INT32_MAX, 0) * NS_PER_US;
    s->per_call = rewrap_args_has(args, "per-call");
    s->websocket = (struct rewrap_websocket_options){
        .binary = rewrap_args_has(args, "binary"),
        .continuation = rewrap_args_chance(args, "continuation"),
        .ping = rewrap_args_chance(args, "ping"),
    };
    if (sizes[0] > sizes[1])
        rewrap_die(EX_USAGE, "segment=%s: the first is larger", rewrap_args_text(args, "segment"));
}

void rewrap_step_stream(struct rewrap *r, const struct rewrap_args *args)
{
    struct streamer *s = calloc(1, sizeof *s);

    if (!s)
        rewrap_die(EX_OSERR, "no memory");
    s->r = r;
    s->out.link_type = r->frames.link_type;
    s->last = &s->first;
    read_options(s, args);
    for (size_t i = 0; i < r->frames.count; i++) {
        struct rewrap_frame *frame = &r->frames.all[i];
        struct slice message;
        struct rewrap_ip ip;
        struct addr src, dst;

        if (find_message(r, frame, &ip, &src, &dst, &message))
            take_message(s, frame, &ip, &src, &dst, message);
        else
            rewrap_frames_move(&s->out, frame);
    }
    finish(s);
    rewrap_frames_fini(&r->frames);
    r->frames = s->out;
    free(s);
    rewrap_frames_sort(&r->frames);
}
