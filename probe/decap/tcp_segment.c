#include "probe/decap/tcp_segment.h"

#include <stdlib.h>

static bool is_within(const struct frame *frame, const uint8_t *p, size_t n)
{
    uintptr_t data = (uintptr_t)frame->data, at = (uintptr_t)p;

    return at >= data && at - data <= frame->captured_bytes &&
           n <= frame->captured_bytes - (at - data);
}

/* Appends a copy of the frame at *end; the last member of the new end, or NULL. */
static struct held_frame **take_frame(struct held_budget *budget, struct held_frame **end,
                                      const struct frame *frame, const struct held_frame *like)
{
    struct held_frame *held = held_take(budget, frame);

    if (!held)
        return NULL;
    /* The calls that have kept it are those that have kept its model. */
    if (like)
        memcpy(held->owners, like->owners, sizeof held->owners);
    held->next = NULL;
    *end = held;
    return &held->next;
}

static void release_frames(struct held_budget *budget, struct held_frame *held)
{
    while (held) {
        struct held_frame *next = held->next;

        held_release(budget, held);
        held = next;
    }
}

static bool take_frames(struct tcp_segment *s, struct held_budget *budget,
                        const struct frame *frame, const struct tcp_packet *packet)
{
    struct held_frame **end = &s->frames;

    for (size_t i = 0; i < packet->part_count && end; i++)
        end = take_frame(budget, end, &packet->parts[i]->frame, packet->parts[i]);
    return end && take_frame(budget, end, frame, NULL);
}

static size_t frames_bytes(const struct frame *frame, const struct tcp_packet *packet)
{
    size_t n = sizeof(struct held_frame) + frame->captured_bytes;

    for (size_t i = 0; i < packet->part_count; i++)
        n += sizeof(struct held_frame) + packet->parts[i]->frame.captured_bytes;
    return n;
}

static bool fits(const struct tcp_account *a, size_t paid, size_t n)
{
    return n <= a->stream_max_bytes && paid <= a->stream_max_bytes - n;
}

struct tcp_segment *tcp_segment_hold(const struct tcp_account *a, size_t *paid,
                                     const struct tcp_segment *at_hand, const struct frame *frame,
                                     const struct tcp_packet *packet)
{
    bool inside = is_within(frame, at_hand->p, at_hand->captured_bytes);
    size_t size = sizeof *at_hand + (inside ? 0 : at_hand->captured_bytes);
    size_t before = a->budget->used_bytes;
    struct tcp_segment *s;

    if (!fits(a, *paid, size + frames_bytes(frame, packet)) || before > a->budget->max_bytes ||
        size > a->budget->max_bytes - before)
        return NULL;
    s = malloc(size);
    if (!s)
        return NULL;
    *s = *at_hand;
    s->next = NULL;
    s->frames = NULL;
    a->budget->used_bytes += size;
    if (!take_frames(s, a->budget, frame, packet)) {
        release_frames(a->budget, s->frames);
        a->budget->used_bytes -= size;
        free(s);
        return NULL;
    }
    s->paid_bytes = (uint32_t)(a->budget->used_bytes - before);
    *paid += s->paid_bytes;
    if (!inside && at_hand->captured_bytes)
        memcpy(s->bytes, at_hand->p, at_hand->captured_bytes);
    if (!inside) {
        s->p = s->bytes;
    } else {
        const struct held_frame *last = s->frames;

        while (last->next)
            last = last->next;
        s->p = last->frame.data + (at_hand->p - frame->data);
    }
    return s;
}

void tcp_segment_release(const struct tcp_account *a, size_t *paid, struct tcp_segment *s)
{
    size_t before = a->budget->used_bytes;
    size_t in_frames;

    if (!s->frames)
        return;
    release_frames(a->budget, s->frames);
    in_frames = before - a->budget->used_bytes;
    a->budget->used_bytes -= s->paid_bytes - in_frames;
    *paid -= s->paid_bytes;
    free(s);
}

void tcp_segment_trim(struct tcp_segment *s, uint32_t n)
{
    uint32_t there = n < s->captured_bytes ? n : s->captured_bytes;

    if (n == 0)
        return;
    s->p += there;
    s->captured_bytes -= there;
    s->wire_bytes -= n;
    s->seq += n;
    s->begins = false;
}
