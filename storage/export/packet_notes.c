#include "storage/export/packet_notes.h"

#include "analyzer/base/json_item.h"

#include <errno.h>
#include <stdlib.h>

enum {
    LOOKED_AT_BYTES = 512, /* of a frame: behind tunnels, RTP begins before that */
    UDP_HEADER_BYTES = 8,
    RTP_HEADER_BYTES = 12,
    /* RFC 3550 A.1: more than that is no loss but another beginning. */
    DROPOUT_MAX = 3000,
    TEXT_MAX_BYTES = 256 << 10,
    VALUE_MAX = 80, /* bytes of a stranger's name */
};
#define NS_PER_US 1000

/* A sentence that waits for its packet. */
struct note {
    int64_t time_ns;
    uint32_t text_at, text_len; /* in the texts */
    uint8_t stream;             /* that it is told at; ANY_OF and a direction */
    bool is_told;
};

struct noted_stream {
    struct addr src, dst;
    uint32_t ssrc;
    uint8_t direction;
    bool has_sequence;
    uint16_t sequence; /* the highest so far */
};

/* As in the record: who speaks. */
enum { FROM_UNKNOWN, FROM_CALLER, FROM_CALLEE };

/* In note.stream: the next packet of any stream of that direction. */
enum { ANY_OF = 128 };
_Static_assert((int)RECORD_STREAMS_MAX <= (int)ANY_OF, "a stream or a direction");

struct packet_notes {
    struct noted_stream streams[RECORD_STREAMS_MAX];
    uint8_t stream_count;
    uint32_t last_at; /* where RTP began in the frame before: most likely in this one, too */
    struct note *notes;
    size_t count, room, first_waiting;
    struct strbuf texts;
};

/* ---- what the record has to say ---- */

static uint8_t direction_of(struct slice text)
{
    if (slice_eq(text, SLICE("caller_to_callee")))
        return FROM_CALLER;
    return slice_eq(text, SLICE("callee_to_caller")) ? FROM_CALLEE : FROM_UNKNOWN;
}

/* The sentence that begins at `from` in the texts. */
static void add_note(struct packet_notes *n, int64_t time_ns, uint8_t stream, size_t from)
{
    if (n->count == PACKET_NOTES_MAX || n->texts.failed || time_ns == RECORD_NONE) {
        if (!n->texts.failed)
            strbuf_chop(&n->texts, n->texts.len - from);
        return;
    }
    if (n->count == n->room) {
        size_t room = n->room ? n->room * 2 : 16;
        struct note *grown = realloc(n->notes, room * sizeof *grown);

        if (!grown) {
            n->texts.failed = true;
            return;
        }
        n->notes = grown;
        n->room = room;
    }
    n->notes[n->count++] = (struct note){ .time_ns = time_ns,
                                          .text_at = (uint32_t)from,
                                          .text_len = (uint32_t)(n->texts.len - from),
                                          .stream = stream };
}

/* The value of a key, without quotes; '?' when it is not there. */
static void add_value(struct packet_notes *n, struct slice event, const char *key)
{
    struct slice value = json_item_get(event, key);
    size_t before = n->texts.len;

    if (value.len && value.p[0] == '"')
        json_item_add_text(&n->texts, value);
    else
        strbuf_add_printable(&n->texts, value);
    if (!n->texts.failed && n->texts.len - before > VALUE_MAX)
        strbuf_chop(&n->texts, n->texts.len - before - VALUE_MAX);
    if (n->texts.len == before)
        strbuf_add_char(&n->texts, '?');
}

static const struct {
    const char *event, *sentence;
    bool has_ends; /* "from … to …" */
} event_sentences[] = {
    { "codec_change", "codec changes", true },
    { "clock_change", "clock rate changes", true },
    { "ssrc_change", "SSRC changes", true },
    { "media_address_change", "media address changes", true },
    { "ssrc_collision", "SSRC collision: source address changes", true },
    { "dscp_change", "DSCP changes", true },
    { "timestamp_jump", "RTP timestamp jumps", false },
    { "restart", "stream begins anew", false },
    { "t38_switch", "fax (T.38) takes over", false },
};

