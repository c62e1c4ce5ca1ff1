/*
 * serial - numbers that wrap, compared in one place.
 *
 * Source  RFC 1982 (serial number arithmetic); RFC 3550 A.1 for the extended sequence number.
 */
#ifndef ANALYZER_BASE_SERIAL_H
#define ANALYZER_BASE_SERIAL_H

#include <stdint.h>

/* How far b is ahead of a, -32768..32767; negative: b is older. */
static inline int serial16_diff(uint16_t a, uint16_t b)
{
    uint16_t d = (uint16_t)(b - a);

    return d < 0x8000u ? (int)d : (int)d - 0x10000;
}

/* The 64-bit number nearest to ref whose low 16 bits are seq. */
static inline int64_t serial16_extend(int64_t ref, uint16_t seq)
{
    return ref + serial16_diff((uint16_t)(uint64_t)ref, seq);
}

static inline int64_t serial32_diff(uint32_t a, uint32_t b)
{
    uint32_t d = b - a;

    return d < 0x80000000u ? (int64_t)d : (int64_t)d - 0x100000000LL;
}

static inline int64_t serial32_extend(int64_t ref, uint32_t value)
{
    return ref + serial32_diff((uint32_t)(uint64_t)ref, value);
}

#endif
