#include "analyzer/call/media_evidence.h"

#include "analyzer/call/media_learn.h"

static const struct slice side_names[] = { { NULL, 0 },
                                           SLICE_INIT("caller"),
                                           SLICE_INIT("callee") };

static void write_addr(struct jsonw *j, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];

    if (addr && addr->port)
        jsonw_text(j, slice_of(text, addr_format(addr, text)));
    else
        jsonw_null(j);
}

static void write_counts(struct jsonw *j, const char *key, int64_t caller, int64_t callee)
{
    jsonw_key(j, key);
    jsonw_object_open(j);
    jsonw_key(j, "caller");
    jsonw_int(j, caller);
    jsonw_key(j, "callee");
    jsonw_int(j, callee);
    jsonw_object_close(j);
}

static void write_addrs(struct jsonw *j, const char *key, const struct addr *caller,
                        const struct addr *callee)
{
    jsonw_key(j, key);
    jsonw_object_open(j);
    jsonw_key(j, "caller");
    write_addr(j, caller);
    jsonw_key(j, "callee");
    write_addr(j, callee);
    jsonw_object_close(j);
}

static void write_texts(struct jsonw *j, const char *key, struct slice caller, struct slice callee)
{
    jsonw_key(j, key);
    jsonw_object_open(j);
    jsonw_key(j, "caller");
    jsonw_text(j, caller);
    jsonw_key(j, "callee");
    jsonw_text(j, callee);
    jsonw_object_close(j);
}

static struct slice direction_of(const struct call *call, uint8_t side)
{
    static const struct slice names[] = {
        [SDP_SENDRECV] = SLICE_INIT("sendrecv"),
        [SDP_SENDONLY] = SLICE_INIT("sendonly"),
        [SDP_RECVONLY] = SLICE_INIT("recvonly"),
        [SDP_INACTIVE] = SLICE_INIT("inactive"),
    };

    return call->sdp_seen[side] ? names[call->sdp_direction[side]] : SLICE_ABSENT;
}

static struct slice held_by(const struct call *call)
{
    static const struct slice names[] = {
        { NULL, 0 }, SLICE_INIT("caller"), SLICE_INIT("callee"), SLICE_INIT("both")
    };
    unsigned by = 0;

    for (unsigned side = 0; side < 2; side++) {
        uint8_t direction = call->sdp_direction[side];

        if (call->sdp_seen[side] && (direction == SDP_SENDONLY || direction == SDP_INACTIVE))
            by |= 1u << side;
    }
    return names[by];
}

static struct slice listener_text(uint8_t word)
{
    static const struct slice names[] = {
        [LISTENER_SILENT] = { NULL, 0 },
        [LISTENER_HEARS_NOTHING] = SLICE_INIT("hears_nothing"),
        [LISTENER_HEARS_SEEN] = SLICE_INIT("hears_seen"),
        [LISTENER_HEARS_UNSEEN] = SLICE_INIT("hears_unseen"),
    };

    return names[word];
}

static void write_host(struct jsonw *j, const struct addr *host)
{
    char text[ADDR_TEXT_MAX];

    jsonw_text(j, slice_of(text, addr_format_ip(host, text)));
}

/* The pair that decided, or may decide: that of the media, unless only the other one is blind. */
static const struct pair *pair_of(const struct call *call)
{
    const struct pair_use *media = &call->media.pairs[PAIR_MEDIA];
    const struct pair_use *signalling = &call->media.pairs[PAIR_SIGNALLING];
    bool by_signalling =
        pair_use_word(media) == PAIR_UNDECIDED && pair_use_word(signalling) == PAIR_BLIND;

    return by_signalling || !media->pair ? signalling->pair : media->pair;
}

static void write_pair(struct jsonw *j, const struct pair *p)
{
    bool first, second;

    jsonw_key(j, "pair");
    if (!p) {
        jsonw_null(j);
        return;
    }
    first = p->calls[PAIR_FROM_FIRST] && !p->calls[PAIR_FROM_SECOND] && !p->calls[PAIR_BOTH_WAYS];
    second = p->calls[PAIR_FROM_SECOND] && !p->calls[PAIR_FROM_FIRST] && !p->calls[PAIR_BOTH_WAYS];
    jsonw_object_open(j);
    jsonw_key(j, "kind");
    jsonw_text(j, p->kind == PAIR_MEDIA ? SLICE("media") : SLICE("signalling"));
    jsonw_key(j, "hosts");
    jsonw_array_open(j);
    write_host(j, &p->hosts[0]);
    write_host(j, &p->hosts[1]);
    jsonw_array_close(j);
    jsonw_key(j, "calls");
    jsonw_int(j, pair_calls(p));
    jsonw_key(j, "both_ways");
    jsonw_int(j, p->calls[PAIR_BOTH_WAYS]);
    jsonw_key(j, "one_way");
    jsonw_int(j, pair_one_way(p));
    jsonw_key(j, "only_from");
    if (first || second)
        write_host(j, &p->hosts[second]);
    else
        jsonw_null(j);
    jsonw_key(j, "users");
    jsonw_int(j, p->several_users ? 2 : p->has_user);
    jsonw_object_close(j);
}

