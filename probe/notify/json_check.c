#include "probe/notify/json_check.h"

#include "analyzer/base/utf8.h"

struct reader {
    const char *p, *end;
};

static bool read_value(struct reader *r, unsigned depth);

static void skip_spaces(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static bool take(struct reader *r, char c)
{
    bool is = r->p < r->end && *r->p == c;

    r->p += is;
    return is;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the backslash. */
static bool read_escape(struct reader *r)
{
    if (r->p < r->end && strchr("\"\\/bfnrt", *r->p) && *r->p) {
        r->p++;
        return true;
    }
    if (!take(r, 'u') || r->end - r->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        if (!is_hex(*r->p++))
            return false;
    }
    return true;
}

static bool read_text(struct reader *r)
{
    if (!take(r, '"'))
        return false;
    while (r->p < r->end && *r->p != '"') {
        uint32_t code;
        size_t len = utf8_decode(r->p, (size_t)(r->end - r->p), &code);

        if (len == 0 || code < 0x20)
            return false;
        r->p += len;
        if (code == '\\' && !read_escape(r))
            return false;
    }
    return take(r, '"');
}

static size_t read_digits(struct reader *r)
{
    const char *from = r->p;

    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return (size_t)(r->p - from);
}

static bool read_number(struct reader *r)
{
    const char *first;
    size_t digits;

    take(r, '-');
    first = r->p;
    digits = read_digits(r);
    if (digits == 0 || (digits > 1 && *first == '0'))
        return false;
    if (take(r, '.') && read_digits(r) == 0)
        return false;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            take(r, '-');
        return read_digits(r) > 0;
    }
    return true;
}

static bool read_word(struct reader *r)
{
    static const struct slice words[] = { SLICE_INIT("true"), SLICE_INIT("false"),
                                          SLICE_INIT("null") };
    struct slice rest = slice_of(r->p, (size_t)(r->end - r->p));

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_starts_with(rest, words[i])) {
            r->p += words[i].len;
            return true;
        }
    }
    return false;
}

/* Items, or members, up to the bracket that closes them. */
static bool read_list(struct reader *r, char close, unsigned depth)
{
    r->p++;
    skip_spaces(r);
    if (take(r, close))
        return true;
    do {
        skip_spaces(r);
        if (close == '}') {
            if (!read_text(r))
                return false;
            skip_spaces(r);
            if (!take(r, ':'))
                return false;
        }
        if (!read_value(r, depth))
            return false;
        skip_spaces(r);
    } while (take(r, ','));
    return take(r, close);
}

static bool read_value(struct reader *r, unsigned depth)
{
    skip_spaces(r);
    if (r->p == r->end || depth > JSON_CHECK_DEPTH_MAX)
        return false;
    if (*r->p == '{' || *r->p == '[')
        return read_list(r, *r->p == '{' ? '}' : ']', depth + 1);
    if (*r->p == '"')
        return read_text(r);
    return *r->p == '-' || (*r->p >= '0' && *r->p <= '9') ? read_number(r) : read_word(r);
}

bool json_check_is(struct slice text, char open)
{
    struct slice trimmed = slice_trim(text);
    struct reader r = { trimmed.p, trimmed.p + trimmed.len };

    return trimmed.len && *trimmed.p == open && read_value(&r, 0) && r.p == r.end;
}
