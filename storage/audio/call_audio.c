#include "storage/audio/call_audio.h"

#include "analyzer/sip/sdp_static.h"
#include "storage/audio/audio_stream.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S 1000000000ll
/* How far behind the newest packet the timeline is settled: what waits, and a second for a
 * timestamp that points back. */
#define BEHIND_NS (2 * NS_PER_S)
/* What is more is no jitter. */
#define FIRST_LATE_MAX_NS (NS_PER_S / 2)

enum {
    RTCP_FIRST = 192, /* second byte of a packet: RFC 5761 §4 */
    RTCP_LAST = 223,
    NOISE_PAYLOAD_TYPE = 13,
    ENCODING_MAX = 64,
    EARLY_PACKETS = 50, /* a second */
};

/* Rates that a file may have. */
static const uint32_t file_rates_hz[] = { 8000, 16000, 48000 };

enum part_fate {
    PART_USED,
    PART_FOREIGN,
    PART_ENCRYPTED,
    PART_NO_SIDE,
    PART_TWICE,
    PART_UNSTORED,
    PART_UNKNOWN_CODEC,
};

/* One of the first packets: how late was the very first? */
struct early_packet {
    int64_t time_ns;
    uint32_t timestamp;
    uint8_t payload_type;
};

/* A stream of the call, and what its packets are. */
struct part {
    struct addr src, dst;
    uint32_t ssrc;
    uint8_t record_type; /* payload type of the record */
    struct audio_format record_format;
    char encoding[ENCODING_MAX], fmtp[AUDIO_FMTP_MAX]; /* what that points to */
    enum audio_side side;
    enum part_fate fate;
    int64_t first_ns, last_ns;
    int64_t packets, cut;
    int64_t by_type[AUDIO_PAYLOAD_TYPES];
    struct early_packet early[EARLY_PACKETS];
    size_t early_count;
    int64_t first_late_ns;
    struct audio_payload_type types[AUDIO_PAYLOAD_TYPES];
    struct audio_stream stream;
};

struct call_audio {
    const struct call_formats *formats;
    const char *kept; /* of the record, where that is less than everything; NULL: not told */
    char kept_by[16];
    uint32_t rate_hz;
    int64_t begin_ns, end_ns, now_ns;
    struct audio_mix mix;
    bool rendering;
    struct part *newest; /* whose packet came last: the next one is its too, half of the time */
    size_t part_count;
    struct part parts[];
};

static enum part_fate fate_of(const struct stream_record *r, enum audio_side *side)
{
    *side = slice_eq(r->direction, SLICE("callee_to_caller")) ? AUDIO_RIGHT : AUDIO_LEFT;
    if (r->foreign_source == 1)
        return PART_FOREIGN;
    if (r->srtp == 1)
        return PART_ENCRYPTED;
    if (*side == AUDIO_LEFT && !slice_eq(r->direction, SLICE("caller_to_callee")))
        return PART_NO_SIDE;
    return PART_USED;
}

/* Absent stays absent; so becomes what is longer than any encoding or parameters can be. */
static struct slice copy_text(struct slice text, char *to, size_t room)
{
    if (!text.p || text.len > room)
        return SLICE_ABSENT;
    memcpy(to, text.p, text.len);
    return slice_of(to, text.len);
}

static void init_part(struct part *p, const struct stream_record *r)
{
    p->src = r->src;
    p->dst = r->dst;
    p->ssrc = (uint32_t)r->ssrc;
    p->record_type = r->payload_type >= 0 && r->payload_type < AUDIO_PAYLOAD_TYPES
                         ? (uint8_t)r->payload_type
                         : UINT8_MAX;
    p->record_format.encoding = copy_text(r->codec, p->encoding, sizeof p->encoding);
    p->record_format.fmtp = copy_text(r->fmtp, p->fmtp, sizeof p->fmtp);
    if (r->clock_rate_hz > 0 && r->clock_rate_hz <= UINT32_MAX)
        p->record_format.clock_rate_hz = (uint32_t)r->clock_rate_hz;
    p->fate = fate_of(r, &p->side);
}

static void take_kept(struct call_audio *a, const struct call_record *call)
{
    static const char *const levels[] = { "headers", "signalling", "nothing" };

    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (slice_eq(call->kept, slice_of_text(levels[i])) &&
            call->kept_by.len < sizeof a->kept_by) {
            a->kept = levels[i];
            memcpy(a->kept_by, call->kept_by.len ? call->kept_by.p : "", call->kept_by.len);
        }
    }
}

