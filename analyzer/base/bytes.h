/*
 * bytes - a reader over a stranger's bytes that cannot run past their end.
 *
 * A read beyond the end returns 0 and makes the failure sticky: read first, ask bytes_ok() once.
 * All numbers are big-endian (network order) unless the name ends in _le.
 */
#ifndef ANALYZER_BASE_BYTES_H
#define ANALYZER_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *p;
    size_t len; /* what is left */
    bool failed;
};

static inline struct bytes bytes_of(const void *p, size_t len)
{
    return (struct bytes){ (const uint8_t *)p, len, false };
}

static inline bool bytes_ok(const struct bytes *b)
{
    return !b->failed;
}

/* Takes n bytes; NULL when there are not that many. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
    const uint8_t *at = b->p;

    if (b->failed || n > b->len) {
        b->failed = true;
        b->len = 0;
        return NULL;
    }
    if (n) {
        b->p += n;
        b->len -= n;
    }
    return at;
}

static inline uint8_t bytes_u8(struct bytes *b)
{
    const uint8_t *p = bytes_take(b, 1);

    return p ? p[0] : 0;
}

static inline uint16_t bytes_u16(struct bytes *b)
{
    const uint8_t *p = bytes_take(b, 2);

    if (!p)
        return 0;
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t bytes_u24(struct bytes *b)
{
    const uint8_t *p = bytes_take(b, 3);

    if (!p)
        return 0;
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t bytes_u32(struct bytes *b)
{
    const uint8_t *p = bytes_take(b, 4);

    if (!p)
        return 0;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t bytes_u64(struct bytes *b)
{
    uint64_t high = bytes_u32(b);

    return high << 32 | bytes_u32(b);
}

#endif
