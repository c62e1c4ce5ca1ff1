#include "analyzer/call/media_fax.h"

#include "analyzer/base/serial.h"
#include "analyzer/call/stream_events.h"
#include "analyzer/call/tracker.h"
#include "analyzer/rtp/udptl.h"

#include <stdlib.h>

/* In the key of the stream table stands a number of the call, for ports are used again. An RTP
 * stream of that SSRC between the same ports would find the fax; it is told by its payload type, see
 * tracker_rtp. */
static struct stream_key key_of(const struct datagram *d, const struct call *call)
{
    return (struct stream_key){ d->src, d->dst, d->network, (uint32_t)(call->id ^ call->id >> 32) };
}

/* Which of the numbers in the window of rtp_stream were carried again by later packets. */
struct media_fax {
    struct {
        int64_t number; /* as in struct rtp_block */
        uint64_t carried;
    } blocks[RTP_WINDOW_BLOCKS];
    int64_t recovered;
    bool correction_seen, redundancy, fec;
};

void media_fax_free(struct media_fax *fax)
{
    free(fax);
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
    struct media_fax *fax = calloc(1, sizeof *fax);
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

static uint64_t *carried_at(struct media_fax *fax, int64_t number)
{
    int64_t block = number >> 6;
    size_t slot = (uint64_t)block % RTP_WINDOW_BLOCKS;

    if (fax->blocks[slot].number != block) {
        fax->blocks[slot].number = block;
        fax->blocks[slot].carried = 0;
    }
    return &fax->blocks[slot].carried;
}

static bool is_seen(const struct rtp_stream *r, int64_t number)
{
    return r->seen[(uint64_t)(number >> 6) % RTP_WINDOW_BLOCKS] >> (number & 63) & 1;
}

/* What was missing until now is here once more. */
static void note_repeats(struct media_fax *fax, const struct rtp_stream *r, int64_t number,
                         uint8_t repeats)
{
    for (int64_t n = number - 1; n >= number - repeats; n--) {
        uint64_t *carried;

        if (n < r->first || n >> 6 < r->oldest_block)
            return;
        carried = carried_at(fax, n);
        if (is_seen(r, n) || *carried >> (n & 63) & 1)
            continue;
        *carried |= UINT64_C(1) << (n & 63);
        fax->recovered++;
    }
}

/* A primary that was only late was not lost. */
static void note_late(struct media_fax *fax, int64_t number)
{
    uint64_t *carried = carried_at(fax, number);

    if (!(*carried >> (number & 63) & 1))
        return;
    *carried &= ~(UINT64_C(1) << (number & 63));
    fax->recovered--;
}

static void take_packet(struct tracker *t, struct media_stream *s, const struct udptl_packet *udptl,
                        const struct datagram *d)
{
    const struct rtp_packet packet = { .seq = udptl->seq,
                                       .payload_type = MEDIA_FAX_PAYLOAD_TYPE,
                                       .payload = SLICE("") };
    struct media_fax *fax = s->fax;
    int64_t late_before = s->rtp.out_of_order, number;

    media_stream_packet(s, &packet, d->time_ns, &t->counters);
    fax->correction_seen = fax->correction_seen || udptl->has_correction;
    fax->redundancy = fax->redundancy || udptl->repeats > 0;
    fax->fec = fax->fec || udptl->fec;
    number = serial16_extend(s->rtp.highest, udptl->seq);
    if (number > s->rtp.highest || !s->rtp.started || number < s->rtp.first ||
        number >> 6 < s->rtp.oldest_block)
        return; /* a wild one */
    if (s->rtp.out_of_order != late_before)
        note_late(fax, number);
    note_repeats(fax, &s->rtp, number, udptl->repeats);
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
    *claim = (struct claim){ CLAIM_MEDIA, e->call->id, &e->call->keeper };
    key = key_of(d, e->call);
    s = tracker_find_stream(t, &key);
    if (!s)
        s = open_fax(t, &key, d, e, listener);
    if (!s || !s->fax)
        return FAX_REFUSED;
    take_packet(t, s, &packet, d);
    return FAX_TAKEN;
}

bool media_fax_in_call(const struct call *call)
{
    static const unsigned both = 1u << SIDE_CALLER | 1u << SIDE_CALLEE;
    unsigned heard = (call->sdp_seen[SIDE_CALLER] ? 1u << SIDE_CALLER : 0) |
                     (call->sdp_seen[SIDE_CALLEE] ? 1u << SIDE_CALLEE : 0);

    /* Where only one side's SDP passes the probe, its word must do. */
    return call->has_fax || call->image_sides == both ||
           (call->image_sides && (heard & ~call->image_sides) == 0);
}

void media_fax_report(const struct media_stream *s, struct stream_record *out)
{
    const struct media_fax *fax = s->fax;

    if (!fax)
        return;
    out->ssrc = RECORD_NONE;
    out->payload_type = RECORD_NONE;
    out->clock_rate_hz = RECORD_NONE;
    out->udptl_recovered = fax->recovered;
    if (fax->correction_seen)
        out->udptl_error_correction = fax->fec          ? SLICE("fec")
                                      : fax->redundancy ? SLICE("redundancy")
                                                        : SLICE("none");
}
