#include "analyzer/privacy/uri_scrub.h"

/* What is longer is masked as if it were cut there: a text full of schemes must not take long. */
enum { URI_MAX = 1024, SCHEME_MAX = 6 };

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

size_t uri_scheme_at(struct slice text, size_t at)
{
    static const struct slice schemes[] = {
        SLICE_INIT("sip:"),    SLICE_INIT("sips:"), SLICE_INIT("tel:"),  SLICE_INIT("pres:"),
        SLICE_INIT("mailto:"), SLICE_INIT("im:"),   SLICE_INIT("h323:"), SLICE_INIT("xmpp:"),
        SLICE_INIT("imei:"), /* "urn:gsma:imei:", RFC 7254 */
    };
    struct slice rest = slice_of(text.p + at, text.len - at);

    if (rest.len == 0 || !is_word(rest.p[0]) || (at > 0 && is_word(text.p[at - 1])))
        return 0;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if ((rest.p[0] | 0x20) == schemes[i].p[0] && slice_istarts_with(rest, schemes[i]))
            return schemes[i].len;
    }
    return 0;
}

/* What no URI holds; a quote ends one in XML and JSON. */
static bool ends_uri(char c)
{
    return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"' || c == 0x7f;
}

/* Where the next scheme at or behind `from` begins, by its colon; text.len: there is none. */
static size_t find_scheme(struct slice text, size_t from, size_t *bytes)
{
    for (size_t colon = from; colon < text.len; colon++) {
        size_t rest = text.len - colon, at;

        colon += slice_find(slice_of(text.p + colon, rest), ':');
        for (at = colon; at > from && colon - at < SCHEME_MAX && is_word(text.p[at - 1]); at--)
            ;
        *bytes = colon < text.len ? uri_scheme_at(text, at) : 0;
        if (*bytes && at + *bytes == colon + 1)
            return at;
    }
    return text.len;
}

bool uri_is_in(struct slice text)
{
    size_t bytes;

    return find_scheme(text, 0, &bytes) < text.len;
}

/* A host alone is no user, unless it is a number that lacks its host. */
static void scrub_userless(const struct privacy *p, char *text, size_t len, bool is_cut,
                           struct mask_seen *seen)
{
    struct slice s = slice_of(text, len);
    size_t n = 0;

    while (n < len && text[n] != ';' && text[n] != '?' && text[n] != ',')
        n++;
    s.len = n;
    if (mask_is_number(s) && slice_find(s, '.') == n)
        mask_number(p, text, n, seen);
    else if (is_cut) /* nobody knows whether an '@' followed */
        mask_user(p, text, n, seen);
}

static void scrub_sip(const struct privacy *p, char *text, size_t len, bool is_cut,
                      struct mask_seen *seen)
{
    size_t at = slice_find(slice_of(text, len), '@'), colon;

    if (at == len || uri_is_in(slice_of(text, at))) {
        scrub_userless(p, text, len, is_cut, seen);
        return;
    }
    colon = slice_find(slice_of(text, at), ':');
    mask_user(p, text, colon, seen);
    if (colon < at)
        mask_blank(text + colon + 1, at - colon - 1);
}

static void scrub_tel(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    size_t n = 0;

    while (n < len && text[n] != '?' && text[n] != ',' && text[n] != '@')
        n++;
    mask_user(p, text, n, seen);
}

size_t uri_scrub(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    struct slice all = slice_of(text, len);
    size_t found = 0, scheme;

    /* A URI may hold others: "?Replaces", "?History-Info". */
    for (size_t i = find_scheme(all, 0, &scheme); i < len;
         i = find_scheme(all, i + scheme, &scheme)) {
        size_t end = i + scheme;

        while (end < len && end - i < URI_MAX && !ends_uri(text[end]))
            end++;
        found++;
        if ((text[i] | 0x20) == 't')
            scrub_tel(p, text + i + scheme, end - i - scheme, seen);
        else
            scrub_sip(p, text + i + scheme, end - i - scheme, end == len || end - i >= URI_MAX,
                      seen);
    }
    return found;
}

static void scrub_display(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    struct slice s = slice_trim(slice_of(text, len));
    size_t at = (size_t)(s.p - text);

    if (s.len == 0)
        return;
    if (s.len >= 2 && s.p[0] == '"') {
        at++;
        s.len -= s.p[s.len - 1] == '"' ? 2 : 1;
    }
    if (mask_is_number(slice_of(text + at, s.len)))
        mask_number(p, text + at, s.len, seen);
    else
        mask_name(p, text + at, s.len, seen);
}

void uri_scrub_displays(const struct privacy *p, char *value, size_t len, struct mask_seen *seen)
{
    struct slice all = slice_of(value, len);
    bool quoted = false;
    size_t begin = 0;

    for (size_t i = 0; i < len; i++) {
        char c = value[i];

        if (quoted && c == '\\') {
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == ',') {
            begin = i + 1;
        } else if (!quoted && c == '<') {
            if (i + 1 < len && uri_scheme_at(all, i + 1))
                scrub_display(p, value + begin, i - begin, seen);
            while (i < len && value[i] != '>')
                i++;
            begin = i + 1;
        }
    }
    if (quoted) /* the quote was never closed: all of it may be the name */
        mask_name(p, value + begin, len - begin, seen);
}
