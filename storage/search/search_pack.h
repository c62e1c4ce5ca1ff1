/*
 * search_pack - numbers of a few bits each, one behind the other, and the digits of phone numbers.
 *
 * Packed numbers are little-endian and SEARCH_PACK_SLACK bytes follow the last, so that each is read
 * with one load. Up to 56 bits stand side by side; what is wider takes 64.
 *
 * A phone number of up to 16 characters is 16 nibbles, its last character in the lowest: a suffix is
 * a mask, and the lower half, where numbers differ, can stand apart from the upper, where they are
 * alike.
 *
 * Thread     Pure.
 */
#ifndef STORAGE_SEARCH_SEARCH_PACK_H
#define STORAGE_SEARCH_SEARCH_PACK_H

#include "analyzer/base/strbuf.h"

#include <endian.h>

enum { SEARCH_PACK_SLACK = 8, SEARCH_PHONE_MAX = 16 };

static inline uint64_t search_load_u64(const uint8_t *p)
{
    uint64_t value;

    memcpy(&value, p, sizeof value);
    return le64toh(value);
}

static inline uint32_t search_load_u32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return le32toh(value);
}

/* How many bits hold 0..most. */
static inline unsigned search_pack_bits(uint64_t most)
{
    unsigned bits = most ? 64 - (unsigned)__builtin_clzll(most) : 0;

    return bits > 56 ? 64 : bits;
}

static inline uint64_t search_pack_mask(unsigned bits)
{
    return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

/* With the slack. */
static inline size_t search_pack_bytes(unsigned bits, size_t count)
{
    return (bits * count + 7) / 8 + SEARCH_PACK_SLACK;
}

static inline uint64_t search_pack_at(const uint8_t *p, unsigned bits, size_t i)
{
    size_t at = i * bits;

    return search_load_u64(p + at / 8) >> at % 8 & search_pack_mask(bits);
}

void search_pack_add(struct strbuf *out, const uint64_t *values, unsigned bits, size_t count);

/* False: not of the characters that phone numbers are made of, or too long. */
bool search_phone_pack(struct slice text, uint64_t *packed);

/* The number of characters; an empty text has none. */
static inline unsigned search_phone_length(uint64_t packed)
{
    return packed ? (67 - (unsigned)__builtin_clzll(packed)) / 4 : 0;
}

struct slice search_phone_text(uint64_t packed, char out[SEARCH_PHONE_MAX]);

#endif