static void note_event(struct packet_notes *n, uint8_t stream, struct slice event)
{
    struct strbuf name = { .max_bytes = VALUE_MAX };
    size_t from = n->texts.len;

    json_item_add_raw(&name, json_item_get(event, "event"));
    for (size_t i = 0; i < sizeof event_sentences / sizeof event_sentences[0]; i++) {
        if (!slice_eq(strbuf_slice(&name), slice_of_text(event_sentences[i].event)))
            continue;
        strbuf_add_text(&n->texts, event_sentences[i].sentence);
        if (event_sentences[i].has_ends) {
            strbuf_add_text(&n->texts, " from ");
            add_value(n, event, "from");
            strbuf_add_text(&n->texts, " to ");
            add_value(n, event, "to");
        }
        if (i == 0)
            strbuf_add_text(&n->texts, json_item_is_true(event, "announced")
                                           ? ", as the SDP announced"
                                           : ", which no SDP announced");
        add_note(n, json_item_time(json_item_number(event, "t")), stream, from);
        break;
    }
    strbuf_fini(&name);
}

static void note_stream(struct packet_notes *n, const struct stream_record *s)
{
    struct slice events = s->events, event;

    if (n->stream_count == RECORD_STREAMS_MAX || s->ssrc == RECORD_NONE)
        return;
    n->streams[n->stream_count] = (struct noted_stream){
        .src = s->src,
        .dst = s->dst,
        .ssrc = (uint32_t)s->ssrc,
        .direction = s->foreign_source == 1 ? FROM_UNKNOWN : direction_of(s->direction),
    };
    while (json_item_next(&events, &event))
        note_event(n, n->stream_count, event);
    n->stream_count++;
}

/* From the answer on somebody was not heard: told at the first packet of who was. */
static void note_one_way(struct packet_notes *n, const struct call_record *call)
{
    struct strbuf side = { .max_bytes = VALUE_MAX };
    size_t from = n->texts.len;
    bool is_caller;

    json_item_add_raw(&side, json_item_get(call->media_evidence, "silent_side"));
    is_caller = slice_eq(strbuf_slice(&side), SLICE("caller"));
    if (call->one_way == 1 && (is_caller || slice_eq(strbuf_slice(&side), SLICE("callee")))) {
        strbuf_addf(&n->texts, "one-way audio begins: the %s is not heard",
                    is_caller ? "caller" : "callee");
        if (call->media_verdict.len) {
            strbuf_add_text(&n->texts, " (");
            strbuf_add_printable(&n->texts, call->media_verdict);
            strbuf_add_char(&n->texts, ')');
        }
        add_note(n, call->answer_time, ANY_OF + (is_caller ? FROM_CALLEE : FROM_CALLER), from);
    }
    strbuf_fini(&side);
}

/* A direction that fell silent, told at the next packet of the other; and at its own when it is back. */
static void note_timeouts(struct packet_notes *n, struct slice timeouts)
{
    struct slice item;

    while (json_item_next(&timeouts, &item)) {
        struct strbuf text = { .max_bytes = VALUE_MAX };
        int64_t to = json_item_time(json_item_number(item, "to"));
        size_t from = n->texts.len;
        uint8_t direction;

        json_item_add_raw(&text, json_item_get(item, "direction"));
        direction = direction_of(strbuf_slice(&text));
        strbuf_fini(&text);
        if (direction == FROM_UNKNOWN)
            continue;
        strbuf_addf(&n->texts, "one-way audio begins: no packet of the %s for over 60 s",
                    direction == FROM_CALLER ? "caller" : "callee");
        add_note(n, json_item_time(json_item_number(item, "from")),
                 ANY_OF + (direction == FROM_CALLER ? FROM_CALLEE : FROM_CALLER), from);
        from = n->texts.len;
        strbuf_addf(&n->texts, "the %s is heard again",
                    direction == FROM_CALLER ? "caller" : "callee");
        add_note(n, to, ANY_OF + direction, from);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct note *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->text_at < y->text_at ? -1 : x->text_at > y->text_at;
}

int packet_notes_new(struct packet_notes **np, const struct call_record *call)
{
    struct packet_notes *n = calloc(1, sizeof *n);

    if (!n)
        return -ENOMEM;
    n->texts.max_bytes = TEXT_MAX_BYTES;
    for (size_t i = 0; i < call->stream_count; i++)
        note_stream(n, &call->streams[i]);
    note_one_way(n, call);
    note_timeouts(n, call->media_timeouts);
    if (n->count)
        qsort(n->notes, n->count, sizeof *n->notes, by_time);
    *np = n;
    return 0;
}

void packet_notes_free(struct packet_notes *n)
{
    if (!n)
        return;
    free(n->notes);
    strbuf_fini(&n->texts);
    free(n);
}

/* ---- the packets ---- */

static uint16_t u16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)u16_at(p) << 16 | u16_at(p + 2);
}

/* Do the stream's addresses stand right in front of the UDP header? */
static bool has_hosts(const struct noted_stream *s, const uint8_t *frame, uint32_t at)
{
    uint32_t bytes = addr_is_v4(&s->src) ? 4 : 16;

    return at >= 2 * bytes && memcmp(frame + at - 2 * bytes, s->src.ip + 16 - bytes, bytes) == 0 &&
           memcmp(frame + at - bytes, s->dst.ip + 16 - bytes, bytes) == 0;
}

