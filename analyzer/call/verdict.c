#include "analyzer/call/verdict.h"

#include "analyzer/base/siphash.h"

#define NS_PER_S     INT64_C(1000000000)
#define SHORT_NS     (3 * NS_PER_S) /* answered for less: media may not have started */
#define SILENT_NS    (10 * NS_PER_S)
#define HELD_LATE_NS (10 * NS_PER_S)

enum {
    SILENT_PACKETS = 100,   /* fewer say nothing */
    ELSEWHERE_PACKETS = 50, /* a second of them is no mistake that was put right */
};

bool verdict_counts(const struct media_stream *s)
{
    return !s->foreign && s->media != MEDIA_VIDEO;
}

/* NULL: nobody of the call did; candidates and the port of a private address count. */
static const struct media_endpoint *find_announced(const struct call *call, const struct addr *addr)
{
    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (!e->rtcp_only && e->learned <= LEARNED_PORT && addr_eq(&e->addr, addr))
            return e;
    }
    return NULL;
}

static bool is_announced_by(const struct call *call, uint8_t side, const struct addr *addr)
{
    const struct media_endpoint *e = find_announced(call, addr);

    return e && e->side == side;
}

/* Does media of that side come from there? Then it listens there, whatever its SDP says. */
static bool sends_from(const struct call *call, uint8_t direction, const struct addr *addr)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *s = call->streams[i];

        if (!s->foreign && s->direction == direction && addr_eq(&s->key.src, addr))
            return true;
    }
    return false;
}

static bool goes_elsewhere(const struct call *call, uint8_t sender, const struct media_stream *s)
{
    uint8_t back = sender == SIDE_CALLER ? DIRECTION_CALLEE_TO_CALLER : DIRECTION_CALLER_TO_CALLEE;

    return !find_announced(call, &s->key.dst) && !sends_from(call, back, &s->key.dst);
}

static void listen_to(const struct call *call, struct verdict *v, const struct media_stream *s)
{
    uint8_t sender = s->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;
    struct verdict_side *side = &v->sides[sender];
    int64_t packets = s->rtp.packets - s->early_packets;

    if (!verdict_counts(s))
        return;
    if (s->direction == DIRECTION_UNKNOWN) {
        v->unassigned += s->rtp.packets;
        return;
    }
    if (!side->stream || packets > side->stream->rtp.packets - side->stream->early_packets)
        side->stream = s;
    side->packets += packets;
    side->early += s->early_packets;
    side->dtx |= s->noise_packets > 0 || s->rtp.dtx_ticks > 0;
    if (goes_elsewhere(call, sender, s))
        side->elsewhere += packets;
    if (addr_is_private(&s->key.dst))
        side->to_private += packets;
    if (addr_is_private(&s->key.src))
        side->from_private += packets;
    if (is_announced_by(call, sender, &s->key.src))
        side->from_announced += packets;
    side->decoded += s->decoded_packets;
    side->loud += s->loud_packets;
    if (s->media == MEDIA_AUDIO && s->decoded_packets == 0 && !s->format.is_event &&
        !s->format.is_noise)
        side->undecoded = true;
}

int64_t verdict_talk_end(const struct call *call)
{
    return call->bye_time != RECORD_NONE ? call->bye_time : call_last_time(call);
}

static void listen(const struct call *call, struct verdict *v)
{
    int64_t end = verdict_talk_end(call);

    for (uint8_t i = 0; i < call->stream_count; i++)
        listen_to(call, v, call->streams[i]);
    if (call->answer_time == RECORD_NONE || end < call->answer_time)
        return;
    v->talk_ns = end - call->answer_time;
    for (uint8_t side = 0; side < 2; side++)
        v->excused_ns[side] = media_terms_excused_ns(call, side, call->answer_time, end);
}

static bool is_heard(const struct verdict_side *side)
{
    return side->packets > 0 || (side->dtx && side->early > 0);
}

/* Was it to send for long enough that something must have come? Of a call that ended on hold more is
 * asked: who answers and holds at once may do so late. */
static bool owes(const struct call *call, const struct verdict *v, uint8_t side)
{
    int64_t least = media_terms_excuse(call, side) ? HELD_LATE_NS : SHORT_NS;

    return v->talk_ns - v->excused_ns[side] >= least;
}

static const struct addr *signalling_of(const struct call *call, uint8_t side)
{
    return side == SIDE_CALLER ? &call->src : &call->dst;
}

/* Is all that this side names out of reach for the other one? An ICE agent has other addresses. */
static bool asks_for_private(const struct call *call, uint8_t side)
{
    const struct addr *others = signalling_of(call, !side);
    bool any = false;

    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (e->side != side || e->rtcp_only || e->weak || e->unplaced)
            continue;
        if (e->ice || !addr_is_private(&e->addr))
            return false;
        any = true;
    }
    return any && !addr_is_private(others);
}

