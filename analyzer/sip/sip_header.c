#include "analyzer/sip/sip_header.h"

#include "analyzer/sip/sip_scan.h"

/* Names are looked for in the first bytes of a line, and compared all at once;
 * "proxy-authorization" and "p-asserted-identity", of 19 bytes, are the longest. */
enum { WINDOW = 32, SLOTS = 128 };

struct header_name {
    char text[WINDOW];
    uint8_t len;
    uint8_t id; /* enum sip_header */
};

/* The factors are the smallest that keep the rows apart. */
#define SLOT(len, first, last) (((len)*7 + (first)*6 + (last)*3) % SLOTS)

static const struct header_name by_slot[SLOTS] = {
#define X(id, name, first, last, once)                                                             \
    [SLOT(sizeof(name) - 1, first, last)] = { name, sizeof(name) - 1, SIP_HEADER_##id },
    SIP_HEADERS(X)
#undef X
};

static const uint8_t by_letter[32] = {
#define X(letter, id) [letter % 32] = SIP_HEADER_##id,
    SIP_COMPACT_HEADERS(X)
#undef X
};

static const char *const lower_names[SIP_HEADER_COUNT] = {
#define X(id, name, first, last, once) [SIP_HEADER_##id] = name,
    SIP_HEADERS(X)
#undef X
};

static const bool is_once[SIP_HEADER_COUNT] = {
#define X(id, name, first, last, once) [SIP_HEADER_##id] = once,
    SIP_HEADERS(X)
#undef X
};

/* Where WINDOW bytes can be read that begin with those at p: there, or in the copy. */
static const char *window_at(const char *p, const char *end, char copy[WINDOW])
{
    if (end - p >= WINDOW)
        return p;
    memset(copy, 0, WINDOW);
    memcpy(copy, p, (size_t)(end - p));
    return copy;
}

#ifdef __SSE2__

/* The position of the first ':', or WINDOW. */
static size_t find_colon(const char *window)
{
    uint64_t hits = scan_mask16(window, ':', ':', ':') |
                    scan_mask16(window + 16, ':', ':', ':') << 16 | UINT64_C(1) << WINDOW;

    return (size_t)__builtin_ctzll(hits);
}

/* A bit for each of 16 bytes that is, but for case, that of the text: scan_lower8 in two words. */
static unsigned same16(const char *window, const char *text)
{
    __m128i bytes = scan_load16(window);
    __m128i upper = _mm_and_si128(bytes, _mm_set1_epi8(0x40));

    bytes = _mm_or_si128(bytes, _mm_srli_epi16(upper, 1));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, scan_load16(text)));
}

/* Are the first n bytes, less than WINDOW, those of the text but for case? */
static bool same_name(const char *window, const char *text, size_t n)
{
    unsigned same = same16(window, text) | same16(window + 16, text + 16) << 16;

    return (~same & ((1U << n) - 1)) == 0;
}

#else

static size_t find_colon(const char *window)
{
    return scan_find(slice_of(window, WINDOW), ':');
}

static bool same_name(const char *window, const char *text, size_t n)
{
    for (; n > 8; n -= 8, text += 8, window += 8) {
        if (scan_lower8(scan_load8(window)) != scan_load8(text))
            return false;
    }
    /* The shift pushes out what stands behind the name. */
    return (scan_lower8(scan_load8(window)) ^ scan_load8(text)) << (64 - 8 * n) == 0;
}

#endif

/* As good as the lower case for a slot. */
static unsigned lower(char c)
{
    return (unsigned char)c | 0x20;
}

static enum sip_header find_compact(char letter)
{
    /* Letters are 0x41 to 0x7a; a char may be negative. */
    return (letter & 0xc0) == 0x40 ? (enum sip_header)by_letter[letter & 0x1f] : SIP_HEADER_NONE;
}

/* The row of the name of n bytes (1 to WINDOW − 1) that begins the window. */
static inline enum sip_header find_in_window(const char *window, size_t n)
{
    const struct header_name *row = &by_slot[SLOT(n, lower(window[0]), lower(window[n - 1]))];

    if (row->len != n)
        return n == 1 ? find_compact(window[0]) : SIP_HEADER_NONE;
    return same_name(window, row->text, n) ? (enum sip_header)row->id : SIP_HEADER_NONE;
}

struct slice sip_header_name(enum sip_header id)
{
    static const struct slice names[SIP_HEADER_COUNT] = {
        [SIP_HEADER_CALL_ID] = SLICE_INIT("Call-ID"),
        [SIP_HEADER_FROM] = SLICE_INIT("From"),
        [SIP_HEADER_TO] = SLICE_INIT("To"),
        [SIP_HEADER_CSEQ] = SLICE_INIT("CSeq"),
        [SIP_HEADER_CONTENT_LENGTH] = SLICE_INIT("Content-Length"),
        [SIP_HEADER_CONTENT_TYPE] = SLICE_INIT("Content-Type"),
        [SIP_HEADER_VIA] = SLICE_INIT("Via"),
        [SIP_HEADER_CONTACT] = SLICE_INIT("Contact"),
        [SIP_HEADER_MAX_FORWARDS] = SLICE_INIT("Max-Forwards"),
        [SIP_HEADER_EXPIRES] = SLICE_INIT("Expires"),
        [SIP_HEADER_DATE] = SLICE_INIT("Date"),
        [SIP_HEADER_RETRY_AFTER] = SLICE_INIT("Retry-After"),
        [SIP_HEADER_USER_AGENT] = SLICE_INIT("User-Agent"),
        [SIP_HEADER_SERVER] = SLICE_INIT("Server"),
        [SIP_HEADER_SESSION_ID] = SLICE_INIT("Session-ID"),
        [SIP_HEADER_REFER_TO] = SLICE_INIT("Refer-To"),
        [SIP_HEADER_REFERRED_BY] = SLICE_INIT("Referred-By"),
        [SIP_HEADER_REPLACES] = SLICE_INIT("Replaces"),
        [SIP_HEADER_JOIN] = SLICE_INIT("Join"),
        [SIP_HEADER_TARGET_DIALOG] = SLICE_INIT("Target-Dialog"),
        [SIP_HEADER_SESSION_EXPIRES] = SLICE_INIT("Session-Expires"),
        [SIP_HEADER_MIN_SE] = SLICE_INIT("Min-SE"),
        [SIP_HEADER_RSEQ] = SLICE_INIT("RSeq"),
        [SIP_HEADER_RACK] = SLICE_INIT("RAck"),
        [SIP_HEADER_CHARGING_VECTOR] = SLICE_INIT("P-Charging-Vector"),
        [SIP_HEADER_EVENT] = SLICE_INIT("Event"),
    };

