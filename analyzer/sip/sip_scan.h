/*
 * sip_scan - finds the bytes that SIP turns on, sixteen or eight at a time.
 *
 * The fields of a SIP message are some ten bytes long: too short for a call of memchr to pay, too
 * many for a loop over bytes. Each function reads within the slice only; the last word of a slice
 * that is long enough overlaps the one before it. What SSE2 does, which every x86-64 has, the plain
 * code does too: -U__SSE2__ builds that alone.
 */
#ifndef ANALYZER_SIP_SIP_SCAN_H
#define ANALYZER_SIP_SIP_SCAN_H

#include "analyzer/base/slice.h"

#include <endian.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SCAN_ONES  UINT64_C(0x0101010101010101)
#define SCAN_HIGHS UINT64_C(0x8080808080808080)

/* The bytes that are looked for are constants: only inline are they folded into the code. */
#define SCAN_INLINE static inline __attribute__((always_inline))

/* The byte of the lowest address is the lowest one. */
static inline uint64_t scan_load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* Four letters as scan_load4 gives them. */
#define SCAN_WORD(a, b, c, d)                                                                      \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static inline uint32_t scan_load4(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return le32toh(word);
}

/* Upper to lower case in each byte: 0x20 goes in where 0x40 is set. That is right for letters and
 * leaves digits, '-', ':' and '/' alone; compare with text made of those only. */
static inline uint64_t scan_lower8(uint64_t word)
{
    return word | (word & UINT64_C(0x4040404040404040)) >> 1;
}

/* The high bit of each byte that is below n (1..128). Those above the first may be wrong: a borrow
 * runs upwards. */
static inline uint64_t scan_below(uint64_t word, unsigned n)
{
    return (word - SCAN_ONES * n) & ~word & SCAN_HIGHS;
}

/* The same for each byte that is c. */
static inline uint64_t scan_equal(uint64_t word, char c)
{
    return scan_below(word ^ SCAN_ONES * (unsigned char)c, 1);
}

static inline size_t scan_first(uint64_t hits)
{
    return (size_t)__builtin_ctzll(hits) / 8;
}

static inline uint64_t scan_equal3(uint64_t word, char a, char b, char c)
{
    return scan_equal(word, a) | scan_equal(word, b) | scan_equal(word, c);
}

/* scan_find3 in a slice too short for SSE2. */
SCAN_INLINE size_t scan_find3_by_8(struct slice s, char a, char b, char c)
{
    size_t at = 0;
    uint64_t hits;

    for (; at + 8 <= s.len; at += 8) {
        hits = scan_equal3(scan_load8(s.p + at), a, b, c);
        if (hits)
            return at + scan_first(hits);
    }
    if (s.len < 8) {
        while (at < s.len && s.p[at] != a && s.p[at] != b && s.p[at] != c)
            at++;
        return at;
    }
    if (at == s.len)
        return at;
    /* The last eight bytes, those that were seen already shifted out. */
    hits = scan_equal3(scan_load8(s.p + s.len - 8) >> 8 * (at + 8 - s.len), a, b, c);
    return hits ? at + scan_first(hits) : s.len;
}

#ifdef __SSE2__
static inline __m128i scan_load16(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* A bit for each byte that is a, b or c. */
SCAN_INLINE unsigned scan_mask16(const char *p, char a, char b, char c)
{
    __m128i bytes = scan_load16(p);
    __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(a)),
                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b)));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
}

SCAN_INLINE size_t scan_find3_by_16(struct slice s, char a, char b, char c)
{
    size_t at = 0;
    unsigned hits;

    for (; at + 16 <= s.len; at += 16) {
        hits = scan_mask16(s.p + at, a, b, c);
        if (hits)
            return at + (size_t)__builtin_ctz(hits);
    }
    if (at == s.len)
        return at;
    hits = scan_mask16(s.p + s.len - 16, a, b, c) >> (at + 16 - s.len);
    return hits ? at + (size_t)__builtin_ctz(hits) : s.len;
}