int call_audio_new(struct call_audio **ap, const struct call_record *call,
                   const struct call_formats *formats)
{
    struct call_audio *a = calloc(1, sizeof *a + call->stream_count * sizeof a->parts[0]);

    if (!a)
        return -ENOMEM;
    a->formats = formats;
    take_kept(a, call);
    for (size_t i = 0; i < call->stream_count; i++) {
        const struct stream_record *r = &call->streams[i];

        if (slice_eq(r->media, SLICE("audio")) && r->ssrc != RECORD_NONE)
            init_part(&a->parts[a->part_count++], r);
    }
    *ap = a;
    return 0;
}

void call_audio_free(struct call_audio *a)
{
    if (!a)
        return;
    if (a->rendering) {
        for (size_t i = 0; i < a->part_count; i++)
            audio_stream_fini(&a->parts[i].stream);
        audio_mix_fini(&a->mix);
    }
    free(a);
}

static bool is_of(const struct part *p, const struct datagram *d, const struct rtp_packet *packet)
{
    return p->ssrc == packet->ssrc && addr_eq(&p->dst, &d->dst) && addr_eq(&p->src, &d->src);
}

/* The stream that the datagram is a packet of; NULL: none of the call's sound. */
static struct part *find_part(struct call_audio *a, const struct datagram *d,
                              struct rtp_packet *packet)
{
    uint8_t second = d->payload.len > 1 ? (uint8_t)d->payload.p[1] : 0;

    if (d->transport != TRANSPORT_UDP || (second >= RTCP_FIRST && second <= RTCP_LAST) ||
        rtp_packet_parse(packet, d->payload, d->wire_bytes) != RTP_PARSE_OK ||
        packet->payload_type >= AUDIO_PAYLOAD_TYPES)
        return NULL;
    if (a->newest && is_of(a->newest, d, packet))
        return a->newest;
    for (size_t i = 0; i < a->part_count; i++) {
        if (is_of(&a->parts[i], d, packet)) {
            a->newest = &a->parts[i];
            return a->newest;
        }
    }
    return NULL;
}

static bool is_cut(const struct datagram *d)
{
    return d->wire_bytes > d->payload.len;
}

void call_audio_survey(struct call_audio *a, const struct datagram *d)
{
    struct rtp_packet packet;
    struct part *p = find_part(a, d, &packet);

    if (!p)
        return;
    if (is_cut(d)) {
        p->cut++;
        return;
    }
    if (p->packets == 0 || d->time_ns < p->first_ns)
        p->first_ns = d->time_ns;
    if (p->packets == 0 || d->time_ns > p->last_ns)
        p->last_ns = d->time_ns;
    p->packets++;
    p->by_type[packet.payload_type]++;
    if (p->early_count < EARLY_PACKETS)
        p->early[p->early_count++] = (struct early_packet){ .time_ns = d->time_ns,
                                                            .timestamp = packet.timestamp,
                                                            .payload_type = packet.payload_type };
}

/* Jitter makes packets late, never early: by how much the first was later than the least late of
 * those after it, as the RTP clock counts. */
static int64_t first_late_ns(const struct part *p)
{
    const struct early_packet *first = NULL;
    int64_t late = 0;

    for (size_t i = 0; i < p->early_count; i++) {
        const struct early_packet *e = &p->early[i];
        const struct audio_payload_type *t = &p->types[e->payload_type];
        int64_t early_ns;

        if (t->kind != AUDIO_KIND_SOUND || (first && e->payload_type != first->payload_type))
            continue;
        if (!first)
            first = e;
        early_ns = (int64_t)(int32_t)(e->timestamp - first->timestamp) * NS_PER_S / t->clock_hz -
                   (e->time_ns - first->time_ns);
        if (early_ns > late && early_ns < FIRST_LATE_MAX_NS)
            late = early_ns;
    }
    return late;
}

/* What the record, the SDP or RFC 3551 says of the type; false: nobody does. */
static bool format_of(const struct call_audio *a, const struct part *p, uint8_t type,
                      struct audio_format *out)
{
    const struct sdp_static_payload *fixed = sdp_static_payload(type);
    bool announced = call_formats_find(a->formats, &p->dst, type, out);

