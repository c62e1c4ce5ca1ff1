/*
 * media_announce - what SDP of a side says of its media: where to send it, in what, and whether.
 *
 * Addresses of c= and m= and of a=rtcp are announced; so are, behind what others announce there,
 * ICE candidates, and the port of a private address at the host that the signalling comes from. An
 * address once announced stays the call's to its end: media follows a re-INVITE late. m= lines of a
 * bundle share the first one's port; which of them a stream is, its SSRC or payload type tells.
 */
#include "analyzer/call/deviation.h"
#include "analyzer/call/history.h"
#include "analyzer/call/media_learn.h"
#include "analyzer/call/tracker.h"

enum {
    FMTP_MAX_BYTES = 256, /* of a codec's parameters: the longest in use have some 100 */
    FORMATS_MAX = 250,    /* of an endpoint */
    ICE_NO_PORT = 9,      /* RFC 8840: no candidate is known yet */
};

/* One session description on its way into a call. */
struct announcing {
    struct tracker *t;
    struct call *call;
    const struct sdp *sdp;
    enum call_side side;
    struct media_endpoint *bundles[SDP_BUNDLES_MAX + 1]; /* the first of each group */
};

static struct media_endpoint *find_endpoint(struct call *call, const struct addr *addr)
{
    for (struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (addr_eq(&e->addr, addr) && !e->unplaced)
            return e;
    }
    return NULL;
}

/* Guesses and candidates leave the last quarter of the map to what is announced. */
static bool is_room(const struct tracker *t, const struct call *call, enum media_learned by)
{
    if (by == LEARNED_NOT)
        return call->endpoint_count < CALL_ENDPOINTS_MAX;
    return call->media.learned_count < CALL_LEARNED_MAX &&
           t->media.nodes.used < t->media.nodes.max_items / 4 * 3;
}

static struct media_endpoint *new_endpoint(struct tracker *t, struct call *call,
                                           const struct media_endpoint *like)
{
    struct media_endpoint *e;

    if (!is_room(t, call, (enum media_learned)like->learned)) {
        tracker_refuse(t, like->learned ? REFUSAL_LEARNED_ADDRESSES : REFUSAL_MEDIA_ADDRESSES);
        return NULL;
    }
    e = arena_take(&call->arena, sizeof *e);
    if (!e) {
        tracker_refuse(t, REFUSAL_MEMORY);
        return NULL;
    }
    *e = *like;
    if (!e->unplaced && !media_map_announce(&t->media, e)) {
        tracker_refuse(t, REFUSAL_MEDIA_ADDRESSES);
        return NULL;
    }
    e->next_in_call = call->endpoints;
    call->endpoints = e;
    if (e->learned)
        call->media.learned_count++;
    else
        call->endpoint_count++;
    return e;
}

/* SDP names what was learned or guessed so far. */
static void confirm(struct tracker *t, struct media_endpoint *e)
{
    media_map_withdraw(&t->media, e);
    e->learned = LEARNED_NOT;
    e->weak = false;
    e->rtcp_only = false;
    e->formats = NULL; /* they were another endpoint's */
    e->format_count = e->format_room = 0;
    if (!media_map_announce(&t->media, e)) {
        tracker_refuse(t, REFUSAL_MEDIA_ADDRESSES);
        e->unplaced = true;
    }
}

struct media_endpoint *tracker_add_endpoint(struct tracker *t, struct call *call,
                                            const struct addr *addr, uint32_t network,
                                            enum media_learned by)
{
    const struct media_endpoint like = { .addr = *addr,
                                         .network = network,
                                         .call = call,
                                         .learned = (uint8_t)by,
                                         .weak = by != LEARNED_NOT };
    struct media_endpoint *e = find_endpoint(call, addr);

    if (e && (by != LEARNED_NOT || !e->learned))
        return e;
    if (e)
        confirm(t, e);
    else
        e = new_endpoint(t, call, &like);
    if (e && by == LEARNED_NOT)
        media_reuse_announced(t, e);
    return e;
}

struct media_endpoint *tracker_add_unplaced(struct tracker *t, struct call *call, uint8_t side)
{
    const struct media_endpoint like = { .call = call, .side = side, .unplaced = true };

    for (struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (e->unplaced && e->side == side)
            return e;
    }
    return new_endpoint(t, call, &like);
}

/* The parameters as they are kept already: a re-INVITE says most things again. */
static struct slice same_fmtp(const struct media_endpoint *e, uint8_t payload_type,
                              struct slice fmtp)
{
    for (uint8_t i = 0; i < e->format_count; i++) {
        if (e->formats[i].payload_type == payload_type && slice_eq(e->formats[i].fmtp, fmtp))
            return e->formats[i].fmtp;
    }
    return SLICE_ABSENT;
}