/* Candidates and guesses are many; those that media runs over are told. */
static bool is_in_use(const struct call *call, const struct addr *addr)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        if (addr_eq(&call->streams[i]->key.src, addr) || addr_eq(&call->streams[i]->key.dst, addr))
            return true;
    }
    return false;
}

static void write_learned(struct jsonw *j, const struct call *call)
{
    jsonw_key(j, "learned");
    jsonw_array_open(j);
    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (!e->learned || !is_in_use(call, &e->addr))
            continue;
        jsonw_object_open(j);
        jsonw_key(j, "side");
        jsonw_text(j, side_names[e->side + 1]);
        jsonw_key(j, "addr");
        write_addr(j, &e->addr);
        jsonw_key(j, "by");
        jsonw_text(j, media_learned_text(e->learned));
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

static void write_capture(struct jsonw *j, const struct confidence *c)
{
    jsonw_key(j, "capture");
    if (c->level == CONFIDENCE_HIGH && c->simultaneous == 0) {
        jsonw_null(j);
        return;
    }
    jsonw_object_open(j);
    jsonw_key(j, "lost");
    jsonw_int(j, c->lost);
    jsonw_key(j, "simultaneous");
    jsonw_int(j, c->simultaneous);
    jsonw_key(j, "dropped");
    jsonw_int(j, c->dropped < INT64_MAX ? (int64_t)c->dropped : INT64_MAX);
    jsonw_object_close(j);
}

static void write_places(struct jsonw *j, const struct call *call, const struct verdict *v)
{
    const struct addr *announced[2], *from[2] = { NULL, NULL }, *to[2] = { NULL, NULL };

    for (int side = 0; side < 2; side++) {
        announced[side] = &call->media.announced[side];
        if (!v->sides[side].stream)
            continue;
        from[side] = &v->sides[side].stream->key.src;
        to[side] = &v->sides[side].stream->key.dst;
    }
    write_addrs(j, "announced", announced[0], announced[1]);
    write_addrs(j, "arrived_from", from[0], from[1]);
    write_addrs(j, "went_to", to[0], to[1]);
}

void media_evidence_write(const struct call *call, const struct verdict *v,
                          const struct confidence *c, struct strbuf *out)
{
    const struct verdict_side *caller = &v->sides[0], *callee = &v->sides[1];
    struct jsonw j = jsonw_to(out);

    if (v->word == VERDICT_NONE)
        return;
    jsonw_object_open(&j);
    jsonw_key(&j, "why");
    jsonw_text(&j, verdict_reason_text(v->why));
    jsonw_key(&j, "silent_side");
    jsonw_text(&j, side_names[v->silent_side]);
    write_counts(&j, "packets", caller->packets, callee->packets);
    write_counts(&j, "early_packets", caller->early, callee->early);
    write_counts(&j, "elsewhere", caller->elsewhere, callee->elsewhere);
    jsonw_key(&j, "unassigned");
    jsonw_int(&j, v->unassigned);
    write_places(&j, call, v);
    write_texts(&j, "directions", direction_of(call, 0), direction_of(call, 1));
    jsonw_key(&j, "talk_ms");
    if (call->answer_time == RECORD_NONE)
        jsonw_null(&j);
    else
        jsonw_int(&j, v->talk_ns / 1000000);
    write_counts(&j, "excused_ms", v->excused_ns[0] / 1000000, v->excused_ns[1] / 1000000);
    jsonw_key(&j, "held_by");
    jsonw_text(&j, held_by(call));
    write_texts(&j, "rtcp", listener_text(call->media.listener[0]),
                listener_text(call->media.listener[1]));
    write_pair(&j, pair_of(call));
    jsonw_key(&j, "provisional");
    jsonw_bool(&j, v->provisional);
    write_learned(&j, call);
    write_capture(&j, c);
    jsonw_object_close(&j);
}
