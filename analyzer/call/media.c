/*
 * media - RTP finds its stream, streams find their call.
 *
 * The usual packet takes one hash and one look-up. The rest goes the long way: the address it goes
 * to (SDP announced it), the address it comes from (symmetric RTP behind NAT), else it is an orphan,
 * kept at its destination until SDP turns up.
 */
#include "analyzer/call/gap_watch.h"
#include "analyzer/call/media_fax.h"
#include "analyzer/call/media_learn.h"
#include "analyzer/call/media_tones.h"
#include "analyzer/call/stream_events.h"
#include "analyzer/call/tracker.h"
#include "analyzer/legs/legs.h"

enum {
    HIGHEST_STATIC_TYPE = 34, /* RFC 3551: above it up to 95 nothing is assigned */
    LOWEST_DYNAMIC_TYPE = 96,
    LOWEST_MEDIA_PORT = 1024,
    STRAYS_IN_A_ROW = 25, /* half a second */
    ORPHAN_ASKS = 32,     /* packets from one question whose a stream is to the next */
    ORPHAN_ASKS_AT = 4,   /* so many prove a stream */
};

static bool same_stream(const void *item, const void *key)
{
    const struct media_stream *s = item;
    const struct stream_key *k = key;

    return s->key.ssrc == k->ssrc && s->key.network == k->network &&
           addr_eq(&s->key.src, &k->src) && addr_eq(&s->key.dst, &k->dst);
}

static uint64_t stream_hash(const struct tracker *t, const struct stream_key *k)
{
    uint8_t bytes[44];

    memcpy(bytes, k->src.ip, 16);
    memcpy(bytes + 16, k->dst.ip, 16);
    memcpy(bytes + 32, &k->src.port, 2);
    memcpy(bytes + 34, &k->dst.port, 2);
    memcpy(bytes + 36, &k->network, 4);
    memcpy(bytes + 40, &k->ssrc, 4);
    return siphash(&t->key, bytes, sizeof bytes);
}

struct media_stream *tracker_find_stream(const struct tracker *t, const struct stream_key *key)
{
    return table_find(&t->streams, stream_hash(t, key), same_stream, key);
}

void tracker_unfile_stream(struct tracker *t, struct media_stream *s)
{
    table_remove(&t->streams, stream_hash(t, &s->key), s);
}

void tracker_forget_stream(struct tracker *t, struct media_stream *s)
{
    media_tones_close(t, s);
    tracker_unfile_stream(t, s);
    if (!s->call) {
        media_map_remove_orphan(&t->media, s);
        t->orphan_count--;
    }
}

/* Does SDP or RFC 3551 leave room for that payload type? Chance finds half of the others. */
static bool may_be_rtp(const struct datagram *d, uint8_t payload_type)
{
    return (payload_type <= HIGHEST_STATIC_TYPE || payload_type >= LOWEST_DYNAMIC_TYPE) &&
           d->src.port >= LOWEST_MEDIA_PORT && d->dst.port >= LOWEST_MEDIA_PORT;
}

static uint8_t direction_from(enum call_side sender)
{
    return sender == SIDE_CALLER ? DIRECTION_CALLER_TO_CALLEE : DIRECTION_CALLEE_TO_CALLER;
}

static uint8_t media_of_static_type(uint8_t payload_type)
{
    const struct sdp_static_payload *fixed = sdp_static_payload(payload_type);

    return fixed && fixed->type == SDP_VIDEO ? MEDIA_VIDEO : MEDIA_AUDIO;
}

/* Which m= line it is: its SSRC may be named; m= lines that share a port have types of their own. */
static uint8_t kind_of(const struct tracker *t, const struct media_stream *s,
                       const struct media_endpoint *e, enum call_side sender,
                       const struct media_format *format)
{
    int named = media_learn_kind(t, e->call, (uint8_t)sender, s->key.ssrc);

    if (named >= 0)
        return (uint8_t)named;
    if (e->several && format->of_media)
        return (uint8_t)(format->of_media - 1);
    /* RTP beside a fax, or on its port before and after it, is sound. */
    return e->media == MEDIA_IMAGE ? MEDIA_AUDIO : e->media;
}