    if (type == p->record_type && p->record_format.encoding.p) {
        uint8_t channels = announced ? out->channels : 0;

        *out = p->record_format;
        out->channels = channels ? channels : fixed ? fixed->channels : 1;
        if (!out->fmtp.p)
            out->fmtp = call_formats_fmtp(a->formats, out->encoding, type);
        return true;
    }
    if (announced)
        return true;
    if (!fixed)
        return false;
    *out = (struct audio_format){ .encoding = fixed->name,
                                  .clock_rate_hz = fixed->clock_rate_hz,
                                  .channels = fixed->channels };
    return true;
}

/* Why the sound of this type is not to be heard, for a person. */
static void say_no_decoder(struct strbuf *said, const struct audio_format *format, uint8_t type,
                           int err)
{
    const struct audio_codec *codec = audio_codec_find(format->encoding);

    if (!format->encoding.p) {
        strbuf_addf(said, "payload type %u, which no SDP of the call names", type);
        return;
    }
    strbuf_add_printable(said, format->encoding);
    if (!codec)
        strbuf_add_text(said, ", for which no library is known here; the packets can be exported: "
                              "-o call.pcap");
    else if (err == -ENOSYS)
        strbuf_addf(said, ", which needs %s: it is not built in, or not installed",
                    codec->library ? codec->library : "a library");
    else
        strbuf_add_text(said, " with parameters that its library does not decode");
}

/* Which kind of sound the type is; a decoder is opened to see whether that works. Returns the rate of
 * its samples, 0 when it is no sound. */
static uint32_t resolve_type(struct call_audio *a, struct part *p, uint8_t type,
                             struct strbuf *said)
{
    struct audio_payload_type *t = &p->types[type];
    struct audio_decoder *d = NULL;
    uint32_t rate_hz;
    int err = -ENOTSUP;

    if (format_of(a, p, type, &t->format)) {
        t->clock_hz = t->format.clock_rate_hz ? t->format.clock_rate_hz : file_rates_hz[0];
        if (slice_ieq(t->format.encoding, SLICE("telephone-event"))) {
            t->kind = AUDIO_KIND_EVENT;
            return 0;
        }
        if (slice_ieq(t->format.encoding, SLICE("CN")) || type == NOISE_PAYLOAD_TYPE) {
            t->kind = AUDIO_KIND_NOISE;
            return 0;
        }
        err = audio_decoder_open(&d, &t->format);
    }
    if (err) {
        say_no_decoder(said, &t->format, type, err);
        return 0;
    }
    rate_hz = audio_decoder_rate_hz(d);
    t->kind = AUDIO_KIND_SOUND;
    t->clock_hz = audio_decoder_clock_hz(d);
    audio_decoder_close(d);
    return rate_hz;
}

static void say_part(struct strbuf *said, const struct part *p)
{
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];

    addr_format(&p->src, src);
    addr_format(&p->dst, dst);
    if (said->len)
        strbuf_add_char(said, '\n');
    strbuf_addf(said, "%s to %s: ", src, dst);
}

/* The types that flowed. Without any sound among them the stream is of no use. */
static void resolve_part(struct call_audio *a, struct part *p, struct strbuf *said)
{
    struct strbuf reason = { .max_bytes = 1024 };
    bool heard = false;

    for (unsigned type = 0; type < AUDIO_PAYLOAD_TYPES; type++) {
        uint32_t rate_hz;

        if (p->by_type[type] == 0)
            continue;
        strbuf_reset(&reason);
        rate_hz = resolve_type(a, p, (uint8_t)type, &reason);
        heard = heard || p->types[type].kind == AUDIO_KIND_SOUND;
        if (rate_hz > a->rate_hz)
            a->rate_hz = rate_hz;
        if (p->types[type].kind == AUDIO_KIND_UNKNOWN) {
            say_part(said, p);
            strbuf_add_slice(said, strbuf_slice(&reason));
        }
    }
    strbuf_fini(&reason);
    if (!heard)
        p->fate = PART_UNKNOWN_CODEC;
}

static int64_t overlap_ns(const struct part *a, const struct part *b)
{
    int64_t from = a->first_ns > b->first_ns ? a->first_ns : b->first_ns;
    int64_t to = a->last_ns < b->last_ns ? a->last_ns : b->last_ns;

    return to - from;
}

/* Is p the same sound as another one, seen at a second place of its way? */
static bool is_heard_twice(const struct call_audio *a, const struct part *p)
{
    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *other = &a->parts[i];

        if (other != p && other->fate == PART_USED && other->ssrc == p->ssrc &&
            other->side == p->side && overlap_ns(p, other) * 2 > p->last_ns - p->first_ns &&
            (other->packets > p->packets || (other->packets == p->packets && other < p)))
            return true;
    }
    return false;
}

