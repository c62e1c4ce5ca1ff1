/*
 * media_rtcp - RTCP finds the streams that it speaks of.
 *
 * It goes to the RTP port (RFC 5761), to one that a=rtcp names, or to the port above RTP's; what a
 * call's RTCP says is about streams of that call alone.
 */
#include "analyzer/call/media_fax.h"
#include "analyzer/call/stream_reports.h"
#include "analyzer/call/tracker.h"

/* The streams of which an RTCP datagram may speak: those of its call, or those that nobody announced
 * between the same two addresses. */
struct rtcp_scene {
    struct tracker *t;
    const struct datagram *d;
    struct call *call;
};

/* RTCP's port is RTP's (RFC 5761), or the one above (RFC 3550 §11). */
static bool port_fits(uint16_t rtp, uint16_t rtcp)
{
    return rtcp == rtp || rtcp == (uint16_t)(rtp + 1);
}

/* How well the ends of a stream fit. The host counts more than the port, which may be any (a=rtcp). */
static int fit(const struct media_stream *s, const struct addr *from, const struct addr *to)
{
    return 4 * addr_ip_eq(&s->key.src, from) + 4 * addr_ip_eq(&s->key.dst, to) +
           port_fits(s->key.src.port, from->port) + port_fits(s->key.dst.port, to->port);
}

/* A call may have several streams of one SSRC: both legs of a relay, or one that moved to another
 * port. The one between these ends, and of equals the one that was heard last. */
static struct media_stream *stream_of_call(const struct call *call, uint32_t ssrc,
                                           const struct addr *from, const struct addr *to)
{
    struct media_stream *best = NULL;
    int best_fit = -1;

    for (uint8_t i = 0; i < call->stream_count; i++) {
        struct media_stream *s = call->streams[i];
        int fits;

        if (s->key.ssrc != ssrc || s->foreign)
            continue;
        fits = fit(s, from, to);
        if (fits < fit(s, to, from))
            continue; /* the other way: some report on themselves */
        if (fits > best_fit || (fits == best_fit && s->rtp.last_time_ns > best->rtp.last_time_ns)) {
            best = s;
            best_fit = fits;
        }
    }
    return best;
}

static struct media_stream *stream_between(const struct rtcp_scene *scene, uint32_t ssrc,
                                           const struct addr *from, const struct addr *to)
{
    struct stream_key key = { *from, *to, scene->d->network, ssrc };
    struct media_stream *s;

    if (scene->call)
        return stream_of_call(scene->call, ssrc, from, to);
    s = tracker_find_stream(scene->t, &key);
    if (s)
        return s;
    key.src.port--;
    key.dst.port--;
    return tracker_find_stream(scene->t, &key);
}

/* The stream that the sender of this datagram sends, and one that it hears. */
static struct media_stream *sent_stream(const struct rtcp_scene *scene, uint32_t ssrc)
{
    return stream_between(scene, ssrc, &scene->d->src, &scene->d->dst);
}

static struct media_stream *heard_stream(const struct rtcp_scene *scene, uint32_t ssrc)
{
    return stream_between(scene, ssrc, &scene->d->dst, &scene->d->src);
}

static void told(const struct rtcp_scene *scene, bool kept)
{
    if (!kept)
        tracker_refuse(scene->t, REFUSAL_MEMORY);
}

/* by_ssrc repeated a time of this stream: that measures the way to by_ssrc, who hears this stream and
 * sends another. */
static void measured(const struct rtcp_scene *scene, struct media_stream *heard, uint32_t by_ssrc,
                     double rtt_ms)
{
    struct media_stream *own = sent_stream(scene, by_ssrc);

    if (heard)
        told(scene, stream_reports_receiver_rtt(heard, rtt_ms));
    if (own)
        told(scene, stream_reports_sender_rtt(own, rtt_ms));
}

