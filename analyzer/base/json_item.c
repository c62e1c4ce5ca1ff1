#include "analyzer/base/json_item.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBER_MAX = 32 };

static struct slice without_spaces(struct slice s)
{
    while (s.len && (s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\t' || s.p[0] == '\r')) {
        s.p++;
        s.len--;
    }
    return s;
}

static size_t text_length(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return s.len;
}

/* Of the value that s begins with: up to the comma or bracket behind it. */
static size_t value_length(struct slice s)
{
    size_t depth = 0, i = 0;

    while (i < s.len) {
        char c = s.p[i];

        if (c == '"') {
            i += text_length(slice_of(s.p + i, s.len - i));
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return i;
        if (c == '[' || c == '{')
            depth++;
        if (c == ']' || c == '}')
            depth--;
        i++;
    }
    return s.len;
}

static void skip(struct slice *s, size_t n)
{
    n = n < s->len ? n : s->len;
    s->p += n;
    s->len -= n;
}

/* Steps over the bracket that opens it, or the comma before the next. False at its end. */
static bool next_place(struct slice *rest, char open)
{
    *rest = without_spaces(*rest);
    if (rest->len == 0 || (rest->p[0] != open && rest->p[0] != ','))
        return false;
    skip(rest, 1);
    *rest = without_spaces(*rest);
    return rest->len && rest->p[0] != ']' && rest->p[0] != '}';
}

bool json_item_next(struct slice *array, struct slice *item)
{
    size_t len;

    if (!array->p || !next_place(array, '['))
        return false;
    len = value_length(*array);
    *item = slice_trim(slice_of(array->p, len));
    skip(array, len);
    return item->len > 0;
}

bool json_item_next_member(struct slice *object, struct slice *name, struct slice *value)
{
    size_t len;

    if (!object->p || !next_place(object, '{') || object->p[0] != '"')
        return false;
    len = text_length(*object);
    *name = slice_of(object->p + 1, len > 1 ? len - 2 : 0);
    skip(object, len);
    *object = without_spaces(*object);
    if (object->len == 0 || object->p[0] != ':')
        return false;
    skip(object, 1);
    *object = without_spaces(*object);
    len = value_length(*object);
    *value = slice_trim(slice_of(object->p, len));
    skip(object, len);
    return true;
}

struct slice json_item_get(struct slice object, const char *key)
{
    struct slice name, value, wanted = slice_of_text(key);

    while (json_item_next_member(&object, &name, &value)) {
        if (slice_eq(name, wanted))
            return slice_eq(value, SLICE("null")) ? SLICE_ABSENT : value;
    }
    return SLICE_ABSENT;
}

double json_item_number(struct slice object, const char *key)
{
    struct slice value = json_item_get(object, key);
    char text[NUMBER_MAX], *end;
    double number;

    if (!value.p || value.len == 0 || value.len >= sizeof text)
        return NAN;
    memcpy(text, value.p, value.len);
    text[value.len] = '\0';
    number = strtod(text, &end);
    return *end == '\0' ? number : NAN;
}

bool json_item_is_true(struct slice object, const char *key)
{
    return slice_eq(json_item_get(object, key), SLICE("true"));
}

int64_t json_item_time(double seconds)
{
    const double latest_s = 9e9; /* in the year 2255; int64_t ends in 2262 */

    return fabs(seconds) <= latest_s ? (int64_t)(seconds * 1e9) : INT64_MIN;
}

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 0;
}

/* \u00e9 and its like, below the surrogates: all that our own writer escapes are control bytes. */
static void add_code(struct strbuf *out, const char *digits)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++)
        code = code << 4 | hex_digit(digits[i]);
    if (code < 0x80) {
        strbuf_add_char(out, (char)code);
    } else if (code < 0x800) {
        strbuf_add_char(out, (char)(0xc0 | code >> 6));
        strbuf_add_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        strbuf_add_char(out, '?');
    }
}

void json_item_add_raw(struct strbuf *out, struct slice value)
{
    if (value.len < 2 || value.p[0] != '"')
        return;
    for (size_t i = 1; i + 1 < value.len; i++) {
        char c = value.p[i];

        if (c != '\\') {
            strbuf_add_char(out, c);
            continue;
        }
        c = value.p[++i];
        if (c == 'u' && i + 5 < value.len) {
            add_code(out, value.p + i + 1);
            i += 4;
        } else {
            strbuf_add_char(out, c == '"' || c == '\\' || c == '/' ? c : '?');
        }
    }
}

void json_item_add_text(struct strbuf *out, struct slice value)
{
    struct strbuf plain = { 0 };

    json_item_add_raw(&plain, value);
    strbuf_add_printable(out, strbuf_slice(&plain));
    strbuf_fini(&plain);
}
