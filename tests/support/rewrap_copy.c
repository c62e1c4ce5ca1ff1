/* What a mirror port does to frames: mixes them, delivers them twice, cuts them, and out of order. */
#include "tests/support/rewrap_ip.h"
#include "tests/support/rewrap_put.h"
#include "tests/support/rewrap_step.h"

#include <string.h>
#include <sysexits.h>

enum { NS_PER_US = 1000, AFTER_MACS = 12, VLAN_BYTES = 4 };

static void untag(struct rewrap_frame *frame)
{
    unsigned type = get16(frame->p + AFTER_MACS);

    if (type == REWRAP_VLAN || type == REWRAP_VLAN_AD)
        rewrap_frame_splice(frame, AFTER_MACS, VLAN_BYTES, 0);
}

static void swap_macs(struct rewrap_frame *frame)
{
    uint8_t mac[6];

    memcpy(mac, frame->p, 6);
    memcpy(frame->p, frame->p + 6, 6);
    memcpy(frame->p + 6, mac, 6);
}

/* One router further on: it takes one off and sums anew. */
static void age(struct rewrap_frame *frame, uint32_t link_type, int64_t hops)
{
    struct rewrap_ip ip;
    uint8_t *ttl;

    if (!rewrap_ip_find(link_type, frame, &ip))
        return;
    ttl = frame->p + ip.at + (ip.is_v6 ? 7 : 8);
    *ttl = (uint8_t)(*ttl + hops);
    rewrap_ip_sum(frame->p + ip.at);
}

void rewrap_step_double(struct rewrap *r, const struct rewrap_args *args)
{
    int64_t delay_ns = rewrap_args_number(args, NULL, 0, INT32_MAX, 20) * NS_PER_US;
    int64_t hops = rewrap_args_number(args, "ttl", -8, 8, 0);
    uint64_t share =
        rewrap_args_has(args, "share") ? rewrap_args_chance(args, "share") : RNG_ALWAYS;
    bool ethernet = r->frames.link_type == REWRAP_LINK_ETHERNET;
    size_t count = r->frames.count;

    for (size_t i = 0; i < count; i++) {
        struct rewrap_frame *copy;
        const struct rewrap_frame *frame = &r->frames.all[i];

        if (!rng_chance(&r->rng, share))
            continue;
        copy = rewrap_frames_add(&r->frames, frame->time_ns + delay_ns, frame->len);
        frame = &r->frames.all[i];
        copy->wire_bytes = frame->wire_bytes;
        copy->origin = frame->origin;
        put_bytes(copy->p, frame->p, frame->len);
        if (hops)
            age(copy, r->frames.link_type, hops);
        if (ethernet && rewrap_args_has(args, "macs"))
            swap_macs(copy);
        if (ethernet && rewrap_args_has(args, "untag"))
            untag(copy);
        r->doubled++;
    }
    rewrap_frames_sort(&r->frames);
}

/* Where a mirror port has several sources: one capture, by time. */
void rewrap_step_join(struct rewrap *r, const struct rewrap_args *args)
{
    struct rewrap_frames other = { .count = 0 };

    rewrap_frames_load(&other, args->value);
    if (other.link_type != r->frames.link_type)
        rewrap_die(EX_DATAERR, "%s: link type %u, not %u", args->value, other.link_type,
                   r->frames.link_type);
    for (size_t i = 0; i < other.count; i++) {
        other.all[i].origin = 0;
        rewrap_frames_move(&r->frames, &other.all[i]);
    }
    rewrap_frames_fini(&other);
    rewrap_frames_sort(&r->frames);
}

void rewrap_step_snap(struct rewrap *r, const struct rewrap_args *args)
{
    size_t bytes = (size_t)rewrap_args_number(args, NULL, 1, UINT16_MAX, 96);

    for (size_t i = 0; i < r->frames.count; i++) {
        if (r->frames.all[i].len > bytes)
            r->frames.all[i].len = bytes;
    }
}

/* The file's order alone: the times stay what they were. */
void rewrap_step_shuffle(struct rewrap *r, const struct rewrap_args *args)
{
    uint32_t within_us = (uint32_t)rewrap_args_number(args, NULL, 1, 1000000, 100);

    for (size_t i = 0; i < r->frames.count; i++)
        r->frames.all[i].late_ns = rng_below(&r->rng, within_us * NS_PER_US);
    rewrap_frames_sort(&r->frames);
}