/* The side of the call that sends this datagram; −1: cannot be told. */
static int side_of_sender(const struct rtcp_scene *scene, uint32_t by_ssrc)
{
    const struct media_stream *own = sent_stream(scene, by_ssrc);
    const struct addr *src = &scene->d->src;
    int side = -1;

    if (own && own->direction != DIRECTION_UNKNOWN)
        return own->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;
    for (const struct media_endpoint *e = scene->call->endpoints; e; e = e->next_in_call) {
        if (e->unplaced || !addr_ip_eq(&e->addr, src))
            continue;
        if (port_fits(e->addr.port, src->port))
            return e->side;
        side = side < 0 || side == e->side ? e->side : 2; /* both at one host: by the port alone */
    }
    return side == 2 ? -1 : side;
}

static bool is_seen(const struct call *call, uint32_t ssrc)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        if (call->streams[i]->key.ssrc == ssrc)
            return true;
    }
    return false;
}

/* What a receiver says that it hears proves that it exists, whether the probe sees it or not. A block
 * without a number (highest_seq 0), or with all of it lost, is of a stream that never came. */
static void note_listener(const struct rtcp_scene *scene, const struct rtcp_packet *p,
                          uint32_t by_ssrc)
{
    struct rtcp_iter blocks = rtcp_report_blocks(p);
    uint8_t word = LISTENER_HEARS_NOTHING;
    struct rtcp_report_block block;
    int side;

    if (!scene->call || scene->call->answer_time == RECORD_NONE)
        return;
    side = side_of_sender(scene, by_ssrc);
    while (side >= 0 && rtcp_report_block_next(&blocks, &block)) {
        if (block.highest_seq == 0 || block.fraction_lost == UINT8_MAX)
            continue;
        if (!is_seen(scene->call, block.ssrc))
            word = LISTENER_HEARS_UNSEEN;
        else if (word == LISTENER_HEARS_NOTHING)
            word = LISTENER_HEARS_SEEN;
    }
    if (side >= 0 && word > scene->call->media.listener[side])
        scene->call->media.listener[side] = word;
}

static void take_report(const struct rtcp_scene *scene, const struct rtcp_packet *p)
{
    int64_t time_ns = scene->d->time_ns;
    struct rtcp_iter blocks = rtcp_report_blocks(p);
    struct rtcp_report_block block;
    struct rtcp_sender_info info;
    struct media_stream *s;
    uint32_t by_ssrc;
    double rtt_ms;

    if (rtcp_sender_info(p, &info) && (s = sent_stream(scene, info.ssrc)) != NULL)
        told(scene, stream_reports_sent(s, &info, time_ns));
    if (!rtcp_sender_ssrc(p, &by_ssrc))
        return;
    note_listener(scene, p, by_ssrc);
    while (rtcp_report_block_next(&blocks, &block)) {
        s = heard_stream(scene, block.ssrc);
        if (!s)
            continue;
        told(scene, stream_reports_block(s, &block, by_ssrc));
        if (stream_reports_echo_of_sender(s, block.lsr, block.dlsr, time_ns, &rtt_ms))
            measured(scene, s, by_ssrc, rtt_ms);
    }
}

/* The receiver's time: kept with the stream that it sends, or with those that it hears. */
static void take_time(const struct rtcp_scene *scene, uint32_t by_ssrc, uint64_t ntp)
{
    struct media_stream *own = sent_stream(scene, by_ssrc);
    const struct datagram *d = scene->d;

    if (own) {
        told(scene, stream_reports_sender_time(own, ntp, d->time_ns));
        return;
    }
    for (uint8_t i = 0; scene->call && i < scene->call->stream_count; i++) {
        struct media_stream *s = scene->call->streams[i];

        if (addr_ip_eq(&s->key.src, &d->dst) && addr_ip_eq(&s->key.dst, &d->src))
            told(scene, stream_reports_receiver_time(s, by_ssrc, ntp, d->time_ns));
    }
}

