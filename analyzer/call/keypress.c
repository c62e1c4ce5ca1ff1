#include "analyzer/call/keypress.h"

#include <math.h>
#include <stdlib.h>

void keypress_fini(struct keypress_list *l)
{
    free(l->keys);
}

static struct keypress *key_new(struct keypress_list *l, struct counters *counters)
{
    if (l->count >= KEYPRESS_MAX) {
        counters->refusals[REFUSAL_DTMF_DIGITS]++;
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
    return &l->keys[l->count++];
}

void keypress_event(struct keypress_list *l, const struct rtp_packet *packet, int64_t time_ns,
                    struct counters *counters)
{
    static const char digits[] = "0123456789*#ABCD";
    struct keypress *k = l->count ? &l->keys[l->count - 1] : NULL;
    struct dtmf_event event;

    if (!dtmf_event_parse(&event, packet->payload) || event.event > 15)
        return;
    if (!k || k->timestamp != packet->timestamp) {
        /* A late packet of an event before this one adds nothing new. */
        if (k && (int32_t)(packet->timestamp - k->timestamp) < 0)
            return;
        k = key_new(l, counters);
        if (!k)
            return;
        *k = (struct keypress){ .time_ns = time_ns,
                                .duration_ms = NAN,
                                .timestamp = packet->timestamp,
                                .digit = digits[event.event],
                                .way = KEYPRESS_RFC4733 };
    }
    if (event.duration > k->duration)
        k->duration = event.duration;
    k->ended = k->ended || event.end;
}