/* The call's stream that this one is the other half of: it comes from where that goes to, or goes to
 * where that comes from, between the same hosts. NULL: none. */
static const struct media_stream *other_half(const struct call *call, const struct media_stream *s)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *o = call->streams[i];

        if ((addr_eq(&o->key.dst, &s->key.src) && addr_ip_eq(&o->key.src, &s->key.dst)) ||
            (addr_eq(&o->key.src, &s->key.dst) && addr_ip_eq(&o->key.dst, &s->key.src)))
            return o;
    }
    return NULL;
}

static enum call_side other_side(enum call_side side)
{
    return side == SIDE_CALLER ? SIDE_CALLEE : SIDE_CALLER;
}

/* Who sends it. Two halves of one conversation are never of one side, whatever the SDP of a relay
 * makes of them that names both of its own ports. */
static enum call_side sender_of(const struct media_stream *s, const struct media_endpoint *e,
                                bool listener)
{
    enum call_side side = (enum call_side)e->side, sender = listener ? other_side(side) : side;
    const struct media_stream *half = other_half(e->call, s);

    return half && half->direction == direction_from(sender) ? other_side(sender) : sender;
}

/* Ties a stream to the call of the endpoint. listener: the endpoint is where it goes to. */
static bool join_call(struct tracker *t, struct media_stream *s, const struct media_endpoint *e,
                      bool listener)
{
    struct call *call = e->call;
    enum call_side sender = sender_of(s, e, listener);
    struct media_format format = media_format_for(e, call->endpoints, s->payload_type);

    if (!call_add_stream(call, s)) {
        tracker_refuse(t, REFUSAL_STREAMS_IN_CALL);
        return false;
    }
    s->call = call;
    s->direction = direction_from(sender);
    s->media = kind_of(t, s, e, sender, &format);
    s->srtp = e->srtp;
    s->proven = true;
    s->tones_want |= TONES_DECIDE;
    media_stream_set_format(s, &format);
    tracker_changed(t, call);
    return true;
}

bool tracker_adopt(struct tracker *t, struct media_stream *s, const struct media_endpoint *e,
                   bool listener)
{
    if (!join_call(t, s, e, listener))
        return false;
    expiry_cancel(&s->expiry);
    media_map_remove_orphan(&t->media, s);
    t->orphan_count--;
    if (t->sink.adopted)
        t->sink.adopted(t->sink.ctx, s->id, e->call->id, &s->keeper);
    media_learn_stream(t, s, listener);
    return true;
}

/* Those of one node. False when the call is full: it would refuse the rest too. */
static bool adopt_from(struct tracker *t, struct media_endpoint *e, struct media_stream *s)
{
    while (s) {
        struct media_stream *next = s->next_orphan;

        if (!tracker_adopt(t, s, e, true))
            return false;
        s = next;
    }
    return true;
}

void tracker_adopt_orphans(struct tracker *t, struct media_endpoint *e)
{
    struct media_node *node = media_map_find(&t->media, &e->addr, e->network);

    /* A node goes with its last orphan. */
    while (adopt_from(t, e, node ? node->orphans : NULL)) {
        node = media_map_orphans_elsewhere(&t->media, &e->addr);
        if (!node)
            return;
    }
}

static struct media_stream *new_stream(struct tracker *t, const struct stream_key *key,
                                       uint8_t payload_type, const struct datagram *d,
                                       const struct media_endpoint *e)
{
    struct media_format format = media_format_for(e, e ? e->call->endpoints : NULL, payload_type);
    struct media_stream *s;

    if (t->streams.used >= t->options.max_streams) {
        tracker_refuse(t, REFUSAL_STREAMS);
        return NULL;
    }
    s = media_stream_new(key, &format, d->time_ns);
    if (!s || table_put(&t->streams, stream_hash(t, key), s) != 0) {
        tracker_refuse(t, REFUSAL_MEMORY);
        media_stream_free(s);
        return NULL;
    }
    s->dscp = d->dscp;
    s->id = tracker_new_id(t, d->time_ns, key->ssrc);
    t->streams_total++;
    return s;
}

