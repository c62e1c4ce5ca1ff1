#include "analyzer/call/media_fax.h"

#include "analyzer/call/stream_events.h"
#include "analyzer/call/tracker.h"

#include <stdlib.h>

/* In the key of the stream table stands a number of the call, for ports are used again. An RTP
 * stream of that SSRC between the same ports would find the fax; it is told by its payload type, see
 * tracker_rtp. */
static struct stream_key key_of(const struct datagram *d, const struct call *call)
{
    return (struct stream_key){ d->src, d->dst, d->network, (uint32_t)(call->id ^ call->id >> 32) };
}

/* The sound that the fax took over from: what its side sent last. */
static void note_switch(struct tracker *t, const struct media_stream *fax, int64_t time_ns)
{
    struct media_stream *last = NULL;

    for (uint8_t i = 0; i < fax->call->stream_count; i++) {
        struct media_stream *s = fax->call->streams[i];

        if (s->media == MEDIA_AUDIO && s->direction == fax->direction && !s->foreign &&
            (!last || s->rtp.last_time_ns > last->rtp.last_time_ns))
            last = s;
    }
    if (last)
        stream_events_t38(last, time_ns, &t->counters);
}

static struct media_stream *open_fax(struct tracker *t, const struct stream_key *key,
                                     const struct datagram *d, struct media_endpoint *e,
                                     bool listener)
{
    struct udptl_stream *fax = calloc(1, sizeof *fax);
    struct media_stream *s;

    if (!fax) {
        tracker_refuse(t, REFUSAL_MEMORY);
        return NULL;
    }
    s = tracker_open_stream(t, key, MEDIA_FAX_PAYLOAD_TYPE, d, e, listener);
    if (!s) {
        free(fax);
        return NULL;
    }
    s->fax = fax;
    s->media = MEDIA_IMAGE;
    memcpy(s->format.codec, "t38", sizeof "t38");
    e->call->has_fax = true;
    note_switch(t, s, d->time_ns);
    return s;
}

static void take_packet(struct tracker *t, struct media_stream *s, const struct udptl_packet *udptl,
                        const struct datagram *d)
{
    const struct rtp_packet packet = { .seq = udptl->seq,
                                       .payload_type = MEDIA_FAX_PAYLOAD_TYPE,
                                       .payload = SLICE("") };
    int64_t late_before = s->rtp.out_of_order;
    uint32_t missing = media_stream_packet(s, &packet, d->time_ns, &t->counters);
    bool cut = d->wire_bytes > d->payload.len;

    if (missing || cut)
        tracker_note_damage(t, s, missing, cut, d->time_ns);
    udptl_stream_add(s->fax, &s->rtp, udptl, s->rtp.out_of_order != late_before);
}

enum fax_arrival media_fax_packet(struct tracker *t, const struct datagram *d, struct claim *claim)
{
    struct stream_key key;
    bool listener, cut = d->wire_bytes > d->payload.len;
    struct media_endpoint *e = tracker_find_endpoint(t, d, &listener);
    struct udptl_packet packet;
    struct media_stream *s;

    if (!e || e->media != MEDIA_IMAGE)
        return FAX_ELSEWHERE;
    if (udptl_packet_parse(&packet, d->payload, cut) != UDPTL_PARSE_OK)
        return FAX_NOT_UDPTL;
    *claim = (struct claim){
        CLAIM_MEDIA, e->call->id, &e->call->keeper, (uint32_t)udptl_head_bytes(d->payload), false, 0
    };
    key = key_of(d, e->call);
    s = tracker_find_stream(t, &key);
    if (!s)
        s = open_fax(t, &key, d, e, listener);
    if (!s || !s->fax)
        return FAX_REFUSED;
    take_packet(t, s, &packet, d);
    return FAX_TAKEN;
}