/* by_ssrc answers the time of one who hears it. */
static void take_answer(const struct rtcp_scene *scene, uint32_t by_ssrc,
                        const struct rtcp_dlrr *answer)
{
    struct media_stream *heard = heard_stream(scene, answer->ssrc), *own;
    int64_t time_ns = scene->d->time_ns;
    double rtt_ms;

    if (heard) {
        if (stream_reports_echo_of_sender(heard, answer->lrr, answer->dlrr, time_ns, &rtt_ms))
            measured(scene, heard, by_ssrc, rtt_ms);
        return;
    }
    own = sent_stream(scene, by_ssrc);
    if (own && stream_reports_echo_of_receiver(own, answer->ssrc, answer->lrr, answer->dlrr,
                                               time_ns, &rtt_ms))
        told(scene, stream_reports_sender_rtt(own, rtt_ms));
}

/* False: its length is not what a block of that type has. */
static bool take_block(const struct rtcp_scene *scene, uint32_t by_ssrc,
                       const struct rtcp_xr_block *block)
{
    struct rtcp_voip_metrics voip;
    struct rtcp_iter answers;
    struct rtcp_dlrr answer;
    struct media_stream *s;
    uint64_t ntp;

    switch (block->type) {
    case RTCP_XR_VOIP:
        if (!rtcp_xr_voip(block, &voip))
            return false;
        s = heard_stream(scene, voip.ssrc);
        if (s)
            told(scene, stream_reports_voip(s, &voip));
        return true;
    case RTCP_XR_RRTR:
        if (!rtcp_xr_rrtr(block, &ntp))
            return false;
        take_time(scene, by_ssrc, ntp);
        return true;
    case RTCP_XR_DLRR:
        answers = rtcp_xr_dlrr(block);
        if (answers.rest.len != block->body.len)
            return false;
        while (rtcp_dlrr_next(&answers, &answer))
            take_answer(scene, by_ssrc, &answer);
        return true;
    default:
        return true;
    }
}

static void take_extended(const struct rtcp_scene *scene, const struct rtcp_packet *p)
{
    struct rtcp_iter blocks = rtcp_xr_blocks(p);
    struct rtcp_xr_block block;
    uint32_t by_ssrc;

    if (p->type != RTCP_XR || !rtcp_sender_ssrc(p, &by_ssrc))
        return;
    while (blocks.rest.len) {
        if (!rtcp_xr_next(&blocks, &block)) {
            tracker_refuse(scene->t, REFUSAL_XR_MALFORMED); /* where the next begins is unknown */
            return;
        }
        if (!take_block(scene, by_ssrc, &block))
            tracker_refuse(scene->t, REFUSAL_XR_MALFORMED);
    }
}

static void take_names(const struct rtcp_scene *scene, const struct rtcp_packet *p)
{
    struct rtcp_iter chunks = rtcp_sdes_chunks(p);
    struct media_stream *s;
    struct slice cname;
    uint32_t ssrc;

    while (rtcp_cname_next(&chunks, &ssrc, &cname)) {
        s = sent_stream(scene, ssrc);
        if (s)
            told(scene, stream_reports_cname(s, cname));
    }
}

static void take_goodbyes(const struct rtcp_scene *scene, const struct rtcp_packet *p)
{
    struct slice reason;
    struct rtcp_iter ssrcs = rtcp_bye_ssrcs(p, &reason);
    struct media_stream *s;
    uint32_t ssrc;

    while (rtcp_bye_next(&ssrcs, &ssrc)) {
        s = sent_stream(scene, ssrc);
        if (s)
            told(scene, stream_reports_bye(s, scene->d->time_ns));
    }
}

/* Some stream that the first packet of the datagram speaks of, where nobody announced the address. */
static struct media_stream *stream_of_first(const struct rtcp_scene *scene)
{
    struct bytes b = bytes_of(scene->d->payload.p, scene->d->payload.len);
    struct media_stream *s;
    uint32_t ssrc;