static void drop_stream(struct tracker *t, struct media_stream *s)
{
    table_remove(&t->streams, stream_hash(t, &s->key), s);
    media_stream_free(s);
}

static struct media_stream *open_orphan(struct tracker *t, const struct stream_key *key,
                                        const struct rtp_packet *packet, const struct datagram *d)
{
    struct media_stream *s;

    if (!may_be_rtp(d, packet->payload_type))
        return NULL;
    if (t->orphan_count >= t->options.max_orphans) {
        tracker_refuse(t, REFUSAL_STREAMS);
        return NULL;
    }
    s = new_stream(t, key, packet->payload_type, d, NULL);
    if (!s)
        return NULL;
    s->media = media_of_static_type(packet->payload_type);
    if (!media_map_add_orphan(&t->media, s)) {
        tracker_refuse(t, REFUSAL_MEDIA_ADDRESSES);
        drop_stream(t, s);
        return NULL;
    }
    t->orphan_count++;
    expiry_set(&t->orphan_expiry, &s->expiry, d->time_ns + INT64_C(5000000000));
    return s;
}

/* A call that is over has the last claim to an address, what is only guessed the one before. */
static int merit(const struct media_endpoint *e)
{
    return !e ? 0 : media_is_over(e->call) ? 1 : e->weak ? 2 : 3;
}

/* Of who listens and who sends there the better one; the listener among equals. */
static struct media_endpoint *better(struct media_endpoint *to, struct media_endpoint *from,
                                     bool *listener)
{
    *listener = to && merit(to) >= merit(from);
    return *listener ? to : from;
}

/* Who announced the address that it goes to, or comes from: in its own network, or elsewhere.
 * *listener: the one it goes to. */
struct media_endpoint *tracker_find_endpoint(const struct tracker *t, const struct datagram *d,
                                             bool *listener)
{
    struct media_endpoint *to = media_map_endpoint(&t->media, &d->dst, d->network), *from;

    *listener = true;
    if (merit(to) == 3)
        return to;
    from = media_map_endpoint(&t->media, &d->src, d->network);
    if (to || from)
        return better(to, from, listener);
    to = media_map_elsewhere(&t->media, &d->dst, d->network);
    from = to ? NULL : media_map_elsewhere(&t->media, &d->src, d->network);
    return better(to, from, listener);
}

struct media_stream *tracker_open_stream(struct tracker *t, const struct stream_key *key,
                                         uint8_t payload_type, const struct datagram *d,
                                         const struct media_endpoint *e, bool listener)
{
    struct media_stream *s = new_stream(t, key, payload_type, d, e);

    if (s && !join_call(t, s, e, listener)) {
        drop_stream(t, s);
        return NULL;
    }
    if (s)
        media_learn_stream(t, s, listener);
    return s;
}

static struct media_stream *open_stream(struct tracker *t, const struct stream_key *key,
                                        const struct rtp_packet *packet, const struct datagram *d)
{
    bool listener;
    struct media_endpoint *e = tracker_find_endpoint(t, d, &listener);

    return e ? tracker_open_stream(t, key, packet->payload_type, d, e, listener)
             : open_orphan(t, key, packet, d);
}

/* Keys that nobody announced: SDP did not pass the probe, or forgot them. */
static bool looks_like_event(const struct rtp_packet *packet)
{
    const uint8_t *p = (const uint8_t *)packet->payload.p;

    return packet->payload_type >= LOWEST_DYNAMIC_TYPE && packet->payload.len == 4 && p[0] <= 15 &&
           (p[1] & 0x40) == 0;
}

/* A payload type that nobody knows, beside a codec: keys, redundancy, or damage. It is left out of
 * what is timed, until so many came in a row that it must be another codec. */
static bool is_stray(struct media_stream *s, const struct media_format *format)
{
    if (format->codec[0] || !s->format.codec[0])
        return false;
    if (!s->call && format->payload_type >= LOWEST_DYNAMIC_TYPE)
        return true; /* without SDP, most likely an event */
    return ++s->stray_packets < STRAYS_IN_A_ROW;
}

