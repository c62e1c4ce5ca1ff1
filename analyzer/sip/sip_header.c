#include "analyzer/sip/sip_header.h"

/* "proxy-authorization" and "p-asserted-identity" are the longest. */
enum { NAME_MAX_LEN = 19, SLOTS = 64 };

struct header_name {
    char text[NAME_MAX_LEN + 1];
    uint8_t len;
    uint8_t id; /* enum sip_header */
};

/* The factors are the smallest that keep the rows apart. */
#define SLOT(len, first, last) (((len)*8 + (first) + (last)*9) % SLOTS)

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

static const bool is_once[SIP_HEADER_COUNT] = {
#define X(id, name, first, last, once) [SIP_HEADER_##id] = once,
    SIP_HEADERS(X)
#undef X
};

/* Upper to lower case in each byte: 0x20 goes in where 0x40 is set. That is right for letters and
 * leaves digits and '-' alone, which is all that the table's names are made of. */
static uint64_t lower8(uint64_t word)
{
    return word | (word & UINT64_C(0x4040404040404040)) >> 1;
}

static uint64_t load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static uint64_t load4(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static char lower(char c)
{
    return (char)lower8((unsigned char)c);
}

/* Both are `len` long. The last word overlaps the one before it, so no byte beyond is read. */
static bool same_name(const char *p, const char *name, size_t len)
{
    size_t at = 0;

    if (len >= 8) {
        for (; at + 8 < len; at += 8) {
            if (lower8(load8(p + at)) != load8(name + at))
                return false;
        }
        return lower8(load8(p + len - 8)) == load8(name + len - 8);
    }
    if (len >= 4)
        return lower8(load4(p)) == load4(name) &&
               lower8(load4(p + len - 4)) == load4(name + len - 4);
    for (; at < len; at++) {
        if (lower(p[at]) != name[at])
            return false;
    }
    return true;
}

enum sip_header sip_header_find(struct slice name)
{
    const struct header_name *row;

    if (name.len == 1 && (name.p[0] & 0x40))
        return (enum sip_header)by_letter[name.p[0] % 32];
    if (name.len < 2 || name.len > NAME_MAX_LEN)
        return SIP_HEADER_NONE;
    row = &by_slot[SLOT(name.len, (unsigned char)lower(name.p[0]),
                        (unsigned char)lower(name.p[name.len - 1]))];
    if (row->len != name.len || !same_name(name.p, row->text, name.len))
        return SIP_HEADER_NONE;
    return (enum sip_header)row->id;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The '\n' that ends the field at p, continuation lines included; NULL when it is not there. */
static const char *find_end(const char *p, const char *end, bool *folded)
{
    const char *lf = memchr(p, '\n', (size_t)(end - p));

    *folded = false;
    while (lf && lf + 1 < end && is_blank(lf[1])) {
        *folded = true;
        lf = memchr(lf + 1, '\n', (size_t)(end - lf - 1));
    }
    return lf;
}

static void take_value(struct sip_headers *out, enum sip_header id, struct slice value, bool folded)
{
    struct slice *first = &out->first[id];

    out->folded |= folded;
    if (!first->p)
        *first = slice_trim(value);
    else if (is_once[id] && !slice_eq(*first, slice_trim(value)))
        out->duplicate = true;
}

/* One header field without its line end. */
static void take_field(struct sip_headers *out, struct slice field, bool folded, bool beyond)
{
    size_t colon = slice_find(field, ':');
    struct slice name = { field.p, colon };
    enum sip_header id;

    if (colon == field.len || colon == 0 || is_blank(field.p[0])) {
        out->bad_line = true;
        return;
    }
    while (name.len > 1 && is_blank(name.p[name.len - 1]))
        name.len--;
    id = sip_header_find(name);
    if (id == SIP_HEADER_NONE || (beyond && id > SIP_HEADER_LAST_KEY))
        return;
    take_value(out, id, slice_of(field.p + colon + 1, field.len - colon - 1), folded);
}

void sip_headers_scan(struct sip_headers *out, struct slice block, uint32_t limit)
{
    const char *p = block.p, *end = block.p + block.len;

    *out = (struct sip_headers){ .end = end };
    while (p < end) {
        bool folded;
        const char *lf;

        /* Before a look for folds: a body may well begin with a blank. */
        if (*p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n')) {
            out->ended = true;
            out->end = p + (*p == '\n' ? 1 : 2);
            return;
        }
        lf = find_end(p, end, &folded);
        if (!lf)
            return;
        take_field(out, slice_of(p, (size_t)(lf - p)), folded, out->lines >= limit);
        out->lines++;
        p = lf + 1;
    }
}
