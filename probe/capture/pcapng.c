/*
 * Every block is: type, length, body, length again, padded to 4 bytes. A section header sets the
 * byte order and forgets the interfaces before it; an interface block says link type, snap length
 * and the unit of time stamps; packet blocks name their interface. Other blocks are passed over.
 */
#include "probe/capture/pcapng.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum pcapng_block {
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in either byte order */
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete, still found */
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
};

enum { OPTION_END = 0, OPTION_IF_TSRESOL = 9, OPTION_IF_TSOFFSET = 14 };

enum {
    BLOCK_FRAME_BYTES = 12,     /* type and both lengths */
    BLOCK_BYTES_MAX = 16 << 20, /* what libpcap allows too; packets end at 256 KiB */
    BODY_STEP_BYTES = 64 << 10, /* memory grows by this much before bytes have come */
    INTERFACES_MAX = 4096,      /* a section; each costs 24 bytes */
    SECOND_EXPONENT_MAX = 19,   /* 10^19 fits 64 bits */
    DEFAULT_EXPONENT = 6,       /* microseconds */
};

static const uint32_t byte_order_magic = 0x1a2b3c4d;

struct interface {
    uint32_t link_type;
    uint32_t snap_bytes; /* 0: no limit */
    uint8_t exponent;    /* units of a second: 10^exponent, or 2^exponent */
    bool binary;
    int64_t offset_s;
};

struct pcapng {
    FILE *file;
    uint64_t offset;      /* of the current block */
    uint64_t next_offset; /* of the one after */
    bool in_section, swapped;
    struct interface *interfaces;
    size_t interfaces_n, interfaces_room;
    uint8_t *body;
    size_t body_room;
    int64_t last_time_ns; /* a simple packet block has no time of its own */
    const char *reason;
};

static uint16_t u16_at(const struct pcapng *ng, const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return ng->swapped ? __builtin_bswap16(v) : v;
}

static uint32_t u32_at(const struct pcapng *ng, const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return ng->swapped ? __builtin_bswap32(v) : v;
}

static uint64_t u64_at(const struct pcapng *ng, const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return ng->swapped ? __builtin_bswap64(v) : v;
}

static enum pcapng_result damaged(struct pcapng *ng, const char *reason)
{
    ng->reason = reason;
    return PCAPNG_DAMAGED;
}

/* PCAPNG_FRAME stands for "go on" below, and never leaves this file as such but with a frame. */
static enum pcapng_result read_exactly(struct pcapng *ng, void *p, size_t n)
{
    if (fread(p, 1, n, ng->file) == n)
        return PCAPNG_FRAME;
    return ferror(ng->file) ? PCAPNG_READ : PCAPNG_CUT;
}

/* Room for n bytes grows with what has come: a claim of 16 MiB in a file of 30 bytes costs 64 KiB. */
static enum pcapng_result read_body(struct pcapng *ng, size_t n)
{
    size_t have = 0;

    while (have < n) {
        size_t want = n;
        enum pcapng_result result;

        if (want > ng->body_room) {
            size_t room = have + (have > BODY_STEP_BYTES ? have : BODY_STEP_BYTES);
            uint8_t *body;

            if (room > ng->body_room) {
                body = realloc(ng->body, room);
                if (!body)
                    return PCAPNG_NO_MEMORY;
                ng->body = body;
                ng->body_room = room;
            }
            if (want > ng->body_room)
                want = ng->body_room;
        }
        result = read_exactly(ng, ng->body + have, want - have);
        if (result != PCAPNG_FRAME)
            return result;
        have = want;
    }
    return PCAPNG_FRAME;
}

static enum pcapng_result skip_body(struct pcapng *ng, size_t n)
{
    uint8_t scratch[4096];

    while (n) {
        size_t step = n < sizeof scratch ? n : sizeof scratch;
        enum pcapng_result result = read_exactly(ng, scratch, step);

        if (result != PCAPNG_FRAME)
            return result;
        n -= step;
    }
    return PCAPNG_FRAME;
}

/* Byte order, before the length can be read. The magic is the body's first word. */
static enum pcapng_result begin_section(struct pcapng *ng, uint32_t *first_word)
{
    enum pcapng_result result = read_exactly(ng, first_word, sizeof *first_word);

    if (result != PCAPNG_FRAME)
        return result;
    if (*first_word == byte_order_magic)
        ng->swapped = false;
    else if (*first_word == __builtin_bswap32(byte_order_magic))
        ng->swapped = true;
    else
        return ng->in_section ? damaged(ng, "a section header without byte order") : PCAPNG_FOREIGN;
    ng->in_section = true;
    ng->interfaces_n = 0;
    return PCAPNG_FRAME;
}

