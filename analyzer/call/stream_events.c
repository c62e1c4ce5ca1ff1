#include "analyzer/call/stream_events.h"

#include "analyzer/base/serial.h"
#include "analyzer/call/call.h"

#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    FIRST_ROOM = 4,
    COPY_WITHIN = 100, /* numbers that two taps of one stream may be apart */
    COPY_WITHIN_S = 2,
};

/* Times of two streams that meet for less are one after the other. */
#define TAKE_OVER_NS NS_PER_S

enum event_kind {
    EVENT_CODEC,
    EVENT_CLOCK,
    EVENT_RESTART,
    EVENT_JUMP,
    EVENT_DSCP,
    EVENT_SSRC,
    EVENT_ADDRESS,
    EVENT_COLLISION,
    EVENT_T38,
    EVENT_KINDS
};

struct event_codec {
    char name[MEDIA_CODEC_NAME_MAX];
    uint8_t payload_type;
};

struct stream_event {
    int64_t time_ns;
    uint8_t kind;
    bool announced;
    union {
        struct {
            struct event_codec from, to;
        } codec;
        struct {
            uint32_t from, to;
        } number; /* Hz, DSCP, SSRC */
        struct {
            struct addr from, to;
        } addr;
        double jump_ms;
    } u;
};

struct stream_events {
    struct stream_event *events;
    struct stream_pause pauses[STREAM_PAUSES_MAX];
    uint8_t count, room, pause_count;
    uint8_t of_kind[EVENT_KINDS];
};

void stream_events_free(struct stream_events *e)
{
    if (!e)
        return;
    free(e->events);
    free(e);
}

static struct stream_events *events_of(struct media_stream *s, struct counters *counters)
{
    if (!s->events)
        s->events = calloc(1, sizeof *s->events);
    if (!s->events)
        counters->refusals[REFUSAL_MEMORY]++;
    return s->events;
}

static void add(struct media_stream *s, const struct stream_event *event, struct counters *counters)
{
    struct stream_events *e = events_of(s, counters);

    if (!e)
        return;
    if (e->count >= STREAM_EVENTS_MAX || e->of_kind[event->kind] >= STREAM_EVENTS_OF_KIND) {
        counters->refusals[REFUSAL_STREAM_EVENTS]++;
        return;
    }
    if (e->count == e->room) {
        uint8_t room = e->room ? (uint8_t)(e->room * 2) : FIRST_ROOM;
        struct stream_event *grown = realloc(e->events, room * sizeof *grown);

        if (!grown) {
            counters->refusals[REFUSAL_MEMORY]++;
            return;
        }
        e->events = grown;
        e->room = room;
    }
    e->events[e->count++] = *event;
    e->of_kind[event->kind]++;
}

static struct event_codec codec_of(const struct media_format *f)
{
    struct event_codec codec = { .payload_type = f->payload_type };

    memcpy(codec.name, f->codec, sizeof codec.name);
    return codec;
}

/* Does SDP of who listens name that payload type? */
static bool is_named(const struct media_stream *s, uint8_t payload_type)
{
    uint8_t sender = s->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;

    for (const struct media_endpoint *e = s->call ? s->call->endpoints : NULL; e;
         e = e->next_in_call) {
        if (e->media != s->media || (s->direction != DIRECTION_UNKNOWN && e->side == sender))
            continue;
        for (uint8_t i = 0; i < e->format_count; i++) {
            if (e->formats[i].payload_type == payload_type)
                return true;
        }
    }
    return false;
}

void stream_events_codec(struct media_stream *s, const struct media_format *to, int64_t time_ns,
                         struct counters *counters)
{
    const struct media_format *from = &s->format;
    struct stream_event event = { .time_ns = time_ns,
                                  .kind = EVENT_CODEC,
                                  .announced = is_named(s, to->payload_type) };

