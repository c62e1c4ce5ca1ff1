#include "analyzer/call/media_learn.h"

#include "analyzer/base/serial.h"
#include "analyzer/call/tracker.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    CONTINUES_WITHIN = 3000, /* numbers: RFC 3550 A.1, MAX_DROPOUT */
    CONTINUES_WITHIN_S = 30,
    OLDER_ANNOUNCEMENTS = 16, /* of an address, that are looked at */
};

/* A stream that still sends is not continued elsewhere: three packets of 20 ms. */
#define STOPPED_NS INT64_C(60000000)

static uint64_t ssrc_hash(const struct tracker *t, uint32_t ssrc)
{
    return siphash(&t->key, &ssrc, sizeof ssrc);
}

static bool same_ssrc(const void *item, const void *key)
{
    return ((const struct media_ssrc *)item)->ssrc == *(const uint32_t *)key;
}

static struct media_ssrc *find_ssrc(const struct tracker *t, uint32_t ssrc)
{
    return table_find(&t->ssrcs, ssrc_hash(t, ssrc), same_ssrc, &ssrc);
}

/* The call's own entry; NULL: another call has it, or it is over a limit. One entry an SSRC. */
static struct media_ssrc *ssrc_of(struct tracker *t, struct call *call, uint32_t ssrc)
{
    struct media_ssrc *entry = find_ssrc(t, ssrc);

    if (entry && entry->call == call)
        return entry;
    if (entry) {
        entry->shared = true;
        return NULL;
    }
    if (call->media.ssrc_count >= CALL_SSRCS_MAX) {
        tracker_refuse(t, REFUSAL_LEARNED_ADDRESSES);
        return NULL;
    }
    entry = arena_take(&call->arena, sizeof *entry);
    if (!entry) {
        tracker_refuse(t, REFUSAL_MEMORY);
        return NULL;
    }
    *entry = (struct media_ssrc){ .next_in_call = call->media.ssrcs, .call = call, .ssrc = ssrc };
    if (table_put(&t->ssrcs, ssrc_hash(t, ssrc), entry) != 0) {
        tracker_refuse(t, REFUSAL_LEARNED_ADDRESSES);
        return NULL;
    }
    call->media.ssrcs = entry;
    call->media.ssrc_count++;
    return entry;
}

void media_learn_forget(struct tracker *t, struct call *call)
{
    for (struct media_ssrc *s = call->media.ssrcs; s; s = s->next_in_call)
        table_remove(&t->ssrcs, ssrc_hash(t, s->ssrc), s);
    call->media.ssrcs = NULL;
}

void media_learn_named(struct tracker *t, const struct media_endpoint *e, uint32_t ssrc,
                       uint8_t media)
{
    struct media_ssrc *entry = ssrc_of(t, e->call, ssrc);

    if (!entry)
        return;
    entry->by = e;
    entry->media = media;
}

int media_learn_kind(const struct tracker *t, const struct call *call, uint8_t sender,
                     uint32_t ssrc)
{
    const struct media_ssrc *entry = call->media.ssrcs ? find_ssrc(t, ssrc) : NULL;

    return entry && entry->call == call && entry->by && entry->by->side == sender ? entry->media
                                                                                  : -1;
}

/* Streams that go there are the call's too. */
static void learn(struct tracker *t, struct media_stream *s, const struct addr *addr, uint8_t side,
                  enum media_learned by)
{
    uint8_t known = s->call->media.learned_count;
    struct media_endpoint *e = tracker_add_endpoint(t, s->call, addr, s->key.network, by);

    if (!e || s->call->media.learned_count == known)
        return; /* over a limit, or known */
    e->side = side;
    e->media = s->media;
    e->srtp = s->srtp;
    tracker_adopt_orphans(t, e);
}

/* Does the side that sends this one send from where its SDP said? Then somebody else is a stranger. */
static bool has_announced_source(const struct media_stream *s, uint8_t sender)
{
    const struct call *call = s->call;

    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *o = call->streams[i];

        if (o == s || o->direction != s->direction || o->media != s->media)
            continue;
        for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
            if (e->side == sender && !e->learned && addr_eq(&e->addr, &o->key.src))
                return true;
        }
    }
    return false;
}

void media_learn_stream(struct tracker *t, struct media_stream *s, bool listener)
{
    uint8_t sender = s->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;
    struct media_ssrc *entry;

    if (!s->fax) {
        entry = ssrc_of(t, s->call, s->key.ssrc);
        if (entry)
            entry->stream = s;
    }
    if (!listener)
        learn(t, s, &s->key.dst, !sender, LEARNED_ANSWERED);
    else if (!has_announced_source(s, sender))
        learn(t, s, &s->key.src, sender, LEARNED_ANSWERS);
}