static enum pcapng_result read_interface_options(struct pcapng *ng, struct interface *face,
                                                 const uint8_t *p, size_t left)
{
    while (left >= 4) {
        uint16_t code = u16_at(ng, p), length = u16_at(ng, p + 2);
        size_t padded = ((size_t)length + 3) & ~(size_t)3;

        p += 4;
        left -= 4;
        if (code == OPTION_END)
            break;
        if (padded > left)
            return damaged(ng, "an interface option that is longer than its block");
        if (code == OPTION_IF_TSRESOL && length == 1) {
            face->binary = p[0] & 0x80;
            face->exponent = p[0] & 0x7f;
            if (!face->binary && face->exponent > SECOND_EXPONENT_MAX)
                return damaged(ng, "time stamps of a unit that nobody can count in");
        } else if (code == OPTION_IF_TSOFFSET && length == 8) {
            face->offset_s = (int64_t)u64_at(ng, p);
        }
        p += padded;
        left -= padded;
    }
    return PCAPNG_FRAME;
}

static enum pcapng_result add_interface(struct pcapng *ng, size_t n)
{
    struct interface face = { .exponent = DEFAULT_EXPONENT };
    enum pcapng_result result;

    if (n < 8)
        return damaged(ng, "an interface block that is too short");
    face.link_type = u16_at(ng, ng->body);
    face.snap_bytes = u32_at(ng, ng->body + 4);
    result = read_interface_options(ng, &face, ng->body + 8, n - 8);
    if (result != PCAPNG_FRAME)
        return result;
    if (ng->interfaces_n == ng->interfaces_room) {
        size_t room = ng->interfaces_room ? ng->interfaces_room * 2 : 8;
        struct interface *grown;

        if (room > INTERFACES_MAX)
            return damaged(ng, "more than 4096 interfaces");
        grown = realloc(ng->interfaces, room * sizeof *grown);
        if (!grown)
            return PCAPNG_NO_MEMORY;
        ng->interfaces = grown;
        ng->interfaces_room = room;
    }
    ng->interfaces[ng->interfaces_n++] = face;
    return PCAPNG_FRAME;
}

/* ticks of 1/2^exponent s. The fraction is cut to 33 bits: times 10^9 that still fits 64. */
static void split_binary(uint64_t ticks, unsigned exponent, uint64_t *s, uint64_t *ns)
{
    uint64_t fraction;

    *s = exponent < 64 ? ticks >> exponent : 0;
    if (exponent < 64)
        ticks &= ((uint64_t)1 << exponent) - 1;
    fraction = ticks;
    while (exponent > 33) {
        fraction >>= 1;
        exponent--;
    }
    *ns = fraction * 1000000000u >> exponent;
}

static void split_decimal(uint64_t ticks, unsigned exponent, uint64_t *s, uint64_t *ns)
{
    uint64_t units = 1, fraction;

    for (unsigned i = 0; i < exponent; i++)
        units *= 10;
    *s = ticks / units;
    fraction = ticks % units;
    for (; exponent < 9; exponent++)
        fraction *= 10;
    for (; exponent > 9; exponent--)
        fraction /= 10;
    *ns = fraction;
}

/* Nanoseconds since 1970. What 64 bits cannot hold (before 1677, after 2262) ends a year before their
 * end: whoever adds a time-out to it stays within them. */
static int64_t time_of(const struct interface *face, uint64_t ticks)
{
    const int64_t seconds_max = INT64_MAX / 1000000000 - 366 * 86400;
    uint64_t s, ns;
    int64_t seconds;

    if (face->binary)
        split_binary(ticks, face->exponent, &s, &ns);
    else
        split_decimal(ticks, face->exponent, &s, &ns);
    if (s > (uint64_t)INT64_MAX || __builtin_add_overflow((int64_t)s, face->offset_s, &seconds))
        seconds = INT64_MAX;
    if (seconds > seconds_max)
        seconds = seconds_max;
    if (seconds < -seconds_max)
        seconds = -seconds_max;
    return seconds * 1000000000 + (int64_t)ns;
}

/* Both kinds of packet block, which differ in their first word alone. */
static enum pcapng_result read_packet(struct pcapng *ng, bool enhanced, size_t n, struct frame *out)
{
    const uint8_t *p = ng->body;
    uint32_t index, captured, wire;
    const struct interface *face;