    if (to->is_event || to->is_noise || from->is_event || from->is_noise)
        return;
    event.u.codec.from = codec_of(from);
    event.u.codec.to = codec_of(to);
    add(s, &event, counters);
    if (from->clock_rate_hz == 0 || to->clock_rate_hz == 0 ||
        from->clock_rate_hz == to->clock_rate_hz)
        return;
    event = (struct stream_event){ .time_ns = time_ns, .kind = EVENT_CLOCK };
    event.u.number.from = from->clock_rate_hz;
    event.u.number.to = to->clock_rate_hz;
    add(s, &event, counters);
}

void stream_events_restart(struct media_stream *s, int64_t time_ns, struct counters *counters)
{
    const struct stream_event event = { .time_ns = time_ns, .kind = EVENT_RESTART };

    add(s, &event, counters);
}

void stream_events_jump(struct media_stream *s, double jump_ms, int64_t time_ns,
                        struct counters *counters)
{
    const struct stream_event event = { .time_ns = time_ns,
                                        .kind = EVENT_JUMP,
                                        .u = { .jump_ms = jump_ms } };

    add(s, &event, counters);
}

void stream_events_t38(struct media_stream *s, int64_t time_ns, struct counters *counters)
{
    const struct stream_event event = { .time_ns = time_ns, .kind = EVENT_T38 };

    add(s, &event, counters);
}

void stream_events_dscp(struct media_stream *s, uint8_t to, int64_t time_ns,
                        struct counters *counters)
{
    const struct stream_event event = { .time_ns = time_ns,
                                        .kind = EVENT_DSCP,
                                        .u = { .number = { s->dscp, to } } };

    add(s, &event, counters);
}

void stream_events_pause(struct media_stream *s, int64_t from_ns, int64_t to_ns,
                         struct counters *counters)
{
    struct stream_events *e = events_of(s, counters);
    struct stream_pause *at;

    if (!e)
        return;
    if (e->pause_count < STREAM_PAUSES_MAX) {
        at = &e->pauses[e->pause_count++];
    } else {
        at = &e->pauses[0];
        for (int i = 1; i < STREAM_PAUSES_MAX; i++) {
            if (e->pauses[i].to_ns - e->pauses[i].from_ns < at->to_ns - at->from_ns)
                at = &e->pauses[i];
        }
        if (at->to_ns - at->from_ns >= to_ns - from_ns)
            return;
    }
    *at = (struct stream_pause){ from_ns, to_ns };
}

int stream_events_pauses(const struct media_stream *s, struct stream_pause out[STREAM_PAUSES_MAX])
{
    int count = s->events ? s->events->pause_count : 0;

    for (int i = 0; i < count; i++)
        out[i] = s->events->pauses[i];
    return count;
}

static int64_t common_ns(int64_t from, int64_t to, int64_t from2, int64_t to2)
{
    int64_t begin = from > from2 ? from : from2, end = to < to2 ? to : to2;

    return end > begin ? end - begin : 0;
}

static int64_t pauses_within(const struct media_stream *s, int64_t from, int64_t to)
{
    int64_t sum = 0;

    for (int i = 0; s->events && i < s->events->pause_count; i++)
        sum += common_ns(from, to, s->events->pauses[i].from_ns, s->events->pauses[i].to_ns);
    return sum;
}

int64_t stream_events_overlap_ns(const struct media_stream *a, const struct media_stream *b)
{
    int64_t from =
        a->rtp.first_time_ns > b->rtp.first_time_ns ? a->rtp.first_time_ns : b->rtp.first_time_ns;
    int64_t to =
        a->rtp.last_time_ns < b->rtp.last_time_ns ? a->rtp.last_time_ns : b->rtp.last_time_ns;
    int64_t both;

    if (to <= from)
        return 0;
    /* Pauses of both at once are counted twice: rather too little than too much. */
    both = to - from - pauses_within(a, from, to) - pauses_within(b, from, to);
    return both > 0 ? both : 0;
}

