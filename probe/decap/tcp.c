#include "probe/decap/tcp.h"

#include "analyzer/base/bytes.h"
#include "analyzer/base/serial.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "probe/decap/tcp_stream.h"
#include "probe/decap/tcp_tls.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    HEADER_BYTES = 20,
    /* A SIP client keeps its connection alive every 120 s at the least (RFC 5626 §4.4.1): five of
     * them missing. What carries nothing of ours is known again by its next segment. */
    OURS_IDLE_S = 600,
    OTHERS_IDLE_S = 120,
    /* A SYN that comes late, or again, lies that little behind. */
    SYN_BEHIND_MAX = 64 << 10,
};

/* Streams in the order in which they were heard last. */
struct stream_list {
    struct tcp_stream *oldest, *newest;
};

struct tcp {
    struct tcp_account account;
    struct held_budget budget;
    struct counters *counters;
    struct siphash_key key;
    struct table streams;
    /* [true]: those that carry something of ours. A flood of SYNs does not push them out. */
    struct stream_list lists[2];
    struct expiry waiting;
    struct tcp_tls *tls;
    struct tcp_stats stats;
    uint64_t order;
    const struct held_frame **parts; /* of the unit at hand */
    size_t part_room;
};

struct stream_key {
    struct addr src, dst;
    uint32_t network;
};

struct header {
    uint16_t src_port, dst_port;
    uint32_t seq;
    uint8_t flags;
};

static uint64_t hash_of(const struct tcp *t, const struct stream_key *k)
{
    uint8_t bytes[40];

    memcpy(bytes, k->src.ip, 16);
    memcpy(bytes + 16, k->dst.ip, 16);
    memcpy(bytes + 32, &k->src.port, 2);
    memcpy(bytes + 34, &k->dst.port, 2);
    memcpy(bytes + 36, &k->network, 4);
    return siphash(&t->key, bytes, sizeof bytes);
}

static bool same_stream(const void *item, const void *key)
{
    const struct tcp_stream *s = item;
    const struct stream_key *k = key;

    return s->network == k->network && addr_eq(&s->src, &k->src) && addr_eq(&s->dst, &k->dst);
}

static void unlist(struct tcp *t, struct tcp_stream *s)
{
    struct stream_list *list = &t->lists[s->ours];

    *(s->older ? &s->older->newer : &list->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &list->newest) = s->older;
    s->newer = s->older = NULL;
}

static void enlist(struct tcp *t, struct tcp_stream *s, bool ours)
{
    struct stream_list *list = &t->lists[ours];

    s->ours = ours;
    s->older = list->newest;
    s->newer = NULL;
    *(s->older ? &s->older->newer : &list->oldest) = s;
    list->newest = s;
}

static struct tcp_delivery delivery_to(struct tcp *t, decap_fn fn, void *ctx)
{
    return (struct tcp_delivery){ .fn = fn,
                                  .ctx = ctx,
                                  .counters = t->counters,
                                  .account = t->account,
                                  .tls = t->tls,
                                  .parts = t->parts,
                                  .part_room = t->part_room };
}

static void aim(struct tcp_delivery *d, struct tcp_stream *s)
{
    d->src = &s->src;
    d->dst = &s->dst;
    d->network = s->network;
    d->paid = &s->paid;
}

static void delivery_done(struct tcp *t, const struct tcp_delivery *d)
{
    t->parts = d->parts;
    t->part_room = d->part_room;
}

/* What waits in it is handed over. */
static void close_stream(struct tcp *t, struct tcp_stream *s, decap_fn fn, void *ctx)
{
    struct tcp_delivery d = delivery_to(t, fn, ctx);

    aim(&d, s);
    if (fn && !s->ended)
        tcp_stream_end(s, &d);
    tcp_stream_drop(s, &d);
    delivery_done(t, &d);
    unlist(t, s);
    table_remove(&t->streams, s->hash, s);
    free(s);
    t->stats.streams--;
}

