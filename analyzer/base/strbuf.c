#include "analyzer/base/strbuf.h"

#include "analyzer/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_ROOM = 256 };

void strbuf_fini(struct strbuf *b)
{
    free(b->p);
    *b = (struct strbuf){ .max_bytes = b->max_bytes };
}

void strbuf_reset(struct strbuf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->p)
        b->p[0] = '\0';
}

bool strbuf_reserve(struct strbuf *b, size_t len)
{
    size_t max = b->max_bytes ? b->max_bytes : STRBUF_MAX_BYTES;
    size_t room = b->room ? b->room : FIRST_ROOM;
    char *p;

    if (b->failed)
        return false;
    if (len > max || b->len > max - len) {
        b->failed = true;
        return false;
    }
    if (b->len + len < b->room)
        return true;
    while (room <= b->len + len)
        room *= 2;
    if (room > max)
        room = max + 1; /* so that what fits the room fits the cap */
    p = realloc(b->p, room);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->room = room;
    return true;
}

void strbuf_add_text(struct strbuf *b, const char *text)
{
    strbuf_add(b, text, strlen(text));
}

void strbuf_add_slice(struct strbuf *b, struct slice s)
{
    strbuf_add(b, s.p, s.len);
}

void strbuf_addf(struct strbuf *b, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !strbuf_reserve(b, (size_t)n))
        return;
    va_start(args, format);
    vsnprintf(b->p + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
}

void strbuf_chop(struct strbuf *b, size_t n)
{
    if (!b->p)
        return;
    b->len -= n < b->len ? n : b->len;
    b->p[b->len] = '\0';
}

/* How many printable ASCII bytes come first. */
static size_t plain_run(struct slice s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] >= 0x20 && s.p[n] < 0x7f)
        n++;
    return n;
}

void strbuf_add_printable(struct strbuf *b, struct slice s)
{
    while (s.len) {
        uint32_t code = 0;
        size_t plain = plain_run(s), n;

        strbuf_add(b, s.p, plain);
        s.p += plain;
        s.len -= plain;
        if (s.len == 0)
            return;
        n = utf8_decode(s.p, s.len, &code);
        /* Bidirectional overrides and line separators could forge what a reader sees. */
        bool shown = n && code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0) &&
                     !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069);

        if (shown)
            strbuf_add(b, s.p, n);
        else
            strbuf_add_char(b, '?');
        s.p += n ? n : 1;
        s.len -= n ? n : 1;
    }
}