/* A host in public sends to a private address, while what comes back comes from a public one: there
 * is a NAT between the two, and nobody behind that address hears it. */
static bool sends_into_nat(const struct call *call, const struct verdict *v, uint8_t sender)
{
    const struct verdict_side *own = &v->sides[sender], *others = &v->sides[!sender];

    return own->packets >= ELSEWHERE_PACKETS && own->to_private == own->packets &&
           own->from_private == 0 && others->packets >= ELSEWHERE_PACKETS &&
           others->from_private == 0 && others->to_private == 0 &&
           !addr_is_private(signalling_of(call, !sender));
}

/* All of it goes where nobody of the call is, although the other one is where its SDP says. */
static bool sends_elsewhere(const struct verdict *v, uint8_t sender)
{
    const struct verdict_side *own = &v->sides[sender], *others = &v->sides[!sender];

    return own->packets >= ELSEWHERE_PACKETS && own->elsewhere == own->packets &&
           others->packets >= ELSEWHERE_PACKETS && others->from_announced == others->packets;
}

static void say(struct verdict *v, enum media_verdict word, enum verdict_reason why)
{
    v->word = word;
    v->why = why;
}

/* Packets come, but there is nothing in them. What a side may do on hold is no defect. */
static bool says_nothing(const struct call *call, const struct verdict *v, uint8_t side)
{
    const struct verdict_side *s = &v->sides[side];

    return s->decoded >= SILENT_PACKETS && s->loud == 0 && !s->undecoded &&
           !media_terms_excuse(call, side);
}

static void judge_both(const struct call *call, struct verdict *v)
{
    say(v, VERDICT_OK, v->sides[0].packets && v->sides[1].packets ? WHY_BOTH_HEARD : WHY_DTX);
    if (call_has_fax(call) || v->talk_ns < SHORT_NS)
        return;
    for (uint8_t side = 0; side < 2; side++) {
        if (sends_into_nat(call, v, side))
            say(v, VERDICT_NAT_UNREACHABLE, WHY_SENT_TO_PRIVATE);
        else if (sends_elsewhere(v, side))
            say(v, VERDICT_WRONG_ADDRESS, WHY_SENT_ELSEWHERE);
    }
    for (uint8_t side = 0; side < 2 && v->word == VERDICT_OK; side++) {
        if (v->talk_ns < SILENT_NS || !says_nothing(call, v, side))
            continue;
        say(v, VERDICT_SILENT, WHY_SILENCE);
        v->silent_side = (uint8_t)(side + 1);
    }
}

/* Nothing of either side. */
static void judge_none(const struct call *call, const struct verdict_scene *scene,
                       struct verdict *v)
{
    if (!scene->media_seen)
        say(v, VERDICT_UNKNOWN, WHY_NO_MEDIA_ANYWHERE);
    else if (!call->sdp_seen[0] && !call->sdp_seen[1])
        say(v, VERDICT_UNKNOWN, WHY_NO_SDP);
    else if (call_has_fax(call))
        say(v, VERDICT_UNKNOWN, WHY_FAX);
    else if (!owes(call, v, SIDE_CALLER) && !owes(call, v, SIDE_CALLEE))
        say(v, VERDICT_ON_HOLD, WHY_HELD);
    else
        say(v, VERDICT_NO_RTP, WHY_NOTHING_CAME);
}

/* The mirror or the network, as far as other calls tell. */
static enum pair_word word_of_pairs(const struct call *call)
{
    enum pair_word media = pair_use_word(&call->media.pairs[PAIR_MEDIA]);

    if (media != PAIR_UNDECIDED)
        return media;
    return pair_use_word(&call->media.pairs[PAIR_SIGNALLING]) == PAIR_BLIND ? PAIR_BLIND
                                                                            : PAIR_UNDECIDED;
}

/* One side sends nothing: why? */
static void judge_one(const struct call *call, const struct verdict_scene *scene, uint8_t silent,
                      struct verdict *v)
{
    uint8_t other = !silent;
    enum pair_word pairs = word_of_pairs(call);

