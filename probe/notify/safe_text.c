#include "probe/notify/safe_text.h"

#include "analyzer/base/utf8.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
    uint32_t first, last;
} hidden[] = {
    { 0x00, 0x1f },        { 0x7f, 0x9f },     { 0xad, 0xad },     /* soft hyphen */
    { 0x61c, 0x61c },      { 0x180b, 0x180f }, { 0x200b, 0x200f }, /* no width, direction */
    { 0x2028, 0x202e },    { 0x2060, 0x206f }, /* lines, paragraphs, direction */
    { 0xfe00, 0xfe0f },    { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb },
    { 0xe000, 0xf8ff },    /* private use */
    { 0xe0000, 0x10ffff }, /* tags, private use */
};

static bool is_hidden(uint32_t c)
{
    for (size_t i = 0; i < COUNT(hidden); i++) {
        if (c >= hidden[i].first && c <= hidden[i].last)
            return true;
    }
    return (c & 0xfffe) == 0xfffe; /* no characters */
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c > 127;
}

static bool is_alnum(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* Writes what stands for the character at s.p[at] where that makes a link: how many bytes of s that
 * covers, or 0. */
static size_t break_link(struct strbuf *out, struct slice s, size_t at)
{
    struct slice rest = slice_of(s.p + at, s.len - at);

    /* A scheme, with slashes or (mailto:, sip:, tel:, javascript:) without. */
    if (rest.p[0] == ':' && at > 0 && is_letter(s.p[at - 1]) && rest.len > 1 &&
        (is_alnum(rest.p[1]) || rest.p[1] == '/' || rest.p[1] == '+')) {
        strbuf_add_text(out, "[:]");
        return 1;
    }
    /* Names end in a label of letters; an address has none, and is no link by itself. */
    if (rest.p[0] == '.' && at > 0 && is_alnum(s.p[at - 1]) && rest.len > 2 &&
        is_letter(rest.p[1]) && is_alnum(rest.p[2])) {
        strbuf_add_text(out, "[.]");
        return 1;
    }
    if (rest.p[0] == '@' && rest.len > 1 && rest.p[1] != ' ') {
        strbuf_add_text(out, "(at)");
        return 1;
    }
    return 0;
}

static void add(struct strbuf *out, struct slice text, size_t max, bool unlinked)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; count++) {
        uint32_t code = 0;
        size_t len = utf8_decode(text.p + i, text.len - i, &code), broken;

        if (count == max) {
            strbuf_add_text(out, "…");
            return;
        }
        broken = unlinked ? break_link(out, text, i) : 0;
        if (broken)
            i += broken;
        else if (len && !is_hidden(code))
            strbuf_add(out, text.p + i, len);
        else
            strbuf_add_char(out, code == '\n' || code == '\t' ? ' ' : '?');
        if (!broken)
            i += len ? len : 1;
    }
}

void safe_text_add(struct strbuf *out, struct slice text, size_t max)
{
    add(out, text, max, false);
}

void safe_text_add_unlinked(struct strbuf *out, struct slice text, size_t max)
{
    add(out, text, max, true);
}