static struct tcp_stream *open_stream(struct tcp *t, const struct stream_key *key, uint64_t hash,
                                      decap_fn fn, void *ctx)
{
    struct tcp_stream *s;

    if (t->streams.used >= t->streams.max_items) {
        s = t->lists[false].oldest ? t->lists[false].oldest : t->lists[true].oldest;
        t->counters->refusals[REFUSAL_TCP_STREAMS]++;
        if (!s)
            return NULL;
        close_stream(t, s, fn, ctx);
    }
    s = calloc(1, sizeof *s);
    if (!s || table_put(&t->streams, hash, s) != 0) {
        t->counters->refusals[REFUSAL_MEMORY]++;
        free(s);
        return NULL;
    }
    s->hash = hash;
    s->src = key->src;
    s->dst = key->dst;
    s->network = key->network;
    s->gaps = &t->stats.gaps;
    enlist(t, s, false);
    t->stats.streams++;
    return s;
}

int tcp_new(struct tcp **tp, const struct decap_options *options, struct certificates *certificates,
            struct counters *counters)
{
    struct tcp *t = calloc(1, sizeof *t);
    int err;

    if (!t)
        return -ENOMEM;
    t->budget.max_bytes = options->tcp_bytes_max;
    t->account = (struct tcp_account){ &t->budget, options->tcp_stream_bytes_max };
    t->counters = counters;
    t->key = (struct siphash_key){ { options->hash_key[0], options->hash_key[1] } };
    expiry_init(&t->waiting);
    err = table_init(&t->streams, options->tcp_streams_max);
    if (err)
        goto no_table;
    err = tcp_tls_new(&t->tls, options->hash_key, certificates);
    if (err)
        goto no_tls;
    *tp = t;
    return 0;

no_tls:
    table_fini(&t->streams);
no_table:
    free(t);
    return err;
}

static void close_all(struct tcp *t, decap_fn fn, void *ctx)
{
    for (int ours = 0; ours < 2; ours++) {
        while (t->lists[ours].oldest)
            close_stream(t, t->lists[ours].oldest, fn, ctx);
    }
}

void tcp_free(struct tcp *t)
{
    if (!t)
        return;
    close_all(t, NULL, NULL);
    tcp_tls_free(t->tls);
    table_fini(&t->streams);
    free(t->parts);
    free(t);
}

/* False: it is cut, or lies about its length. */
static bool read_header(struct tcp *t, const struct frame *frame, const struct tcp_packet *packet,
                        struct header *h, struct tcp_segment *payload)
{
    struct bytes b = bytes_of(packet->p, packet->captured_bytes);
    size_t header_bytes, captured;

    h->src_port = bytes_u16(&b);
    h->dst_port = bytes_u16(&b);
    h->seq = bytes_u32(&b);
    bytes_take(&b, 4);
    header_bytes = (size_t)(bytes_u8(&b) >> 4) * 4;
    h->flags = bytes_u8(&b);
    bytes_take(&b, 6);
    if (!bytes_ok(&b) || header_bytes < HEADER_BYTES || header_bytes > packet->wire_bytes)
        return false;
    captured = packet->captured_bytes > header_bytes ? packet->captured_bytes - header_bytes : 0;
    *payload = (struct tcp_segment){
        .p = captured ? packet->p + header_bytes : packet->p,
        .captured_bytes = (uint32_t)captured,
        .wire_bytes = (uint32_t)(packet->wire_bytes - header_bytes),
        .seq = h->seq + (h->flags & TCP_SYN ? 1 : 0),
        .order = ++t->order,
        .time_ns = frame->time_ns,
        .path = *packet->path,
        .dscp = packet->dscp,
        .begins = true,
    };
    return true;
}

static struct stream_key key_of(const struct tcp_packet *packet, const struct header *h)
{
    struct stream_key key = { .network = packet->network };

    if (packet->is_v6) {
        key.src = addr_v6(packet->src_ip, h->src_port);
        key.dst = addr_v6(packet->dst_ip, h->dst_port);
    } else {
        key.src = addr_v4(packet->src_ip, h->src_port);
        key.dst = addr_v4(packet->dst_ip, h->dst_port);
    }
    return key;
}

static void take_syn(struct tcp_stream *s, struct tcp_delivery *d, uint32_t seq)
{
    int64_t behind = serial32_diff(seq + 1, s->next);

    if (s->begun && !s->ended && behind >= 0 && behind <= SYN_BEHIND_MAX)
        return;
    if (s->begun && !s->ended)
        tcp_stream_end(s, d);
    tcp_stream_begin(s, d, seq, true);
}