static void choose_parts(struct call_audio *a)
{
    for (size_t i = 0; i < a->part_count; i++) {
        struct part *p = &a->parts[i];

        if (p->fate == PART_USED && p->packets == 0)
            p->fate = PART_UNSTORED;
    }
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].fate == PART_USED && is_heard_twice(a, &a->parts[i]))
            a->parts[i].fate = PART_TWICE;
    }
}

static size_t count_fate(const struct call_audio *a, enum part_fate fate)
{
    size_t n = 0;

    for (size_t i = 0; i < a->part_count; i++)
        n += a->parts[i].fate == fate;
    return n;
}

static bool any_cut(const struct call_audio *a)
{
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].cut)
            return true;
    }
    return false;
}

/* What the record says of why; else what the packets say. */
static void say_not_stored(const struct call_audio *a, struct strbuf *said)
{
    static const struct {
        const char *kept_by, *why;
    } reasons[] = {
        { "default", "store.keep says what is kept, and 'full' keeps sound too" },
        { "policy", "a line of store.policy says so" },
        { "value", "it ended without what store.media_of asks for" },
        { "pressure", "the disk had no room for it" },
        { "erased", "it was erased" },
    };

    for (size_t i = 0; a->kept && i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(a->kept_by, reasons[i].kept_by) != 0)
            continue;
        strbuf_addf(said, "what was said in this call is not kept (%s): %s; see earshot.yaml(5)",
                    a->kept, reasons[i].why);
        return;
    }
    strbuf_add_text(
        said, any_cut(a) ? "of the call's media packets only the first bytes are there: they were "
                           "captured so (a snap length), or retention.audio_days has passed"
                         : "none of the call's media packets are stored");
}

static enum call_audio_verdict refuse(const struct call_audio *a, struct strbuf *said)
{
    if (count_fate(a, PART_UNKNOWN_CODEC)) /* said already, for each */
        return CALL_AUDIO_NO_DECODER;
    strbuf_reset(said);
    if (count_fate(a, PART_ENCRYPTED)) {
        strbuf_add_text(said, "the media is encrypted (SRTP): there is nothing to listen to");
        return CALL_AUDIO_ENCRYPTED;
    }
    if (count_fate(a, PART_UNSTORED)) {
        say_not_stored(a, said);
        return CALL_AUDIO_NOT_STORED;
    }
    strbuf_add_text(said, "the call has no stream of sound from one end to the other");
    return CALL_AUDIO_NO_STREAMS;
}

static void say_left_out(const struct call_audio *a, struct strbuf *said)
{
    static const char *const reasons[] = {
        [PART_ENCRYPTED] = "encrypted (SRTP)",
        [PART_NO_SIDE] = "not known which end it came from",
        [PART_UNSTORED] = "none of its packets are stored",
    };

    for (size_t i = 0; i < a->part_count; i++) {
        enum part_fate fate = a->parts[i].fate;

        if (fate >= sizeof reasons / sizeof reasons[0] || !reasons[fate])
            continue;
        say_part(said, &a->parts[i]);
        strbuf_add_text(said, reasons[fate]);
    }
}

static void round_rate_up(struct call_audio *a)
{
    size_t i = 0, last = sizeof file_rates_hz / sizeof file_rates_hz[0] - 1;

    while (i < last && file_rates_hz[i] < a->rate_hz)
        i++;
    a->rate_hz = file_rates_hz[i];
}

enum call_audio_verdict call_audio_plan(struct call_audio *a, struct strbuf *said)
{
    bool any = false;

    choose_parts(a);
    for (size_t i = 0; i < a->part_count; i++) {
        struct part *p = &a->parts[i];

        if (p->fate == PART_USED)
            resolve_part(a, p, said);
        if (p->fate != PART_USED)
            continue;
        p->first_late_ns = first_late_ns(p);
        if (!any || p->first_ns - p->first_late_ns < a->begin_ns)
            a->begin_ns = p->first_ns - p->first_late_ns;
        if (!any || p->last_ns > a->end_ns)
            a->end_ns = p->last_ns;
        any = true;
    }
    if (!any)
        return refuse(a, said);
    round_rate_up(a);
    if (a->end_ns - a->begin_ns > CALL_AUDIO_SECONDS_MAX * NS_PER_S) {
        strbuf_reset(said);
        strbuf_addf(said, "the call is %.1f hours long, and at most %d hours fit into one file",
                    (double)(a->end_ns - a->begin_ns) / (double)NS_PER_S / 3600,
                    CALL_AUDIO_SECONDS_MAX / 3600);
        return CALL_AUDIO_TOO_LONG;
    }
    say_left_out(a, said);
    return CALL_AUDIO_OK;
}

