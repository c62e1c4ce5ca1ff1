#include "probe/decap/tcp_unit.h"

#include <stdlib.h>

enum { FIRST_PARTS = 16 };

static bool add_part(struct tcp_delivery *d, const struct held_frame *part)
{
    size_t at = d->part_count;

    if (at == d->part_room) {
        size_t room = at ? 2 * at : FIRST_PARTS;
        const struct held_frame **parts = realloc(d->parts, room * sizeof *parts);

        if (!parts) {
            d->counters->refusals[REFUSAL_MEMORY]++;
            return false;
        }
        d->parts = parts;
        d->part_room = room;
    }
    /* Nearly sorted: what came out of order stands a few places away. */
    for (; at > 0 && d->parts[at - 1]->frame.time_ns > part->frame.time_ns; at--)
        d->parts[at] = d->parts[at - 1];
    d->parts[at] = part;
    d->part_count++;
    return true;
}

/* The frames of a segment, if no other segment of the message is of the same packet. */
static void add_segment(struct tcp_delivery *d, struct decap_unit *unit,
                        const struct tcp_segment *s, const struct tcp_segment **newest)
{
    bool at_hand = d->frame && s->order == d->order;

    if (!*newest || s->order >= (*newest)->order)
        *newest = s;
    if (at_hand && unit->in_frame)
        return;
    if (at_hand) {
        unit->in_frame = true;
        for (size_t i = 0; i < d->packet->part_count; i++)
            add_part(d, d->packet->parts[i]);
        return;
    }
    for (const struct held_frame *held = s->frames; held; held = held->next)
        add_part(d, held);
}

static void hand_over(struct tcp_delivery *d, enum transport transport, struct slice payload,
                      size_t wire_bytes, struct decap_unit *unit, const struct tcp_segment *newest)
{
    struct datagram *g = &unit->datagram;

    g->time_ns = newest->time_ns;
    g->src = *d->src;
    g->dst = *d->dst;
    g->payload = payload;
    g->wire_bytes = wire_bytes < UINT32_MAX ? (uint32_t)wire_bytes : UINT32_MAX;
    g->network = d->network;
    g->transport = (uint8_t)transport;
    g->dscp = newest->dscp;
    g->tcp_gaps = d->gaps;
    g->path = newest->path;
    unit->parts = d->part_count ? d->parts : NULL;
    unit->part_count = d->part_count;
    d->handed |= unit->in_frame;
    d->fn(d->ctx, unit);
}

void tcp_unit_of_segment(struct tcp_delivery *d, enum transport transport, struct slice payload,
                         size_t wire_bytes, const struct tcp_segment *segment)
{
    struct decap_unit unit = { .in_frame = false };
    const struct tcp_segment *newest = NULL;

    d->part_count = 0;
    add_segment(d, &unit, segment, &newest);
    hand_over(d, transport, payload, wire_bytes, &unit, newest);
}

/* Two segments of one packet: what lay between them came in another one before. */
static bool is_repeated(const struct tcp_message *m, const struct tcp_segment *s)
{
    for (const struct tcp_segment *t = m->segments; t != s; t = t->next) {
        if (t->order == s->order)
            return true;
    }
    return false;
}

void tcp_unit_of_message(struct tcp_delivery *d, enum transport transport,
                         const struct tcp_message *m, size_t bytes, size_t payload_bytes,
                         size_t wire_bytes)
{
    struct decap_unit unit = { .in_frame = false };
    const struct tcp_segment *newest = NULL;
    size_t begin = 0;

    d->part_count = 0;
    for (const struct tcp_segment *s = m->segments; s && begin < bytes; s = s->next) {
        if (!s->split || !is_repeated(m, s))
            add_segment(d, &unit, s, &newest);
        begin = s->until;
    }
    if (!newest)
        return;
    hand_over(d, transport, slice_of(m->bytes, payload_bytes), wire_bytes, &unit, newest);
}