bool stream_events_are_copies(const struct media_stream *a, const struct media_stream *b)
{
    int apart =
        serial16_diff((uint16_t)(uint64_t)a->rtp.highest, (uint16_t)(uint64_t)b->rtp.highest);
    int64_t ticks = serial32_diff(a->rtp.last_timestamp, b->rtp.last_timestamp);
    int64_t clock = a->format.clock_rate_hz ? a->format.clock_rate_hz : 8000;

    return a->key.ssrc == b->key.ssrc && apart < COPY_WITHIN && apart > -COPY_WITHIN &&
           ticks < COPY_WITHIN_S * clock && ticks > -COPY_WITHIN_S * clock;
}

/* Who lies before `s`, and for how long they sent at once. */
static bool precedes(const struct media_stream *o, const struct media_stream *s)
{
    return o != s && o->media == s->media && !o->fax && !s->fax &&
           addr_eq(&o->key.dst, &s->key.dst) && o->key.network == s->key.network &&
           (o->rtp.first_time_ns < s->rtp.first_time_ns ||
            (o->rtp.first_time_ns == s->rtp.first_time_ns && o->id < s->id));
}

/* What `o` says of where `s` comes from; false: nothing. */
static bool compare(const struct media_stream *o, const struct media_stream *s,
                    struct stream_event *out)
{
    bool same_source = addr_eq(&o->key.src, &s->key.src);
    bool same_ssrc = o->key.ssrc == s->key.ssrc;
    bool at_once = stream_events_overlap_ns(o, s) > TAKE_OVER_NS;

    *out = (struct stream_event){ .time_ns = s->rtp.first_time_ns };
    if (!precedes(o, s) || same_source == same_ssrc)
        return false;
    if (same_source) {
        out->kind = EVENT_SSRC;
        out->u.number.from = o->key.ssrc;
        out->u.number.to = s->key.ssrc;
        return !at_once;
    }
    out->kind = at_once ? EVENT_COLLISION : EVENT_ADDRESS;
    out->u.addr.from = o->key.src;
    out->u.addr.to = s->key.src;
    return !at_once || !stream_events_are_copies(o, s);
}

/* The last one before `s` that has something to say, of each kind: `count` of them. */
static unsigned compare_all(const struct media_stream *s, struct stream_event out[EVENT_KINDS])
{
    const struct media_stream *latest[EVENT_KINDS] = { NULL };
    unsigned count = 0;

    for (uint8_t i = 0; s->call && i < s->call->stream_count; i++) {
        const struct media_stream *o = s->call->streams[i];
        struct stream_event event;

        if (compare(o, s, &event) &&
            (!latest[event.kind] || o->rtp.last_time_ns > latest[event.kind]->rtp.last_time_ns))
            latest[event.kind] = o;
    }
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        if (latest[kind] && compare(latest[kind], s, &out[count]))
            count++;
    }
    return count;
}

static bool is_announced(const struct media_stream *s, const struct stream_event *e)
{
    return e->announced || is_named(s, e->u.codec.to.payload_type);
}

static void write_codec(struct jsonw *j, const char *key, const struct event_codec *c)
{
    char text[MEDIA_CODEC_NAME_MAX + 8];
    size_t n = strlen(c->name);
    unsigned type = c->payload_type;

    memcpy(text, c->name, n);
    text[n++] = '/';
    if (type >= 100)
        text[n++] = (char)('0' + type / 100);
    if (type >= 10)
        text[n++] = (char)('0' + type / 10 % 10);
    text[n++] = (char)('0' + type % 10);
    jsonw_key(j, key);
    jsonw_text(j, slice_of(text, n));
}

static void write_number(struct jsonw *j, const char *key, uint32_t number, bool is_ssrc)
{
    static const char digits[] = "0123456789abcdef";
    char text[10] = "0x";

    jsonw_key(j, key);
    if (!is_ssrc) {
        jsonw_int(j, number);
        return;
    }
    for (int i = 0; i < 8; i++)
        text[2 + i] = digits[number >> (28 - 4 * i) & 15];
    jsonw_text(j, slice_of(text, sizeof text));
}