/* A bit for each byte up to ' ' (unsigned: the larger of the two is ' '). */
static inline unsigned scan_spaces16(const char *p)
{
    __m128i blank = _mm_set1_epi8(' ');

    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(scan_load16(p), blank), blank));
}
#endif

/* The position of the first a, b or c, or s.len. */
SCAN_INLINE size_t scan_find3(struct slice s, char a, char b, char c)
{
#ifdef __SSE2__
    if (s.len >= 16)
        return scan_find3_by_16(s, a, b, c);
#endif
    return scan_find3_by_8(s, a, b, c);
}

SCAN_INLINE size_t scan_find2(struct slice s, char a, char b)
{
    return scan_find3(s, a, b, b);
}

SCAN_INLINE size_t scan_find(struct slice s, char c)
{
    return scan_find3(s, c, c, c);
}

/* Is there a blank, a line end or another control byte? */
static inline bool scan_has_space(struct slice s)
{
    size_t at = 0;

#ifdef __SSE2__
    if (s.len >= 16) {
        unsigned hits = scan_spaces16(s.p + s.len - 16);

        for (; at + 16 <= s.len; at += 16)
            hits |= scan_spaces16(s.p + at);
        return hits != 0;
    }
#endif
    for (; at + 8 <= s.len; at += 8) {
        if (scan_below(scan_load8(s.p + at), ' ' + 1))
            return true;
    }
    while (at < s.len && (unsigned char)s.p[at] > ' ')
        at++;
    return at < s.len;
}

/* Is it that word of 3 to 8 letters, given in lower case, in any case? */
SCAN_INLINE bool scan_is(struct slice s, struct slice word)
{
    if (s.len != word.len)
        return false;
    if (word.len == 3)
        return (s.p[0] | 0x20) == word.p[0] && (s.p[1] | 0x20) == word.p[1] &&
               (s.p[2] | 0x20) == word.p[2];
    return (uint32_t)scan_lower8(scan_load4(s.p)) == scan_load4(word.p) &&
           (uint32_t)scan_lower8(scan_load4(s.p + s.len - 4)) == scan_load4(word.p + word.len - 4);
}

static inline bool scan_is_space(char c)
{
    const uint64_t spaces = 1ULL << ' ' | 1ULL << '\t' | 1ULL << '\r' | 1ULL << '\n';

    return (unsigned char)c <= ' ' && spaces >> c & 1;
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline struct slice scan_skip(struct slice s, size_t n)
{
    return slice_of(s.p + n, s.len - n);
}

static inline struct slice scan_head(struct slice s, size_t n)
{
    return slice_of(s.p, n);
}

/* slice_cut for text of a line's length. */
SCAN_INLINE struct slice scan_cut(struct slice *rest, char at)
{
    size_t n = scan_find(*rest, at);
    struct slice head = scan_head(*rest, n);

    *rest = scan_skip(*rest, n < rest->len ? n + 1 : n);
    return head;
}

static inline struct slice scan_skip_space(struct slice s)
{
    while (s.len && scan_is_space(s.p[0]))
        s = scan_skip(s, 1);
    return s;
}

/* slice_trim where mostly there is nothing to trim, or one blank in front. */
static inline struct slice scan_trim(struct slice s)
{
    if (s.len && s.p[0] == ' ')
        s = scan_skip(s, 1);
    if (s.len == 0 || ((unsigned char)s.p[0] > ' ' && (unsigned char)s.p[s.len - 1] > ' '))
        return s;
    return slice_trim(s);
}

/* Takes what stands before the first white space off *s, and the white space too. */
static inline struct slice scan_cut_word(struct slice *s)
{
    struct slice word = { s->p, 0 };

    while (word.len < s->len && !scan_is_space(s->p[word.len]))
        word.len++;
    *s = scan_skip(*s, word.len);
    while (s->len && scan_is_space(s->p[0]))
        *s = scan_skip(*s, 1);
    return word;
}

static inline bool scan_is_sip_2_0(struct slice s)
{
    return s.len == 7 && (uint32_t)scan_lower8(scan_load4(s.p)) == SCAN_WORD('s', 'i', 'p', '/') &&
           scan_load4(s.p + 3) == SCAN_WORD('/', '2', '.', '0');
}

#endif