static struct media_endpoint *endpoint_of_side(const struct call *call, uint8_t side)
{
    for (struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (e->side == side && !e->rtcp_only)
            return e;
    }
    return NULL;
}

/* Joins the call of `side`'s, and remembers both ends. */
static bool join_as(struct tracker *t, struct media_stream *s, struct call *call, uint8_t sender,
                    enum media_learned by)
{
    struct media_endpoint *e = endpoint_of_side(call, sender);
    bool listener = !e;

    if (!e)
        e = endpoint_of_side(call, !sender);
    if (!e || !tracker_adopt(t, s, e, listener))
        return false;
    learn(t, s, &s->key.src, sender, by);
    learn(t, s, &s->key.dst, !sender, by);
    return true;
}

/* Do the numbers and the codec of `s` follow those of one that stopped? */
static bool continues(const struct media_stream *s, const struct media_stream *old)
{
    int step =
        serial16_diff((uint16_t)(uint64_t)old->rtp.highest, (uint16_t)(uint64_t)s->rtp.first);

    return old->payload_type == s->payload_type && old->key.network == s->key.network && step > 0 &&
           step < CONTINUES_WITHIN && s->rtp.last_time_ns - old->rtp.last_time_ns > STOPPED_NS &&
           s->rtp.first_time_ns > old->rtp.last_time_ns &&
           s->rtp.first_time_ns - old->rtp.last_time_ns < CONTINUES_WITHIN_S * NS_PER_S;
}

static bool join_by_ssrc(struct tracker *t, struct media_stream *s)
{
    const struct media_ssrc *entry = find_ssrc(t, s->key.ssrc);
    const struct media_stream *old;

    if (!entry || entry->shared || media_is_over(entry->call))
        return false;
    if (entry->by && !entry->stream)
        return join_as(t, s, entry->call, entry->by->side, LEARNED_SSRC);
    old = entry->stream;
    if (!old || old->direction == DIRECTION_UNKNOWN || !continues(s, old))
        return false;
    return join_as(t, s, entry->call,
                   old->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE,
                   LEARNED_CONTINUES);
}

bool media_learn_orphan(struct tracker *t, struct media_stream *s)
{
    const struct datagram d = { .src = s->key.src, .dst = s->key.dst, .network = s->key.network };
    bool listener;
    struct media_endpoint *e = tracker_find_endpoint(t, &d, &listener);

    if (e)
        return tracker_adopt(t, s, e, listener);
    return join_by_ssrc(t, s);
}

/* --- ports that are used again --- */

bool media_is_over(const struct call *call)
{
    return call->bye_time != RECORD_NONE || call_state_is_over((enum call_state)call->state);
}

/* The call's streams at that address are its own no more; what they were stays with it. */
static void let_go(struct tracker *t, const struct call *call, const struct media_endpoint *at)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        struct media_stream *s = call->streams[i];

        if (s->key.network == at->network && !s->fax &&
            (addr_eq(&s->key.dst, &at->addr) || addr_eq(&s->key.src, &at->addr)))
            tracker_unfile_stream(t, s);
    }
}

void media_reuse_announced(struct tracker *t, const struct media_endpoint *e)
{
    const struct media_endpoint *older = e->next_at_address;

    for (int i = 0; older && i < OLDER_ANNOUNCEMENTS; older = older->next_at_address, i++) {
        if (older->call != e->call && media_is_over(older->call))
            let_go(t, older->call, e);
    }
}

static const struct call *newer_call(const struct tracker *t, const struct call *call,
                                     const struct addr *addr, uint32_t network)
{
    const struct media_endpoint *newest = media_map_endpoint(&t->media, addr, network);

    return newest && newest->call != call && !newest->weak && !media_is_over(newest->call)
               ? newest->call
               : NULL;
}

/* Both ends: a load test has all its calls at one address, and packets still on their way. */
void media_reuse_over(struct tracker *t, const struct call *call)
{
    for (uint8_t i = 0; i < call->stream_count; i++) {
        struct media_stream *s = call->streams[i];
        const struct call *newer = newer_call(t, call, &s->key.dst, s->key.network);

        if (newer && !s->fax && newer == newer_call(t, call, &s->key.src, s->key.network))
            tracker_unfile_stream(t, s);
    }
}

struct slice media_learned_text(uint8_t learned)
{
    static const struct slice texts[LEARNED_COUNT] = {
        [LEARNED_CANDIDATE] = SLICE_INIT("candidate"),
        [LEARNED_PORT] = SLICE_INIT("port"),
        [LEARNED_ANSWERED] = SLICE_INIT("answered"),
        [LEARNED_ANSWERS] = SLICE_INIT("answers"),
        [LEARNED_SSRC] = SLICE_INIT("ssrc"),
        [LEARNED_CONTINUES] = SLICE_INIT("continues"),
    };

    return texts[learned];
}
