/*
 * media_rtcp - RTCP finds the streams that it speaks of.
 *
 * It goes to the RTP port (RFC 5761), to one that a=rtcp names, or to the port above RTP's; what a call's
 * RTCP says is about streams of that call alone.
 */
#include "analyzer/call/media_fax.h"
#include "analyzer/call/stream_reports.h"
#include "analyzer/call/tracker.h"

/* The streams of which an RTCP datagram may speak: those of a call, or one alone. */
struct rtcp_scene {
    struct call *call;
    struct media_stream *alone;
};

static struct media_stream *scene_stream(const struct rtcp_scene *scene, uint32_t ssrc)
{
    if (scene->alone && scene->alone->key.ssrc == ssrc)
        return scene->alone;
    for (uint8_t i = 0; scene->call && i < scene->call->stream_count; i++) {
        if (scene->call->streams[i]->key.ssrc == ssrc)
            return scene->call->streams[i];
    }
    return NULL;
}

static void take_reports(const struct rtcp_scene *scene, const struct rtcp_packet *p,
                         int64_t time_ns)
{
    struct rtcp_iter blocks = rtcp_report_blocks(p);
    struct rtcp_report_block block;
    struct rtcp_sender_info info;
    struct media_stream *s;
    uint32_t by_ssrc;

    if (rtcp_sender_info(p, &info) && (s = scene_stream(scene, info.ssrc)) != NULL)
        stream_reports_sent(s, &info, time_ns);
    if (!rtcp_sender_ssrc(p, &by_ssrc))
        return;
    while (rtcp_report_block_next(&blocks, &block)) {
        s = scene_stream(scene, block.ssrc);
        if (s)
            stream_reports_block(s, &block, by_ssrc, time_ns);
    }
}

/* An orphan's RTCP: sender reports on its own ports, or one above (RFC 3550 §11). */
static struct media_stream *orphan_of_rtcp(struct tracker *t, const struct datagram *d)
{
    struct bytes b = bytes_of(d->payload.p, d->payload.len);
    struct stream_key key = { d->src, d->dst, d->network, 0 };
    struct media_stream *s;

    bytes_u32(&b);
    key.ssrc = bytes_u32(&b);
    s = tracker_find_stream(t, &key);
    if (s)
        return s;
    key.src.port = (uint16_t)(key.src.port - 1);
    key.dst.port = (uint16_t)(key.dst.port - 1);
    return tracker_find_stream(t, &key);
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

enum packet_bin tracker_rtcp(struct tracker *t, const struct datagram *d, struct claim *claim)
{
    struct media_endpoint *e = rtcp_endpoint(t, d);
    struct rtcp_scene scene = { NULL, NULL };
    struct rtcp_iter packets;
    struct rtcp_packet p;

    if (e && e->media == MEDIA_IMAGE && tracker_fax(t, d, claim) == FAX_TAKEN)
        return BIN_T38;
    if (e) {
        scene.call = e->call;
        *claim = (struct claim){ CLAIM_MEDIA, e->call->id, &e->call->keeper };
    }
    if (rtcp_parse_datagram(d->payload, e != NULL, &packets) != RTCP_PARSE_OK)
        return BIN_RTCP_MALFORMED;
    if (!e) {
        scene.alone = orphan_of_rtcp(t, d);
        if (scene.alone)
            tracker_claim_stream(scene.alone, claim);
    }
    while (rtcp_next(&packets, &p))
        take_reports(&scene, &p, d->time_ns);
    return BIN_RTCP;
}