    if (n < 20)
        return damaged(ng, "a packet block that is too short");
    index = enhanced ? u32_at(ng, p) : u16_at(ng, p);
    if (index >= ng->interfaces_n)
        return damaged(ng, "a packet of an interface that was not described");
    face = &ng->interfaces[index];
    captured = u32_at(ng, p + 12);
    wire = u32_at(ng, p + 16);
    if (captured > n - 20)
        return damaged(ng, "a packet that is longer than its block");
    ng->last_time_ns = time_of(face, (uint64_t)u32_at(ng, p + 4) << 32 | u32_at(ng, p + 8));
    out->time_ns = ng->last_time_ns;
    out->data = p + 20;
    out->captured_bytes = captured;
    out->wire_bytes = wire > captured ? wire : captured;
    out->link_type = face->link_type;
    return PCAPNG_FRAME;
}

/* No captured length: what the snap length left of the packet, and it must be in the block. */
static enum pcapng_result read_simple_packet(struct pcapng *ng, size_t n, struct frame *out)
{
    uint32_t captured;

    if (n < 4)
        return damaged(ng, "a packet block that is too short");
    if (ng->interfaces_n == 0)
        return damaged(ng, "a packet of an interface that was not described");
    out->wire_bytes = u32_at(ng, ng->body);
    captured = out->wire_bytes;
    if (ng->interfaces[0].snap_bytes && captured > ng->interfaces[0].snap_bytes)
        captured = ng->interfaces[0].snap_bytes;
    if (captured > n - 4)
        return damaged(ng, "a packet that is longer than its block");
    out->time_ns = ng->last_time_ns;
    out->data = ng->body + 4;
    out->captured_bytes = captured;
    out->link_type = ng->interfaces[0].link_type;
    return PCAPNG_FRAME;
}

static bool is_read(uint32_t type)
{
    return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET ||
           type == BLOCK_ENHANCED_PACKET;
}

/* Reads one block; *is_frame tells whether it filled in *out. */
static enum pcapng_result read_block(struct pcapng *ng, struct frame *out, bool *is_frame)
{
    uint8_t head[8], tail[4];
    uint32_t type, length, first_word;
    size_t got, body_bytes;
    enum pcapng_result result = PCAPNG_FRAME;

    *is_frame = false;
    got = fread(head, 1, sizeof head, ng->file);
    if (got < sizeof head) {
        if (ferror(ng->file))
            return PCAPNG_READ;
        return got ? PCAPNG_CUT : PCAPNG_END;
    }
    type = u32_at(ng, head);
    if (type == BLOCK_SECTION)
        result = begin_section(ng, &first_word);
    else if (!ng->in_section)
        return PCAPNG_FOREIGN;
    if (result != PCAPNG_FRAME)
        return result;
    length = u32_at(ng, head + 4);
    if (length < BLOCK_FRAME_BYTES + (type == BLOCK_SECTION ? 16 : 0) || length % 4)
        return damaged(ng, "a block length that cannot be");
    if (length > BLOCK_BYTES_MAX)
        return damaged(ng, "a block of more than 16 MiB");
    body_bytes = length - BLOCK_FRAME_BYTES;
    if (is_read(type))
        result = read_body(ng, body_bytes);
    else
        result = skip_body(ng, body_bytes - (type == BLOCK_SECTION ? sizeof first_word : 0));
    if (result == PCAPNG_FRAME)
        result = read_exactly(ng, tail, sizeof tail);
    if (result != PCAPNG_FRAME)
        return result;
    if (u32_at(ng, tail) != length)
        return damaged(ng, "a block whose two lengths differ");
    ng->next_offset += length;
    *is_frame = is_read(type) && type != BLOCK_INTERFACE;
    switch (type) {
    case BLOCK_INTERFACE:
        return add_interface(ng, body_bytes);
    case BLOCK_ENHANCED_PACKET:
        return read_packet(ng, true, body_bytes, out);
    case BLOCK_PACKET:
        return read_packet(ng, false, body_bytes, out);
    case BLOCK_SIMPLE_PACKET:
        return read_simple_packet(ng, body_bytes, out);
    default:
        return PCAPNG_FRAME;
    }
}

int pcapng_new(struct pcapng **np, FILE *file)
{
    struct pcapng *ng = calloc(1, sizeof *ng);

    if (!ng)
        return -ENOMEM;
    ng->file = file;
    *np = ng;
    return 0;
}

void pcapng_free(struct pcapng *ng)
{
    if (!ng)
        return;
    free(ng->interfaces);
    free(ng->body);
    free(ng);
}

enum pcapng_result pcapng_next(struct pcapng *ng, struct frame *out)
{
    enum pcapng_result result;
    bool is_frame;

    do {
        ng->offset = ng->next_offset;
        result = read_block(ng, out, &is_frame);
    } while (result == PCAPNG_FRAME && !is_frame);
    return result;
}

uint64_t pcapng_offset(const struct pcapng *ng)
{
    return ng->offset;
}

const char *pcapng_reason(const struct pcapng *ng)
{
    return ng->reason;
}