/* How well the headers fit the stream, whose address may have changed meanwhile; 0: they do not. */
static int fits(const struct noted_stream *s, const uint8_t *frame, uint32_t at)
{
    bool src = s->src.port == u16_at(frame + at), dst = s->dst.port == u16_at(frame + at + 2);

    if (s->ssrc != u32_at(frame + at + UDP_HEADER_BYTES + 8) || (!src && !dst))
        return 0;
    return 1 + 2 * (src && dst) + has_hosts(s, frame, at);
}

/* Is there a UDP header with RTP of one of the streams behind it? */
static struct noted_stream *stream_at(struct packet_notes *n, const struct merged_frame *f,
                                      uint32_t at)
{
    const uint8_t *p = f->data + at;
    uint16_t length = u16_at(p + 4);
    uint8_t type = p[UDP_HEADER_BYTES + 1] & 0x7f;
    struct noted_stream *best = NULL;
    int best_fit = 0;

    if (p[UDP_HEADER_BYTES] >> 6 != 2 || length < UDP_HEADER_BYTES + RTP_HEADER_BYTES ||
        length > f->wire_bytes - at || (type >= 72 && type <= 76)) /* RFC 5761: that is RTCP */
        return NULL;
    for (uint8_t i = 0; i < n->stream_count; i++) {
        int fit = fits(&n->streams[i], f->data, at);

        if (fit > best_fit) {
            best = &n->streams[i];
            best_fit = fit;
        }
    }
    return best;
}

/* The stream of the frame and its sequence number. */
static struct noted_stream *find_stream(struct packet_notes *n, const struct merged_frame *f,
                                        uint16_t *sequence)
{
    uint32_t looked = f->captured_bytes < LOOKED_AT_BYTES ? f->captured_bytes : LOOKED_AT_BYTES;
    uint32_t at = n->last_at, need = UDP_HEADER_BYTES + RTP_HEADER_BYTES;
    struct noted_stream *s = NULL;

    if (looked < need || f->wire_bytes < f->captured_bytes)
        return NULL;
    if (at <= looked - need)
        s = stream_at(n, f, at);
    for (uint32_t i = 0; !s && i <= looked - need; i++) {
        at = i;
        s = stream_at(n, f, i);
    }
    if (!s)
        return NULL;
    n->last_at = at;
    *sequence = u16_at(f->data + at + UDP_HEADER_BYTES + 2);
    return s;
}

static void look_at_sequence(struct noted_stream *s, uint16_t sequence, struct strbuf *out)
{
    uint16_t ahead = (uint16_t)(sequence - s->sequence);

    if (s->has_sequence && (ahead == 0 || ahead >= 0x8000))
        return; /* twice, or late */
    if (s->has_sequence && ahead > PACKET_NOTES_BURST && ahead <= DROPOUT_MAX)
        strbuf_addf(
            out, "loss burst: %u packets of SSRC 0x%08x are missing before this one (%u to %u)\n",
            (unsigned)ahead - 1, (unsigned)s->ssrc, (unsigned)(uint16_t)(s->sequence + 1),
            (unsigned)(uint16_t)(sequence - 1));
    s->sequence = sequence;
    s->has_sequence = true;
}

static void tell_waiting(struct packet_notes *n, const struct noted_stream *s, int64_t time_ns,
                         struct strbuf *out)
{
    uint8_t own = (uint8_t)(s - n->streams);

    while (n->first_waiting < n->count && n->notes[n->first_waiting].is_told)
        n->first_waiting++;
    for (size_t i = n->first_waiting; i < n->count; i++) {
        struct note *note = &n->notes[i];

        /* Records have microseconds. */
        if (note->time_ns > time_ns + NS_PER_US)
            return;
        if (note->is_told || (note->stream != own && note->stream != ANY_OF + s->direction))
            continue;
        strbuf_add(out, n->texts.p + note->text_at, note->text_len);
        strbuf_add_char(out, '\n');
        note->is_told = true;
    }
}

void packet_notes_look(struct packet_notes *n, const struct merged_frame *frame, struct strbuf *out)
{
    struct noted_stream *s;
    uint16_t sequence;

    if (!frame->is_media || n->stream_count == 0)
        return;
    s = find_stream(n, frame, &sequence);
    if (!s)
        return;
    look_at_sequence(s, sequence, out);
    if (!n->texts.failed)
        tell_waiting(n, s, frame->time_ns, out);
}
