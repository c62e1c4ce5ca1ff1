/* IP packets in pieces: the outermost of each frame, where it is longer than the MTU. */
#include "tests/support/rewrap_ip.h"
#include "tests/support/rewrap_put.h"
#include "tests/support/rewrap_step.h"

#include <string.h>
#include <sysexits.h>

enum {
    PIECES_MAX = 8192, /* 65535 bytes, 8 a piece */
    MORE_FRAGMENTS = 0x2000,
    FRAGMENT_HEADER_BYTES = 8,
    IPV6_FRAGMENT = 44,
    MTU_MIN = 68,
    GAP_NS = 1000, /* between pieces; the last comes when the whole packet would have */
};

enum order { ORDER_IN, ORDER_REVERSE, ORDER_RANDOM };

struct fragmenter {
    struct rewrap_frames out;
    size_t mtu;
    enum order order;
    int64_t lose_every; /* one piece of each so many packets; 0: none */
    bool headless;      /* no first piece is captured */
    uint64_t repeat;    /* that a piece comes twice */
    uint32_t id;
};

static enum order read_order(const struct rewrap_args *args)
{
    static const char *const words[] = { "in", "reverse", "random" };
    const char *text = rewrap_args_text(args, "order");

    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], text) == 0)
            return (enum order)i;
    }
    if (text)
        rewrap_die(EX_USAGE, "order=%s is none of in, reverse, random", text);
    return ORDER_IN;
}

static void shuffle(struct rng *rng, size_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = rng_below(rng, (uint32_t)i), swap = order[i - 1];

        order[i - 1] = order[k];
        order[k] = swap;
    }
}

/* offset and size: of the payload that this piece has. */
static void add_piece(struct fragmenter *f, const struct rewrap_frame *whole,
                      const struct rewrap_ip *ip, size_t offset, size_t size, int64_t time_ns)
{
    size_t extra = ip->is_v6 ? FRAGMENT_HEADER_BYTES : 0, head = ip->payload_at;
    bool more = ip->payload_at + offset + size < ip->end;
    struct rewrap_frame *piece = rewrap_frames_add(&f->out, time_ns, head + extra + size);
    uint8_t *header = piece->p + ip->at, *p = put_bytes(piece->p, whole->p, head);

    piece->origin = whole->origin;
    if (ip->is_v6) {
        p = put8(put8(p, header[6]), 0);
        p = put32(put16(p, (unsigned)offset | more), f->id);
        header[6] = IPV6_FRAGMENT;
    } else {
        put16(header + 4, f->id);
        put16(header + 6, (unsigned)(offset / 8) | (more ? MORE_FRAGMENTS : 0));
    }
    put_bytes(p, whole->p + head + offset, size);
    rewrap_ip_set_length(header, head - ip->at + extra + size);
}

static void split(struct rewrap *r, struct fragmenter *f, const struct rewrap_frame *whole,
                  const struct rewrap_ip *ip)
{
    size_t header = ip->payload_at - ip->at + (ip->is_v6 ? FRAGMENT_HEADER_BYTES : 0);
    size_t size = (f->mtu - header) / 8 * 8, payload = ip->end - ip->payload_at;
    size_t count = (payload + size - 1) / size, lost = SIZE_MAX, order[PIECES_MAX];

    if (whole->len < ip->end)
        rewrap_die(EX_DATAERR, "fragment wants whole packets: put snap behind it");
    for (size_t i = 0; i < count; i++)
        order[i] = f->order == ORDER_REVERSE ? count - 1 - i : i;
    if (f->order == ORDER_RANDOM)
        shuffle(&r->rng, order, count);
    f->id++;
    r->fragmented++;
    if (f->lose_every && r->fragmented % (uint64_t)f->lose_every == 0) {
        lost = rng_below(&r->rng, (uint32_t)count);
        r->lost++;
    }
    if (f->headless)
        lost = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = order[i] * size, n = payload - at < size ? payload - at : size;
        int64_t time_ns = whole->time_ns - (int64_t)(count - 1 - i) * GAP_NS;

        if (order[i] == lost)
            continue;
        add_piece(f, whole, ip, at, n, time_ns);
        if (rng_chance(&r->rng, f->repeat))
            add_piece(f, whole, ip, at, n, time_ns);
    }
}

void rewrap_step_fragment(struct rewrap *r, const struct rewrap_args *args)
{
    struct fragmenter f = { .out = { .link_type = r->frames.link_type } };

    f.mtu = (size_t)rewrap_args_number(args, NULL, MTU_MIN, UINT16_MAX, 1500);
    f.order = read_order(args);
    f.lose_every = rewrap_args_number(args, "lose", 1, INT32_MAX, 0);
    f.headless = rewrap_args_has(args, "headless");
    f.repeat = rewrap_args_chance(args, "repeat");
    f.id = (uint32_t)(rng_next(&r->rng) & 0xffff);
    for (size_t i = 0; i < r->frames.count; i++) {
        struct rewrap_frame *frame = &r->frames.all[i];
        struct rewrap_ip ip;

        if (rewrap_ip_find(r->frames.link_type, frame, &ip) && !ip.is_fragment &&
            ip.end - ip.at > f.mtu)
            split(r, &f, frame, &ip);
        else
            rewrap_frames_move(&f.out, frame);
    }
    rewrap_frames_fini(&r->frames);
    r->frames = f.out;
    rewrap_frames_sort(&r->frames);
}
