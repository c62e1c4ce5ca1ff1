#include "analyzer/base/slice.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool slice_ieq(struct slice a, struct slice b)
{
    return a.len == b.len && slice_istarts_with(a, b);
}

bool slice_starts_with(struct slice s, struct slice head)
{
    return s.len >= head.len && (head.len == 0 || memcmp(s.p, head.p, head.len) == 0);
}

bool slice_istarts_with(struct slice s, struct slice head)
{
    if (s.len < head.len)
        return false;
    for (size_t i = 0; i < head.len; i++) {
        if (lower(s.p[i]) != lower(head.p[i]))
            return false;
    }
    return true;
}

struct slice slice_trim(struct slice s)
{
    while (s.len && is_space(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len && is_space(s.p[s.len - 1]))
        s.len--;
    return s;
}

struct slice slice_cut(struct slice *rest, char at)
{
    size_t n = slice_find(*rest, at);
    struct slice head = { rest->p, n };

    if (n < rest->len)
        n++;
    if (n) {
        rest->p += n;
        rest->len -= n;
    }
    return head;
}

size_t slice_find(struct slice s, char c)
{
    const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

    return at ? (size_t)(at - s.p) : s.len;
}

bool slice_to_u64(struct slice s, uint64_t max, uint64_t *value)
{
    uint64_t v = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

        if (digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, digit, &v) || v > max)
            return false;
    }
    *value = v;
    return true;
}