    bytes_u32(&b);
    ssrc = bytes_u32(&b);
    if (!bytes_ok(&b))
        return NULL;
    s = sent_stream(scene, ssrc);
    if (s)
        return s;
    ssrc = bytes_u32(&b); /* of an RR's first block: its sender may send no stream */
    return bytes_ok(&b) ? heard_stream(scene, ssrc) : NULL;
}

static struct media_endpoint *announced(const struct tracker *t, const struct addr *addr,
                                        uint32_t network, bool elsewhere)
{
    return elsewhere ? media_map_elsewhere(&t->media, addr, network)
                     : media_map_endpoint(&t->media, addr, network);
}

/* RTCP goes to the RTP port (RFC 5761), to one that a=rtcp names, or to the port above RTP's. */
static struct media_endpoint *rtcp_endpoint(const struct tracker *t, const struct datagram *d)
{
    for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
        const struct addr *ends[2] = { &d->dst, &d->src };

        for (int i = 0; i < 2; i++) {
            struct media_endpoint *e = announced(t, ends[i], d->network, elsewhere != 0);
            struct addr below = *ends[i];

            below.port--;
            if (!e)
                e = announced(t, &below, d->network, elsewhere != 0);
            if (e)
                return e;
        }
    }
    return NULL;
}

/* Does the host take part in the call? Anybody can send reports to a port that he knows. */
static bool is_party(const struct call *call, const struct addr *host)
{
    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (addr_ip_eq(&e->addr, host))
            return true;
    }
    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *s = call->streams[i];

        if (!s->foreign && (addr_ip_eq(&s->key.src, host) || addr_ip_eq(&s->key.dst, host)))
            return true;
    }
    return false;
}

/* Where media is encrypted a datagram may add up by chance. What begins with a report and names its
 * sender once more is not encrypted. */
static bool names_itself(struct rtcp_iter packets)
{
    struct rtcp_packet p;
    struct slice cname;
    uint32_t first, named;

    if (!rtcp_next(&packets, &p) || !rtcp_sender_ssrc(&p, &first) || !rtcp_next(&packets, &p))
        return false;
    packets = rtcp_sdes_chunks(&p);
    return rtcp_cname_next(&packets, &named, &cname) && named == first;
}

static void take_packet(const struct rtcp_scene *scene, const struct rtcp_packet *p)
{
    switch (p->type) {
    case RTCP_SR:
    case RTCP_RR:
        take_report(scene, p);
        return;
    case RTCP_SDES:
        take_names(scene, p);
        return;
    case RTCP_BYE:
        take_goodbyes(scene, p);
        return;
    case RTCP_XR:
        take_extended(scene, p);
        return;
    default:
        return;
    }
}

enum packet_bin tracker_rtcp(struct tracker *t, const struct datagram *d, struct claim *claim)
{
    const struct media_endpoint *e = rtcp_endpoint(t, d);
    struct rtcp_scene scene = { t, d, e ? e->call : NULL };
    struct media_stream *s = NULL;
    struct rtcp_iter packets;
    struct rtcp_packet p;

    if (e && e->media == MEDIA_IMAGE && media_fax_packet(t, d, claim) == FAX_TAKEN)
        return BIN_T38;
    if (!e) {
        s = stream_of_first(&scene);
        scene.call = s ? s->call : NULL;
    }
    if (scene.call)
        *claim = (struct claim){ CLAIM_MEDIA, scene.call->id, &scene.call->keeper,
                                 .plain_bytes = CLAIM_ALL };
    else if (s)
        tracker_claim_stream(s, CLAIM_ALL, claim);
    if (rtcp_parse_datagram(d->payload, e || s, &packets) != RTCP_PARSE_OK ||
        (((e && e->srtp) || (s && s->srtp)) && !names_itself(packets)))
        return BIN_RTCP_MALFORMED;
    if (scene.call && !is_party(scene.call, &d->src)) {
        tracker_refuse(t, REFUSAL_RTCP_FOREIGN);
        return BIN_RTCP;
    }
    while (rtcp_next(&packets, &p))
        take_packet(&scene, &p);
    return BIN_RTCP;
}