static void follow_format(struct tracker *t, struct media_stream *s,
                          const struct rtp_packet *packet, int64_t time_ns)
{
    struct media_endpoint *e = NULL;
    struct media_format format;

    if (s->call)
        e = media_map_endpoint(&t->media, &s->key.dst, s->key.network);
    if (s->call && !e)
        e = media_map_elsewhere(&t->media, &s->key.dst, s->key.network);
    if (e && e->call != s->call)
        e = NULL;
    format = media_format_for(e, s->call ? s->call->endpoints : NULL, packet->payload_type);
    if (!format.codec[0] && s->format.codec[0] && looks_like_event(packet)) {
        format.is_event = true;
        format.clock_rate_hz = s->format.clock_rate_hz;
    } else if (is_stray(s, &format)) {
        return;
    }
    if (!format.is_red || s->srtp)
        stream_events_codec(s, &format, time_ns, &t->counters);
    media_stream_set_format(s, &format);
}

static bool is_known_type(const struct media_stream *s, uint8_t payload_type)
{
    return payload_type == s->payload_type || payload_type == s->event_payload_type ||
           payload_type == s->noise_payload_type;
}

/* A type that is not the usual one: another format, or redundancy in which one is packed. Says how
 * many older blocks there are. */
static int settle_format(struct tracker *t, struct media_stream *s, struct rtp_packet *packet,
                         int64_t time_ns, struct dtmf_red_block older[DTMF_RED_BLOCKS])
{
    uint8_t followed = MEDIA_NO_PAYLOAD_TYPE;
    int count = 0;

    for (int layer = 0; layer < 2 && count >= 0; layer++) {
        if (count == 0)
            count = media_stream_unpack(s, packet, older, &t->counters);
        if (count < 0 || is_known_type(s, packet->payload_type) || packet->payload_type == followed)
            break;
        followed = packet->payload_type;
        follow_format(t, s, packet, time_ns);
    }
    return count;
}

void tracker_claim_stream(struct media_stream *s, uint32_t plain_bytes, struct claim *claim)
{
    enum claim_kind kind = s->media == MEDIA_VIDEO ? CLAIM_VIDEO : CLAIM_MEDIA;

    if (s->call)
        *claim = (struct claim){ kind, s->call->id, &s->call->keeper, plain_bytes, false, 0 };
    else
        *claim = (struct claim){ kind, s->id, &s->keeper, plain_bytes, true, 0 };
}

/* Behind the header: what of the payload says how it is encoded, and nothing of what. payload: of the
 * packet as it came, of that type. */
static size_t head_bytes(const struct media_stream *s, uint8_t payload_type, struct slice payload)
{
    if (s->srtp)
        return 0;
    if (payload_type == s->red_payload_type)
        return dtmf_red_head_bytes(payload);
    if (payload_type == s->payload_type && s->payload_kind)
        return payload_head_bytes((enum payload_kind)s->payload_kind, payload);
    return 0;
}

uint64_t tracker_look_ahead(const struct tracker *t, const struct datagram *d)
{
    struct bytes b = bytes_of(d->payload.p, d->payload.len);
    struct stream_key key = { d->src, d->dst, d->network, 0 };
    uint64_t hash;

    bytes_u64(&b);
    key.ssrc = bytes_u32(&b);
    hash = stream_hash(t, &key);
    table_prefetch(&t->streams, hash);
    return hash;
}

void tracker_look_closer(const struct tracker *t, uint64_t hash)
{
    const struct media_stream *s = table_guess(&t->streams, hash);

    if (s)
        media_stream_prefetch(s);
}

void tracker_look_through(const struct tracker *t, uint64_t hash)
{
    const struct media_stream *s = table_guess(&t->streams, hash);

    if (s)
        media_stream_prefetch_through(s);
}