/* Room for so many more than `kept`. */
static bool make_room(struct tracker *t, struct media_endpoint *e, unsigned kept, unsigned more)
{
    struct media_format *room;

    if (kept + more <= e->format_room)
        return true;
    if (kept + more > FORMATS_MAX) {
        tracker_refuse(t, REFUSAL_SDP_LIMIT);
        return false;
    }
    room = arena_take(&e->call->arena, (kept + more) * sizeof *room);
    if (!room) {
        tracker_refuse(t, REFUSAL_MEMORY);
        return false;
    }
    if (kept)
        memcpy(room, e->formats, kept * sizeof *room);
    e->formats = room;
    e->format_room = (uint8_t)(kept + more);
    return true;
}

/* also: those of another m= line are there already. */
static void take_formats(const struct announcing *a, struct media_endpoint *e,
                         const struct sdp_media *m, uint8_t kind, bool also)
{
    const struct sdp_format *formats = sdp_media_formats(a->sdp, m);
    uint8_t count = also ? e->format_count : 0;

    if (!make_room(a->t, e, count, m->format_count))
        return;
    for (uint8_t i = 0; i < m->format_count; i++) {
        struct slice fmtp;

        if (formats[i].payload_type == SDP_PAYLOAD_NONE)
            continue;
        fmtp = same_fmtp(e, formats[i].payload_type, formats[i].fmtp);
        if (!fmtp.p && formats[i].fmtp.len)
            fmtp = call_keep(e->call, formats[i].fmtp, FMTP_MAX_BYTES, &a->t->counters);
        e->formats[count] = media_format_of_sdp(&formats[i], kind);
        e->formats[count++].fmtp = fmtp;
    }
    e->format_count = count;
}

static uint8_t kind_of(uint8_t sdp_type)
{
    static const uint8_t kinds[] = { [SDP_OTHER] = MEDIA_OTHER,
                                     [SDP_AUDIO] = MEDIA_AUDIO,
                                     [SDP_VIDEO] = MEDIA_VIDEO,
                                     [SDP_IMAGE] = MEDIA_IMAGE };

    return kinds[sdp_type];
}

/* Muxed, or one port above: found without being announced (rtcp_endpoint). */
static bool is_default_rtcp(const struct addr *rtp, const struct addr *rtcp)
{
    return addr_ip_eq(rtp, rtcp) &&
           (rtcp->port == rtp->port || rtcp->port == (uint16_t)(rtp->port + 1));
}

static bool has_place(const struct sdp_media *m)
{
    return m->has_address && !m->host_name && !addr_is_unspecified(&m->rtp) && m->rtp.port != 0 &&
           !(m->ice && m->rtp.port == ICE_NO_PORT);
}

static bool is_off(const struct sdp_media *m)
{
    return m->disabled && !m->bundle_only;
}

/* What all m= lines of sound together let the side do. */
static void say_terms(const struct announcing *a)
{
    bool sound = false, sends = false, hears = false;

    for (uint16_t i = 0; i < a->sdp->media_count; i++) {
        const struct sdp_media *m = &a->sdp->media[i];
        /* 0.0.0.0 is how RFC 2543 put a call on hold; with ICE it says nothing. */
        bool nowhere = m->has_address && !m->host_name && addr_is_unspecified(&m->rtp) && !m->ice;

        if (m->type != SDP_AUDIO)
            continue;
        sound = true;
        if (is_off(m) || nowhere)
            continue;
        sends |= m->direction == SDP_SENDRECV || m->direction == SDP_SENDONLY;
        hears |= m->direction == SDP_SENDRECV || m->direction == SDP_RECVONLY;
    }
    if (!sound)
        return;
    if (!media_terms_say(a->call, (uint8_t)a->side,
                         sends   ? (hears ? SDP_SENDRECV : SDP_SENDONLY)
                         : hears ? SDP_RECVONLY
                                 : SDP_INACTIVE))
        tracker_refuse(a->t, REFUSAL_CALL_NOTES);
}

static void note_place(const struct announcing *a, const struct addr *place)
{
    struct addr *last = &a->call->media.announced[a->side];
    char text[ADDR_TEXT_MAX];

    if (addr_eq(last, place))
        return;
    if (last->port && a->call->message_kind == SIGHTING_NEW &&
        a->call->answer_time != RECORD_NONE && a->call->last_sip_time > a->call->answer_time)
        history_note(a->call, HISTORY_MEDIA_MOVED, a->call->last_sip_time, (uint8_t)(a->side + 1),
                     slice_of(text, addr_format(place, text)), &a->t->counters);
    *last = *place;
}

/* Where no address is known yet the formats are kept all the same: an SSRC may tell the stream. */
static struct media_endpoint *endpoint_of(const struct announcing *a, const struct sdp_media *m)
{
    if (has_place(m))
        return tracker_add_endpoint(a->t, a->call, &m->rtp, a->call->network, LEARNED_NOT);
    if (m->bundle && a->bundles[m->bundle])
        return a->bundles[m->bundle];
    if (m->ice || m->ssrc_count)
        return tracker_add_unplaced(a->t, a->call, (uint8_t)a->side);
    return NULL;
}

