/*
 * rewrap_put - numbers in network order, written one behind the other.
 *
 * Each gives the place behind what it wrote.
 */
#ifndef TESTS_SUPPORT_REWRAP_PUT_H
#define TESTS_SUPPORT_REWRAP_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t *put8(uint8_t *p, unsigned value)
{
    *p = (uint8_t)value;
    return p + 1;
}

static inline uint8_t *put16(uint8_t *p, unsigned value)
{
    return put8(put8(p, value >> 8), value);
}

static inline uint8_t *put32(uint8_t *p, uint32_t value)
{
    return put16(put16(p, value >> 16), value);
}

static inline uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
    if (len)
        memcpy(p, bytes, len);
    return p + len;
}

static inline unsigned get16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

#endif
