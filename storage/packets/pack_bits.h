/*
 * pack_bits - numbers of few bits, written one behind the other and read back.
 *
 * Bits fill bytes from the highest down. Beside them, whole bytes: varints of seven bits a byte, lowest
 * first, the highest bit saying that more follow.
 *
 * Ownership  The room is the caller's.
 * Errors     What does not fit, or is not there, makes the failure sticky: ask at the end.
 */
#ifndef STORAGE_PACKETS_PACK_BITS_H
#define STORAGE_PACKETS_PACK_BITS_H

#include "analyzer/base/bytes.h"

#include <string.h>

/* A number is told by its upper part in ones and its lower bits as they are; one whose upper part is
 * longer than this is told whole. */
enum { PACK_RICE_ONES = 16, PACK_VARINT_MAX = 10 };

struct bit_writer {
    uint8_t *p, *end;
    uint64_t held; /* the lowest `count` bits wait for a byte to be full */
    unsigned count;
    bool failed;
};

struct bit_reader {
    const uint8_t *p, *end;
    uint64_t held;
    unsigned count;
    bool failed;
};

static inline uint64_t pack_zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t pack_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* n: 0 to 32. */
static inline void bits_put(struct bit_writer *w, uint32_t v, unsigned n)
{
    w->held = w->held << n | v;
    w->count += n;
    while (w->count >= 8) {
        if (w->p == w->end) {
            w->failed = true;
            w->count = 0;
            return;
        }
        w->count -= 8;
        *w->p++ = (uint8_t)(w->held >> w->count);
    }
}

/* Fills up the last byte. */
static inline void bits_close(struct bit_writer *w)
{
    if (w->count)
        bits_put(w, 0, 8 - w->count);
}

/* n: 0 to 32. */
static inline uint32_t bits_get(struct bit_reader *r, unsigned n)
{
    while (r->count < n) {
        if (r->p == r->end) {
            r->failed = true;
            return 0;
        }
        r->held = r->held << 8 | *r->p++;
        r->count += 8;
    }
    r->count -= n;
    return (uint32_t)(r->held >> r->count & ((UINT64_C(1) << n) - 1));
}

/* k: 0 to 32, the bits of the lower part. */
static inline void bits_put_rice(struct bit_writer *w, uint64_t v, unsigned k)
{
    uint64_t ones = v >> k;

    if (ones < PACK_RICE_ONES) {
        bits_put(w, (uint32_t)((UINT64_C(2) << ones) - 2), (unsigned)ones + 1);
        bits_put(w, (uint32_t)(v & ((UINT64_C(1) << k) - 1)), k);
    } else {
        bits_put(w, (1u << PACK_RICE_ONES) - 1, PACK_RICE_ONES);
        bits_put(w, (uint32_t)(v >> 32), 32);
        bits_put(w, (uint32_t)v, 32);
    }
}

static inline uint64_t bits_get_rice(struct bit_reader *r, unsigned k)
{
    uint64_t high = 0;
    unsigned ones = 0;

    while (ones < PACK_RICE_ONES && bits_get(r, 1))
        ones++;
    if (ones < PACK_RICE_ONES)
        return (uint64_t)ones << k | bits_get(r, k);
    high = bits_get(r, 32);
    return high << 32 | bits_get(r, 32);
}

struct byte_writer {
    uint8_t *p, *end;
    bool failed;
};

static inline void pack_put(struct byte_writer *w, const void *bytes, size_t n)
{
    if (n > (size_t)(w->end - w->p)) {
        w->failed = true;
        return;
    }
    if (n)
        memcpy(w->p, bytes, n);
    w->p += n;
}

static inline void pack_put_u8(struct byte_writer *w, uint8_t v)
{
    pack_put(w, &v, 1);
}

static inline void pack_put_varint(struct byte_writer *w, uint64_t v)
{
    uint8_t bytes[PACK_VARINT_MAX];
    size_t n = 0;

    for (; v > 0x7f; v >>= 7)
        bytes[n++] = (uint8_t)(v | 0x80);
    bytes[n++] = (uint8_t)v;
    pack_put(w, bytes, n);
}

static inline uint64_t pack_get_varint(struct bytes *b)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bytes_u8(b);

        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    b->failed = true;
    b->len = 0;
    return 0;
}

/* One that must fit in 32 bits. */
static inline uint32_t pack_get_varint32(struct bytes *b)
{
    uint64_t v = pack_get_varint(b);

    if (v <= UINT32_MAX)
        return (uint32_t)v;
    b->failed = true;
    b->len = 0;
    return 0;
}

#endif
