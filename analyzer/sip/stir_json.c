#include "analyzer/sip/stir_json.h"

#include "analyzer/sip/stir.h"

/* What may come next. */
enum expected { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, COMMA_OR_END, NOTHING };

struct reader {
    struct slice rest;
    char open[STIR_DEPTH_MAX]; /* '{' or '[' */
    unsigned depth;
    enum expected next;
};

static void skip(struct reader *r, size_t n)
{
    r->rest.p += n;
    r->rest.len -= n;
}

static void skip_blanks(struct reader *r)
{
    while (r->rest.len && (r->rest.p[0] == ' ' || r->rest.p[0] == '\t' || r->rest.p[0] == '\n' ||
                           r->rest.p[0] == '\r'))
        skip(r, 1);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The length of the escape that s begins with; 0: it is none. */
static size_t escape_length(struct slice s)
{
    if (s.len < 2)
        return 0;
    if (s.p[1] != 'u')
        return memchr("\"\\/bfnrt", s.p[1], 8) ? 2 : 0;
    if (s.len < 6 || !is_hex(s.p[2]) || !is_hex(s.p[3]) || !is_hex(s.p[4]) || !is_hex(s.p[5]))
        return 0;
    return 6;
}

static bool take_text(struct reader *r)
{
    size_t at = 1;

    while (at < r->rest.len && r->rest.p[at] != '"') {
        size_t step = 1;

        if ((unsigned char)r->rest.p[at] < 0x20)
            return false;
        if (r->rest.p[at] == '\\')
            step = escape_length(slice_of(r->rest.p + at, r->rest.len - at));
        if (step == 0)
            return false;
        at += step;
    }
    if (at >= r->rest.len)
        return false;
    skip(r, at + 1);
    return true;
}

static size_t count_digits(struct slice s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

static bool take_number(struct reader *r)
{
    size_t n;

    if (r->rest.p[0] == '-')
        skip(r, 1);
    n = count_digits(r->rest);
    if (n == 0 || (n > 1 && r->rest.p[0] == '0'))
        return false;
    skip(r, n);
    if (r->rest.len && r->rest.p[0] == '.') {
        skip(r, 1);
        n = count_digits(r->rest);
        skip(r, n);
        if (n == 0)
            return false;
    }
    if (r->rest.len && (r->rest.p[0] | 0x20) == 'e') {
        skip(r, 1);
        if (r->rest.len && (r->rest.p[0] == '+' || r->rest.p[0] == '-'))
            skip(r, 1);
        n = count_digits(r->rest);
        skip(r, n);
        return n > 0;
    }
    return true;
}

static bool take_word(struct reader *r)
{
    static const struct slice words[] = { SLICE_INIT("true"), SLICE_INIT("false"),
                                          SLICE_INIT("null") };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_starts_with(r->rest, words[i])) {
            skip(r, words[i].len);
            return true;
        }
    }
    return false;
}

static bool open_level(struct reader *r, char bracket)
{
    if (r->depth == STIR_DEPTH_MAX)
        return false;
    r->open[r->depth++] = bracket;
    r->next = bracket == '{' ? KEY_OR_END : VALUE_OR_END;
    skip(r, 1);
    return true;
}

static bool close_level(struct reader *r)
{
    if (r->depth == 0 || r->rest.p[0] != (r->open[r->depth - 1] == '{' ? '}' : ']'))
        return false;
    r->next = --r->depth ? COMMA_OR_END : NOTHING;
    skip(r, 1);
    return true;
}

static bool take_value(struct reader *r)
{
    char c = r->rest.p[0];

    if (c == '{' || c == '[')
        return open_level(r, c);
    r->next = COMMA_OR_END;
    if (c == '"')
        return take_text(r);
    return c == '-' || (c >= '0' && c <= '9') ? take_number(r) : take_word(r);
}

static bool take_next(struct reader *r)
{
    char c = r->rest.p[0];

    switch (r->next) {
    case VALUE_OR_END:
        return c == ']' ? close_level(r) : take_value(r);
    case VALUE:
        return take_value(r);
    case KEY_OR_END:
        if (c == '}')
            return close_level(r);
        /* fall through */
    case KEY:
        r->next = COLON;
        return c == '"' && take_text(r);
    case COLON:
        r->next = VALUE;
        skip(r, 1);
        return c == ':';
    case COMMA_OR_END:
        if (c != ',')
            return close_level(r);
        r->next = r->open[r->depth - 1] == '{' ? KEY : VALUE;
        skip(r, 1);
        return true;
    case NOTHING:
        return false;
    }
    return false;
}

bool stir_json_is_object(struct slice text)
{
    struct reader r = { .rest = text, .next = VALUE };

    skip_blanks(&r);
    if (r.rest.len == 0 || r.rest.p[0] != '{')
        return false;
    while (r.rest.len) {
        if (!take_next(&r))
            return false;
        skip_blanks(&r);
    }
    return r.next == NOTHING;
}

static char printable(char c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?';
}

void stir_json_copy(char *out, size_t room, struct slice value)
{
    size_t n = 0;

    if (value.len >= 2 && value.p[0] == '"') {
        for (size_t i = 1; i + 1 < value.len && n + 1 < room; n++) {
            size_t step =
                value.p[i] == '\\' ? escape_length(slice_of(value.p + i, value.len - i)) : 1;

            if (step == 0)
                break;
            /* "https:\/\/…" is how some write it. */
            out[n] = step == 6 ? '?' : printable(value.p[i + step - 1]);
            i += step;
        }
    }
    out[n] = '\0';
}
