#include "analyzer/call/sighting.h"

#define NS_PER_S INT64_C(1000000000)

static uint64_t mix(uint64_t h, const void *p, size_t len)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    const char *at = p;
    uint64_t word;

    for (; len >= 8; len -= 8, at += 8) {
        memcpy(&word, at, 8);
        h = (h ^ word) * odd;
        h ^= h >> 32;
    }
    word = len;
    if (len)
        memcpy(&word, at, len);
    h = (h ^ word) * odd;
    return h ^ h >> 29;
}

static uint64_t mix_slice(uint64_t h, struct slice s)
{
    return mix(h, s.p, s.len);
}

bool sighting_opens(const struct sip_msg *msg)
{
    return msg->is_request && msg->method == SIP_METHOD_INVITE && msg->to_tag.len == 0;
}

/* Without a branch of RFC 3261 the sender's own word must do. */
static uint32_t via_hash(const struct sip_msg *msg)
{
    static const struct slice cookie = SLICE_INIT("z9hG4bK");
    uint64_t h = mix_slice(1, msg->via_branch);

    if (msg->via_branch.len == 0 || slice_ieq(msg->via_branch, cookie))
        h = mix_slice(h, msg->via_sent_by);
    return (uint32_t)(h >> 16);
}

struct sighting_mark sighting_mark_of(const struct sip_msg *msg, const struct datagram *d)
{
    /* A provisional answer may come again with more to say: with SDP, with another RSeq. */
    const uint32_t numbers[3] = { msg->cseq, (uint32_t)msg->status << 8 | msg->cseq_method,
                                  (uint32_t)msg->method << 8 | (msg->body.len ? 1u : 0u) };
    struct sighting_mark mark = { .via = via_hash(msg) };
    uint64_t h = mix(1, numbers, sizeof numbers);

    h = mix_slice(h, msg->from_tag);
    h = mix_slice(h, msg->to_tag);
    mark.event = mix_slice(h, msg->rseq);
    h = mix(1, d->src.ip, sizeof d->src.ip);
    h = mix(h, d->dst.ip, sizeof d->dst.ip);
    h = mix(h, &d->src.port, sizeof d->src.port);
    h = mix(h, &d->dst.port, sizeof d->dst.port);
    mark.ends = (uint32_t)(mix(h, &d->network, sizeof d->network) >> 16);
    return mark;
}

static const struct sighting_entry *entries_of(const struct sightings *s)
{
    return s->more ? s->more : s->first;
}

static bool is_event(const struct sighting_entry *e, uint64_t event)
{
    return e->event[0] == (uint32_t)event && e->event[1] == (uint32_t)(event >> 32);
}

/* Time may go back a little on a mirror. */
static bool is_within(const struct sighting_entry *e, int64_t time_ns, int64_t seconds)
{
    int64_t age = time_ns / NS_PER_S - (int64_t)e->time_s;

    return age <= seconds && age >= -seconds;
}

enum sighting sighting_look(const struct sightings *s, const struct sighting_mark *mark, bool opens,
                            int64_t time_ns)
{
    const struct sighting_entry *e = entries_of(s);
    enum sighting found = SIGHTING_NEW;

    for (uint8_t i = 0; i < s->used; i++, e++) {
        if (!is_event(e, mark->event))
            continue;
        if (e->ends == mark->ends && (e->via == mark->via || !opens))
            return SIGHTING_AGAIN;
        if (is_within(e, time_ns, SIGHTINGS_ELSEWHERE_S))
            found = SIGHTING_ELSEWHERE;
    }
    return found;
}

bool sighting_has(const struct sightings *s, uint64_t event, uint32_t via)
{
    const struct sighting_entry *e = entries_of(s);

    for (uint8_t i = 0; i < s->used; i++, e++) {
        if (e->via == via && is_event(e, event))
            return true;
    }
    return false;
}

/* Room for more, the oldest first again; without it the oldest is written over. */
static void grow(struct sightings *s, struct arena *arena)
{
    const struct sighting_entry *old = entries_of(s);
    uint8_t room = s->room ? (uint8_t)(s->room * 2) : (uint8_t)(SIGHTINGS_FIRST * 2);
    struct sighting_entry *more;

    if (room > SIGHTINGS_MAX)
        return;
    more = arena_take(arena, room * sizeof *more);
    if (!more)
        return;
    for (uint8_t i = 0; i < s->used; i++)
        more[i] = old[(s->next + i) % s->used];
    s->more = more;
    s->room = room;
    s->next = s->used;
}

void sighting_keep(struct sightings *s, struct arena *arena, const struct sighting_mark *mark,
                   int64_t time_ns)
{
    uint8_t room = s->room ? s->room : SIGHTINGS_FIRST;
    struct sighting_entry *e;

    if (s->used == room && is_within(&entries_of(s)[s->next], time_ns, SIGHTINGS_KEPT_S)) {
        grow(s, arena);
        room = s->room ? s->room : SIGHTINGS_FIRST;
    }
    e = (s->more ? s->more : s->first) + s->next;
    *e = (struct sighting_entry){ { (uint32_t)mark->event, (uint32_t)(mark->event >> 32) },
                                  mark->via,
                                  mark->ends,
                                  (uint32_t)(time_ns / NS_PER_S) };
    if (s->used < room)
        s->used++;
    s->next = (uint8_t)((s->next + 1) % room);
}
