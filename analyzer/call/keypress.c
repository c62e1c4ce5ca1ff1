#include "analyzer/call/keypress.h"

#include "analyzer/base/serial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEGMENT_TICKS = 0xffff, /* RFC 4733 §2.5.1.3: then the next segment begins */
    USUAL_PACKET_MS = 20,
};

/* Packets of one event are never further apart than a duration can say: 8.2 s at 8 kHz. */
#define SAME_EVENT_NS INT64_C(15000000000)
/* How late a packet may come to stand before what came already. Further back is another clock. */
#define OUT_OF_ORDER_NS INT64_C(5000000000)

void keypress_fini(struct keypress_list *l)
{
    free(l->keys);
}

/* Room at that place. NULL at the cap or without memory, both counted. */
static struct keypress *insert(struct keypress_list *l, uint32_t at, uint32_t known_by,
                               struct counters *counters)
{
    if (l->count >= KEYPRESS_MAX) {
        if (l->refused != known_by)
            counters->refusals[REFUSAL_DTMF_DIGITS]++;
        l->refused = known_by;
        return NULL;
    }
    if (l->count == l->room) {
        uint32_t room = l->room ? l->room * 2 : 8;
        struct keypress *grown = realloc(l->keys, room * sizeof *grown);

        if (!grown) {
            counters->refusals[REFUSAL_MEMORY]++;
            return NULL;
        }
        l->keys = grown;
        l->room = room;
    }
    memmove(&l->keys[at + 1], &l->keys[at], (l->count - at) * sizeof *l->keys);
    l->count++;
    return &l->keys[at];
}

static void put(struct keypress_list *l, uint32_t at, const struct keypress *key,
                struct counters *counters)
{
    struct keypress *k = insert(l, at, key->known_by, counters);

    if (!k)
        return;
    *k = *key;
    /* The order is what is known best: of times, a late packet's are the doubtful ones. */
    if (at + 1 < l->count && k->time_ns > k[1].time_ns)
        k->time_ns = k[1].time_ns;
    if (at > 0 && k->time_ns < k[-1].time_ns)
        k->time_ns = k[-1].time_ns;
}

/* Where a key of that time belongs. */
static uint32_t place_by_time(const struct keypress_list *l, int64_t time_ns)
{
    uint32_t at = l->count;

    while (at > 0 && l->keys[at - 1].time_ns > time_ns)
        at--;
    return at;
}

/* The event that the packet is of, and in which of its segments. */
static struct keypress *find_event(const struct keypress_list *l, uint32_t timestamp, char digit,
                                   int64_t time_ns, uint32_t *segment)
{
    for (uint32_t i = l->count; i-- > 0;) {
        struct keypress *k = &l->keys[i];
        uint32_t ahead = timestamp - k->known_by;

        *segment = ahead / SEGMENT_TICKS;
        if (k->way != KEYPRESS_RFC4733 || k->digit != digit || ahead % SEGMENT_TICKS != 0 ||
            time_ns - k->last_ns > SAME_EVENT_NS)
            continue;
        /* The next segment, or one that is there already. */
        if (*segment <= k->ticks / SEGMENT_TICKS + (k->ended ? 0 : 1))
            return k;
    }
    return NULL;
}

/* Behind all, unless it comes late: then before those whose timestamp is ahead of it. */
static uint32_t place_by_timestamp(const struct keypress_list *l, uint32_t timestamp,
                                   double ms_per_tick, int64_t time_ns)
{
    uint32_t at = l->count;

    for (uint32_t i = l->count; i-- > 0;) {
        const struct keypress *k = &l->keys[i];
        int64_t ahead = serial32_diff(timestamp, k->known_by);

        if (k->way != KEYPRESS_RFC4733)
            continue;
        if (ahead <= 0 || (double)ahead * ms_per_tick * 1e6 > (double)OUT_OF_ORDER_NS ||
            time_ns - k->last_ns > OUT_OF_ORDER_NS)
            break;
        at = i;
    }
    return at;
}

/* When the key was pressed, by a packet that may not be the event's first one. */
static int64_t begin_of(const struct dtmf_event *event, const struct keypress_clock *clock,
                        int64_t time_ns)
{
    double passed_ms = event->duration * clock->ms_per_tick;
    double packet_ms =
        clock->ticks_per_packet ? clock->ticks_per_packet * clock->ms_per_tick : USUAL_PACKET_MS;

    return passed_ms > packet_ms ? time_ns - (int64_t)((passed_ms - packet_ms) * 1e6) : time_ns;
}

void keypress_event(struct keypress_list *l, const struct rtp_packet *packet,
                    const struct keypress_clock *clock, int64_t time_ns, struct counters *counters)
{
    struct dtmf_event event;
    struct keypress *k;
    uint32_t segment, ticks;
    char digit;

    if (!dtmf_event_parse(&event, packet->payload)) {
        counters->refusals[REFUSAL_DTMF_MALFORMED]++;
        return;
    }
    digit = dtmf_event_digit(&event);
    if (!digit)
        return; /* another tone */
    k = find_event(l, packet->timestamp, digit, time_ns, &segment);
    if (!k) {
        const struct keypress key = { .time_ns = begin_of(&event, clock, time_ns),
                                      .last_ns = time_ns,
                                      .duration_ms = event.duration
                                                         ? event.duration * clock->ms_per_tick
                                                         : NAN,
                                      .known_by = packet->timestamp,
                                      .ticks = event.duration,
                                      .digit = digit,
                                      .way = KEYPRESS_RFC4733,
                                      .ended = event.end };

        put(l, place_by_timestamp(l, packet->timestamp, clock->ms_per_tick, time_ns), &key,
            counters);
        return;
    }
    ticks = segment * SEGMENT_TICKS + event.duration;
    if (ticks > k->ticks) {
        k->ticks = ticks;
        k->duration_ms = ticks * clock->ms_per_tick;
    }
    if (time_ns > k->last_ns)
        k->last_ns = time_ns;
    k->ended = k->ended || event.end;
}

static struct keypress *find_info(const struct keypress_list *l, uint32_t cseq, uint8_t direction)
{
    for (uint32_t i = l->count; i-- > 0;) {
        struct keypress *k = &l->keys[i];

        if (k->way == KEYPRESS_INFO && k->known_by == cseq && k->direction == direction)
            return k;
    }
    return NULL;
}

void keypress_info(struct keypress_list *l, const struct keypress *key, struct counters *counters)
{
    const struct keypress *same = find_info(l, key->known_by, key->direction);

    if (!same || same->digit != key->digit)
        put(l, place_by_time(l, key->time_ns), key, counters);
}

void keypress_withdraw(struct keypress_list *l, uint32_t cseq, uint8_t direction)
{
    struct keypress *k = find_info(l, cseq, direction);

    if (!k)
        return;
    l->count--;
    memmove(k, k + 1, (size_t)(&l->keys[l->count] - k) * sizeof *k);
}

void keypress_tone(struct keypress_list *l, const struct keypress *key, struct counters *counters)
{
    for (uint32_t i = l->count; i-- > 0;) {
        struct keypress *k = &l->keys[i];

        if (k->way != KEYPRESS_INBAND || k->known_by != key->known_by || k->digit != key->digit)
            continue;
        k->duration_ms = key->duration_ms;
        return;
    }
    put(l, place_by_time(l, key->time_ns), key, counters);
}