    v->silent_side = (uint8_t)(silent + 1);
    if (call_has_fax(call)) {
        say(v, VERDICT_UNKNOWN, WHY_FAX); /* both sides need not send at once */
    } else if (!owes(call, v, silent)) {
        say(v, VERDICT_ON_HOLD, WHY_HELD);
    } else if (call->media.listener[other] == LISTENER_HEARS_UNSEEN) {
        say(v, VERDICT_CAPTURE_BLIND, WHY_REPORTS_OF_UNSEEN);
    } else if (v->sides[other].elsewhere) {
        say(v, VERDICT_WRONG_ADDRESS, WHY_SENT_ELSEWHERE);
    } else if (asks_for_private(call, other)) {
        say(v, VERDICT_NAT_UNREACHABLE, WHY_PRIVATE_ADDRESS);
    } else {
        say(v, VERDICT_ONE_WAY,
            silent == SIDE_CALLER ? WHY_CALLER_SENT_NOTHING : WHY_CALLEE_SENT_NOTHING);
    }
    if (!verdict_is_one_way(v->word) || pairs == PAIR_SEES_BOTH)
        return;
    if (pairs == PAIR_BLIND) {
        say(v, VERDICT_CAPTURE_BLIND, WHY_PAIR_NEVER_BOTH_WAYS);
    } else if (!scene->last) {
        say(v, VERDICT_UNKNOWN, WHY_PAIR_UNDECIDED);
        v->provisional = true;
    }
}

void verdict_judge(const struct call *call, const struct verdict_scene *scene, struct verdict *out)
{
    const struct verdict_side *caller = &out->sides[SIDE_CALLER];
    const struct verdict_side *callee = &out->sides[SIDE_CALLEE];
    int64_t all;

    *out = (struct verdict){ .word = VERDICT_NONE };
    listen(call, out);
    all = caller->packets + callee->packets + out->unassigned;
    if (call->answer_time == RECORD_NONE) {
        if (all + caller->early + callee->early == 0)
            return;
        if (call->state == CALL_IN_CALL || call->state == CALL_COMPLETED)
            say(out, VERDICT_UNKNOWN, WHY_ANSWER_UNSEEN);
        else
            say(out, VERDICT_EARLY_ONLY, WHY_BEFORE_ANSWER);
    } else if (is_heard(caller) && is_heard(callee)) {
        judge_both(call, out);
    } else if (out->talk_ns < SHORT_NS) {
        say(out, VERDICT_UNKNOWN, WHY_TOO_SHORT);
    } else if (out->unassigned) {
        say(out, VERDICT_UNKNOWN, WHY_DIRECTION_UNKNOWN);
    } else if (all == 0) {
        judge_none(call, scene, out);
    } else {
        judge_one(call, scene, is_heard(caller) ? SIDE_CALLEE : SIDE_CALLER, out);
    }
    out->provisional |= !scene->last && call->bye_time == RECORD_NONE;
}

static uint32_t user_of(const struct pair_watch *w, const struct call *call)
{
    return (uint32_t)(siphash(&w->key, call->from_user.p, call->from_user.len) ^
                      3 * siphash(&w->key, call->to_user.p, call->to_user.len));
}

void verdict_tell_pairs(struct pair_watch *w, struct call *call, bool closed)
{
    const struct verdict_scene scene = { true, true };
    const struct media_stream *s;
    struct pair_sight sight;
    struct verdict v;
    uint8_t sender;
    bool both;

    if (call->answer_time == RECORD_NONE || call->stream_count == 0 ||
        call->media.pairs[PAIR_MEDIA].seen == PAIR_BOTH_WAYS)
        return;
    verdict_judge(call, &scene, &v);
    both = v.sides[0].packets && v.sides[1].packets;
    if (!both && (!closed || !v.silent_side || v.word == VERDICT_ON_HOLD || call_has_fax(call)))
        return;
    sender = v.sides[SIDE_CALLER].packets ? SIDE_CALLER : SIDE_CALLEE;
    s = v.sides[sender].stream;
    if (!s)
        return;
    sight = (struct pair_sight){ &s->key.src, &s->key.dst, verdict_talk_end(call), user_of(w, call),
                                 both };
    pair_watch_note(w, &call->media.pairs[PAIR_MEDIA], PAIR_MEDIA, &sight);
    sight.from = signalling_of(call, sender);
    sight.to = signalling_of(call, !sender);
    pair_watch_note(w, &call->media.pairs[PAIR_SIGNALLING], PAIR_SIGNALLING, &sight);
}

struct slice verdict_text(enum media_verdict verdict)
{
    static const struct slice texts[VERDICT_COUNT] = {
#define X(id, text) [VERDICT_##id] = SLICE_INIT(text),
        VERDICTS(X)
#undef X
    };

    return texts[verdict];
}

struct slice verdict_reason_text(enum verdict_reason why)
{
    static const struct slice texts[WHY_COUNT] = {
#define X(id, text) [WHY_##id] = SLICE_INIT(text),
        VERDICT_REASONS(X)
#undef X
    };

    return texts[why];
}

bool verdict_is_one_way(enum media_verdict verdict)
{
    return verdict == VERDICT_ONE_WAY || verdict == VERDICT_WRONG_ADDRESS ||
           verdict == VERDICT_NAT_UNREACHABLE;
}