static bool is_ours(const struct tcp_stream *s)
{
    switch ((enum tcp_kind)s->content.kind) {
    case TCP_KIND_SIP:
    case TCP_KIND_WEBSOCKET:
        return !s->ended;
    default:
        return false;
    }
}

/* The packet's flags and payload, in the order in which they count. */
static void take_packet(struct tcp *t, struct tcp_stream *s, struct tcp_delivery *d,
                        const struct header *h, struct tcp_segment *payload)
{
    uint32_t end = payload->seq + payload->wire_bytes;

    if (h->flags & TCP_SYN)
        take_syn(s, d, h->seq);
    if (payload->wire_bytes)
        tcp_stream_add(s, d, payload);
    if (h->flags & TCP_RST)
        tcp_stream_end(s, d);
    else if (h->flags & TCP_FIN && s->begun)
        tcp_stream_fin(s, d, end);
    if (!tcp_message_settle(&s->content.message, &d->account, d->paid, d->frame, d->packet))
        t->counters->refusals[REFUSAL_TCP_BYTES]++;
}

static void watch(struct tcp *t, struct tcp_stream *s)
{
    int64_t deadline = tcp_stream_deadline(s);

    if (deadline != INT64_MAX)
        expiry_set(&t->waiting, &s->wait, deadline);
}

enum packet_bin tcp_add(struct tcp *t, const struct frame *frame, const struct tcp_packet *packet,
                        decap_fn fn, void *ctx)
{
    struct tcp_delivery d;
    struct tcp_stream *s;
    struct stream_key key;
    struct tcp_segment payload;
    struct header h;
    bool has_payload;
    uint64_t hash;

    if (!read_header(t, frame, packet, &h, &payload))
        return BIN_TCP_MALFORMED;
    has_payload = payload.wire_bytes > 0;
    if (!has_payload && !(h.flags & (TCP_SYN | TCP_FIN | TCP_RST)))
        return BIN_TCP;
    key = key_of(packet, &h);
    hash = hash_of(t, &key);
    s = table_find(&t->streams, hash, same_stream, &key);
    if (!s && (h.flags & TCP_RST || (!has_payload && !(h.flags & TCP_SYN))))
        return BIN_TCP;
    if (!s && !(s = open_stream(t, &key, hash, fn, ctx)))
        return BIN_TCP;
    s->last_ns = frame->time_ns;
    d = delivery_to(t, fn, ctx);
    aim(&d, s);
    d.frame = frame;
    d.packet = packet;
    d.order = payload.order;
    take_packet(t, s, &d, &h, &payload);
    delivery_done(t, &d);
    watch(t, s);
    unlist(t, s);
    enlist(t, s, is_ours(s));
    if (d.handed)
        return BIN_COUNT;
    if (!has_payload)
        return BIN_TCP;
    return s->queue && s->content.kind == TCP_KIND_UNKNOWN ? BIN_TCP_SEGMENT
                                                           : tcp_content_bin(&s->content, &d);
}

static void expire_idle(struct tcp *t, bool ours, int64_t before_ns, decap_fn fn, void *ctx)
{
    struct tcp_stream *s;

    while ((s = t->lists[ours].oldest) != NULL && s->last_ns < before_ns)
        close_stream(t, s, fn, ctx);
}

void tcp_tick(struct tcp *t, int64_t now_ns, decap_fn fn, void *ctx)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&t->waiting, now_ns)) != NULL) {
        struct tcp_stream *s =
            (struct tcp_stream *)(void *)((char *)link - offsetof(struct tcp_stream, wait));
        struct tcp_delivery d = delivery_to(t, fn, ctx);

        aim(&d, s);
        tcp_stream_expire(s, &d, now_ns);
        delivery_done(t, &d);
        watch(t, s);
    }
    expire_idle(t, false, now_ns - OTHERS_IDLE_S * NS_PER_S, fn, ctx);
    expire_idle(t, true, now_ns - OURS_IDLE_S * NS_PER_S, fn, ctx);
    tcp_tls_tick(t->tls, now_ns);
}

void tcp_finish(struct tcp *t, decap_fn fn, void *ctx)
{
    close_all(t, fn, ctx);
}

const struct tcp_stats *tcp_stats(struct tcp *t)
{
    t->stats.waiting_bytes = t->budget.used_bytes;
    return &t->stats;
}