static struct media_endpoint *add_weak(const struct announcing *a, const struct media_endpoint *of,
                                       const struct addr *addr, uint8_t side, bool rtcp_only,
                                       enum media_learned by)
{
    struct media_endpoint *e = tracker_add_endpoint(a->t, a->call, addr, a->call->network, by);

    if (!e || e->learned != by)
        return NULL; /* announced otherwise */
    e->side = side;
    e->media = of->media;
    e->srtp = of->srtp;
    e->several = of->several;
    e->rtcp_only = rtcp_only;
    if (side == of->side) {
        e->formats = of->formats;
        e->format_count = of->format_count;
    }
    tracker_adopt_orphans(a->t, e);
    return e;
}

static void add_candidates(const struct announcing *a, const struct sdp_media *m,
                           const struct media_endpoint *of)
{
    for (unsigned i = 0; i < m->candidate_count; i++) {
        const struct sdp_candidate *c = &a->sdp->candidates[m->first_candidate + i];
        uint8_t side = (uint8_t)(c->kind == SDP_CANDIDATE_REMOTE ? !a->side : a->side);

        add_weak(a, of, &c->addr, side, c->component == 2, LEARNED_CANDIDATE);
    }
}

/* A NAT that keeps the port shows the private address as its own, where the signalling comes from. */
static void guess_port(const struct announcing *a, const struct media_endpoint *of)
{
    struct addr guess = a->side == SIDE_CALLER ? a->call->src : a->call->dst;

    if (of->ice || of->unplaced || !addr_is_private(&of->addr) || addr_is_private(&guess) ||
        addr_is_unspecified(&guess))
        return;
    guess.port = of->addr.port;
    add_weak(a, of, &guess, of->side, false, LEARNED_PORT);
}

static void add_rtcp(const struct announcing *a, const struct sdp_media *m)
{
    struct media_endpoint *e;

    if (!m->on_rtp || !has_place(m) || m->rtcp.port == 0 || is_default_rtcp(&m->rtp, &m->rtcp) ||
        addr_is_unspecified(&m->rtcp))
        return;
    e = tracker_add_endpoint(a->t, a->call, &m->rtcp, a->call->network, LEARNED_NOT);
    if (e && e->formats == NULL) {
        e->side = (uint8_t)a->side;
        e->rtcp_only = true;
    }
}

static void announce_media(struct announcing *a, const struct sdp_media *m)
{
    uint8_t kind = kind_of(m->type);
    struct media_endpoint *e, *first;

    if (is_off(m))
        return;
    e = endpoint_of(a, m);
    if (!e)
        return;
    first = m->bundle ? a->bundles[m->bundle] : NULL;
    if (m->type == SDP_IMAGE)
        a->call->image_sides |= (uint8_t)(1u << a->side);
    if (e != first) {
        e->side = (uint8_t)a->side;
        e->media = kind;
        e->direction = m->direction;
        e->srtp = m->srtp;
        e->ice = m->ice;
        e->several = false;
        if (m->type != SDP_IMAGE) /* sound may come back to the port of the fax, as it was before */
            take_formats(a, e, m, kind, false);
    }
    if (first) { /* it shares the port of the first, now or once the bundle is agreed on */
        first->several = true;
        take_formats(a, first, m, kind, true);
    } else if (m->bundle) {
        a->bundles[m->bundle] = e;
    }
    if (m->type == SDP_AUDIO && has_place(m))
        note_place(a, &m->rtp);
    if (!e->unplaced)
        tracker_adopt_orphans(a->t, e);
    guess_port(a, e);
    add_candidates(a, m, e);
    add_rtcp(a, m);
    for (unsigned i = 0; i < m->ssrc_count; i++)
        media_learn_named(a->t, e, a->sdp->ssrcs[m->first_ssrc + i], kind);
}

void tracker_announce(struct tracker *t, struct call *call, enum call_side side, struct slice body)
{
    static const uint32_t limits = 1u << SDP_ANOMALY_MEDIA_LIMIT | 1u << SDP_ANOMALY_FORMAT_LIMIT |
                                   1u << SDP_ANOMALY_CANDIDATE_LIMIT |
                                   1u << SDP_ANOMALY_SSRC_LIMIT | 1u << SDP_ANOMALY_BUNDLE_LIMIT;
    struct sdp sdp;
    struct announcing a = { t, call, &sdp, side, { NULL } };

    if (sdp_parse(&sdp, body) != SDP_PARSE_OK) {
        tracker_refuse(t, REFUSAL_SDP_MALFORMED);
        return;
    }
    if (sdp.anomalies & limits)
        tracker_refuse(t, REFUSAL_SDP_LIMIT);
    deviation_media(call, side, &sdp, &t->counters);
    say_terms(&a);
    for (uint16_t i = 0; i < sdp.media_count; i++)
        announce_media(&a, &sdp.media[i]);
}