uint32_t call_audio_rate_hz(const struct call_audio *a)
{
    return a->rate_hz;
}

double call_audio_seconds(const struct call_audio *a)
{
    return (double)(a->end_ns - a->begin_ns) / (double)NS_PER_S;
}

int call_audio_begin(struct call_audio *a, const struct call_audio_options *options)
{
    int err = audio_mix_init(&a->mix, a->rate_hz, options->sink, options->sink_ctx);

    if (err)
        return err;
    for (size_t i = 0; i < a->part_count; i++) {
        struct part *p = &a->parts[i];

        audio_stream_init(&p->stream, p->types, &a->mix, a->rate_hz, a->begin_ns);
        p->stream.side = p->side;
        p->stream.last_ns = p->last_ns;
        p->stream.first_late_ns = p->first_late_ns;
        p->stream.silent_gaps = options->silent_gaps;
    }
    a->now_ns = a->begin_ns;
    a->rendering = true;
    return 0;
}

static int64_t samples_at(const struct call_audio *a, int64_t time_ns)
{
    int64_t ns = time_ns - a->begin_ns;

    return ns / NS_PER_S * a->rate_hz + ns % NS_PER_S * a->rate_hz / NS_PER_S;
}

/* Time goes on to now_ns: of each stream what is due is heard, then the timeline is settled. */
static void advance(struct call_audio *a, int64_t now_ns)
{
    int64_t line = samples_at(a, now_ns - BEHIND_NS);

    a->now_ns = now_ns;
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].fate == PART_USED)
            audio_stream_advance(&a->parts[i].stream, now_ns, line);
    }
    audio_mix_advance(&a->mix, line);
}

static int first_error(const struct call_audio *a)
{
    if (a->mix.error)
        return a->mix.error;
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].stream.error)
            return a->parts[i].stream.error;
    }
    return 0;
}

/* Time goes on in steps, so that a pause of any length is filled while its place is in memory. */
static int advance_to(struct call_audio *a, int64_t time_ns)
{
    const int64_t step_ns = NS_PER_S / 10;
    int err = 0;

    while (err == 0 && time_ns - a->now_ns >= step_ns) {
        advance(a, a->now_ns + step_ns);
        err = first_error(a);
    }
    return err;
}

int call_audio_render(struct call_audio *a, const struct datagram *d)
{
    struct rtp_packet packet;
    struct part *p = find_part(a, d, &packet);
    int err;

    if (!p || p->fate != PART_USED)
        return 0;
    err = advance_to(a, d->time_ns < a->end_ns ? d->time_ns : a->end_ns);
    if (err)
        return err;
    audio_stream_packet(&p->stream, &packet, d->time_ns, is_cut(d));
    return p->stream.error;
}

int call_audio_finish(struct call_audio *a)
{
    int err = advance_to(a, a->end_ns);

    if (err)
        return err;
    for (size_t i = 0; i < a->part_count; i++) {
        if (a->parts[i].fate == PART_USED)
            audio_stream_finish(&a->parts[i].stream);
    }
    audio_mix_advance(&a->mix, a->mix.end);
    audio_mix_advance(&a->mix, samples_at(a, a->end_ns));
    return first_error(a);
}

void call_audio_read_counts(const struct call_audio *a, struct call_audio_counts *out)
{
    *out = (struct call_audio_counts){ .packets = 0 };
    for (size_t i = 0; i < a->part_count; i++) {
        const struct audio_stream *s = &a->parts[i].stream;

        out->packets += a->parts[i].packets;
        out->lost += s->counts.lost;
        out->late += s->counts.late;
        out->undecodable += s->counts.undecodable;
        out->cut += s->counts.cut;
        out->jumps += s->counts.jumps;
        out->slips += s->counts.slips;
        for (size_t r = 0; r < AUDIO_REFUSAL_COUNT; r++)
            out->refused[r] += audio_stream_refused(s, (enum audio_refusal)r);
    }
}