/* Sound that another leg may carry as well. */
static void take_print(struct tracker *t, const struct media_stream *s,
                       const struct rtp_packet *packet, int64_t time_ns)
{
    uint64_t print;

    if (!s->call || s->srtp || s->media != MEDIA_AUDIO || packet->payload_type != s->payload_type)
        return;
    print = legs_print(packet->payload.p, packet->payload.len);
    if (print)
        legs_sound(t->legs, s->call->id, s->id, print, time_ns);
}

void tracker_note_damage(struct tracker *t, struct media_stream *s, uint32_t missing, bool cut,
                         int64_t time_ns)
{
    if (!s->call)
        return;
    s->call->media.cut |= cut;
    if (missing && !s->foreign)
        gap_watch_lost(&t->gaps, s->call, &s->key.src, &s->key.dst, missing, time_ns);
}

enum packet_bin tracker_rtp(struct tracker *t, const struct datagram *d, struct claim *claim)
{
    struct stream_key key;
    struct rtp_packet packet, came;
    struct media_stream *s;
    struct dtmf_red_block older[DTMF_RED_BLOCKS];
    int older_count = 0;
    uint32_t missing;
    uint64_t hash;

    if (rtp_packet_parse(&packet, d->payload, d->wire_bytes) != RTP_PARSE_OK) {
        if (media_fax_packet(t, d, claim) == FAX_TAKEN)
            return BIN_T38;
        /* Where nobody announced media it only began like RTP. */
        if (!tracker_claim_media(t, d, claim))
            return BIN_UDP_OTHER;
        claim->plain_bytes = RTP_HEADER_BYTES;
        return BIN_RTP_MALFORMED;
    }
    came = packet;
    key = (struct stream_key){ d->src, d->dst, d->network, packet.ssrc };
    hash = d->stream_hash ? d->stream_hash : stream_hash(t, &key);
    s = table_find(&t->streams, hash, same_stream, &key);
    if (!s) {
        if (media_fax_packet(t, d, claim) == FAX_TAKEN)
            return BIN_T38;
        s = open_stream(t, &key, &packet, d);
        if (!s)
            return BIN_UDP_OTHER;
    }
    if (!is_known_type(s, packet.payload_type)) {
        if (s->fax)
            return media_fax_packet(t, d, claim) == FAX_TAKEN ? BIN_T38 : BIN_UDP_OTHER;
        older_count = settle_format(t, s, &packet, d->time_ns, older);
    }
    if (d->dscp != s->dscp) {
        stream_events_dscp(s, d->dscp, d->time_ns, &t->counters);
        s->dscp = d->dscp;
    }
    tracker_claim_stream(s,
                         (uint32_t)((size_t)(came.payload.p - d->payload.p) +
                                    head_bytes(s, came.payload_type, came.payload)),
                         claim);
    if (s->event_payload_type != MEDIA_NO_PAYLOAD_TYPE && !s->srtp &&
        (older_count > 0 || packet.payload_type == s->event_payload_type))
        claim->key_type = s->event_payload_type;
    __builtin_prefetch(*claim->keeper); /* whoever claims packets wants it next */
    missing = media_stream_packet(s, &packet, d->time_ns, &t->counters);
    if (missing || packet.cut)
        tracker_note_damage(t, s, missing, packet.cut, d->time_ns);
    take_print(t, s, &packet, d->time_ns);
    if (older_count > 0)
        media_stream_hear_again(s, older, older_count, packet.timestamp, d->time_ns, &t->counters);
    media_tones_packet(t, s, &packet, d->time_ns);
    if (!s->call && s->rtp.packets % ORPHAN_ASKS == ORPHAN_ASKS_AT && s->proven)
        media_learn_orphan(t, s);
    return s->proven ? BIN_RTP : BIN_RTP_UNPROVEN;
}

bool tracker_claim_media(struct tracker *t, const struct datagram *d, struct claim *claim)
{
    bool listener;
    struct media_endpoint *e = tracker_find_endpoint(t, d, &listener);

    if (!e)
        return false;
    *claim = (struct claim){ CLAIM_MEDIA, e->call->id, &e->call->keeper, 0, false, 0 };
    return true;
}