static void write_addr(struct jsonw *j, const char *key, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];

    jsonw_key(j, key);
    jsonw_text(j, slice_of(text, addr_format(addr, text)));
}

static void write_event(struct jsonw *j, const struct media_stream *s, const struct stream_event *e)
{
    static const char *const names[EVENT_KINDS] = {
        [EVENT_CODEC] = "codec_change",
        [EVENT_CLOCK] = "clock_change",
        [EVENT_RESTART] = "restart",
        [EVENT_JUMP] = "timestamp_jump",
        [EVENT_DSCP] = "dscp_change",
        [EVENT_SSRC] = "ssrc_change",
        [EVENT_ADDRESS] = "media_address_change",
        [EVENT_COLLISION] = "ssrc_collision",
        [EVENT_T38] = "t38_switch",
    };

    jsonw_object_open(j);
    jsonw_key(j, "t");
    jsonw_time(j, e->time_ns);
    jsonw_key(j, "event");
    jsonw_text(j, slice_of_text(names[e->kind]));
    switch ((enum event_kind)e->kind) {
    case EVENT_CODEC:
        write_codec(j, "from", &e->u.codec.from);
        write_codec(j, "to", &e->u.codec.to);
        jsonw_key(j, "announced");
        jsonw_bool(j, is_announced(s, e));
        break;
    case EVENT_CLOCK:
    case EVENT_DSCP:
    case EVENT_SSRC:
        write_number(j, "from", e->u.number.from, e->kind == EVENT_SSRC);
        write_number(j, "to", e->u.number.to, e->kind == EVENT_SSRC);
        break;
    case EVENT_ADDRESS:
    case EVENT_COLLISION:
        write_addr(j, "from", &e->u.addr.from);
        write_addr(j, "to", &e->u.addr.to);
        break;
    case EVENT_JUMP:
        jsonw_key(j, "jump_ms");
        jsonw_real(j, e->u.jump_ms, 1);
        break;
    case EVENT_RESTART:
    case EVENT_T38:
    case EVENT_KINDS:
        break;
    }
    jsonw_object_close(j);
}

void stream_events_write(const struct media_stream *s, struct strbuf *out)
{
    struct stream_event together[EVENT_KINDS];
    unsigned count = compare_all(s, together), next = 0;
    unsigned noted = s->events ? s->events->count : 0;
    struct jsonw j = jsonw_to(out);

    jsonw_array_open(&j);
    for (unsigned i = 0; i < noted; i++) {
        for (; next < count && together[next].time_ns <= s->events->events[i].time_ns; next++)
            write_event(&j, s, &together[next]);
        write_event(&j, s, &s->events->events[i]);
    }
    for (; next < count; next++)
        write_event(&j, s, &together[next]);
    jsonw_array_close(&j);
}

bool stream_events_first_unannounced(const struct media_stream *s, int64_t *time_ns,
                                     struct strbuf *words)
{
    for (unsigned i = 0; s->events && i < s->events->count; i++) {
        const struct stream_event *e = &s->events->events[i];

        if (e->kind != EVENT_CODEC || is_announced(s, e))
            continue;
        *time_ns = e->time_ns;
        strbuf_addf(words, "%s/%u to %s/%u", e->u.codec.from.name, e->u.codec.from.payload_type,
                    e->u.codec.to.name, e->u.codec.to.payload_type);
        return true;
    }
    return false;
}

int64_t stream_events_unannounced(const struct media_stream *s)
{
    int64_t n = 0;

    for (unsigned i = 0; s->events && i < s->events->count; i++) {
        const struct stream_event *e = &s->events->events[i];

        n += e->kind == EVENT_CODEC && !is_announced(s, e);
    }
    return n;
}

int64_t stream_events_unannounced_in_call(const struct call *call)
{
    int64_t n = RECORD_NONE;

    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *s = call->streams[i];

        if (s->media == MEDIA_AUDIO && !s->foreign && !s->fax)
            n = (n == RECORD_NONE ? 0 : n) + stream_events_unannounced(s);
    }
    return n;
}