    if ((unsigned)id >= SIP_HEADER_COUNT || id == SIP_HEADER_NONE)
        return SLICE("");
    return names[id].p ? names[id] : slice_of_text(lower_names[id]);
}

enum sip_header sip_header_find(struct slice name)
{
    char copy[WINDOW];

    if (name.len == 0 || name.len >= WINDOW)
        return SIP_HEADER_NONE;
    return find_in_window(window_at(name.p, name.p + name.len, copy), name.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The '\n' that ends the field at p, continuation lines included; NULL when it is not there. */
static const char *find_end(const char *p, const char *end, bool *folded)
{
    const char *lf = memchr(p, '\n', (size_t)(end - p));

    while (lf && lf + 1 < end && (unsigned char)lf[1] <= ' ' && is_blank(lf[1])) {
        *folded = true;
        lf = memchr(lf + 1, '\n', (size_t)(end - lf - 1));
    }
    return lf;
}

/* A field that is none of ours, or whose name is not written as it mostly is: with blanks before
 * the colon (RFC 3261 §7.3.1), or without name or colon. Its row and where its colon is. */
static enum sip_header find_slowly(struct sip_headers *out, struct slice field, size_t *colon)
{
    struct slice name;

    *colon = scan_find(field, ':');
    name = scan_head(field, *colon);
    if (*colon == field.len || *colon == 0 || is_blank(field.p[0])) {
        out->bad_line = true;
        return SIP_HEADER_NONE;
    }
    if (!is_blank(name.p[name.len - 1]))
        return SIP_HEADER_NONE;
    while (is_blank(name.p[name.len - 1]))
        name.len--;
    return sip_header_find(name);
}

static void take_value(struct sip_headers *out, enum sip_header id, struct slice value)
{
    if (!sip_headers_has(out, id)) {
        out->seen |= UINT64_C(1) << id;
        out->first[id] = scan_trim(value);
    } else if (is_once[id]) {
        out->repeated |= UINT64_C(1) << id;
        out->duplicate |= !slice_eq(out->first[id], scan_trim(value));
    }
}

/* One header field without its line end. False: it is not used. */
static inline bool take_field(struct sip_headers *out, struct slice field, const char *window,
                              bool beyond)
{
    size_t colon = find_colon(window);
    enum sip_header id = SIP_HEADER_NONE;

    /* A colon further on is that of another line, or of a name that is none of ours. */
    if (colon != 0 && colon < WINDOW && colon < field.len)
        id = find_in_window(window, colon);
    if (id == SIP_HEADER_NONE)
        id = find_slowly(out, field, &colon);
    if (id == SIP_HEADER_NONE || (beyond && id > SIP_HEADER_LAST_KEY))
        return false;
    take_value(out, id, scan_skip(field, colon + 1));
    return true;
}

/* The bytes of an empty line at p; 0 when there is none. */
static size_t empty_line(const char *p, const char *end)
{
    if (*p == '\n')
        return 1;
    return *p == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 0;
}

struct slice sip_headers_find(struct slice block, struct slice name)
{
    const char *p = block.p, *end = block.p + block.len;
    bool folded;

    while (p < end) {
        const char *lf = find_end(p, end, &folded);
        struct slice field, found;
        size_t colon;

        if (!lf)
            break;
        field = slice_of(p, (size_t)(lf - p));
        colon = scan_find(field, ':');
        found = scan_trim(scan_head(field, colon));
        if (colon < field.len && slice_ieq(found, name))
            return scan_trim(scan_skip(field, colon + 1));
        p = lf + 1;
    }
    return SLICE_ABSENT;
}

void sip_headers_scan(struct sip_headers *out, struct slice block, uint32_t limit)
{
    const char *p = block.p, *end = block.p + block.len;
    uint32_t lines = 0;

    out->end = end;
    out->seen = out->repeated = 0;
    out->ended = out->folded = out->bad_line = out->duplicate = false;
    for (; p < end; lines++) {
        char copy[WINDOW];
        struct slice field;
        bool folded = false;
        const char *lf;

        /* Before a look for folds: a body may well begin with a blank. */
        if ((unsigned char)*p <= '\r' && empty_line(p, end)) {
            out->ended = true;
            out->end = p + empty_line(p, end);
            break;
        }
        lf = find_end(p, end, &folded);
        if (!lf)
            break;
        field = slice_of(p, (size_t)(lf - p) - (lf > p && lf[-1] == '\r'));
        if (take_field(out, field, window_at(p, end, copy), lines >= limit))
            out->folded |= folded;
        p = lf + 1;
    }
    out->lines = lines;
}
