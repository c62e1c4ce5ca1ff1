#include "analyzer/privacy/body_scrub.h"

#include "analyzer/sip/sip_header.h"
#include "analyzer/sip/sip_multipart.h"
#include "analyzer/sip/sip_uri.h"

enum { PART_HEADERS_USED = 32, TAG_MAX = 256 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes that no text of SIP holds. */
static bool is_binary(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if ((c < 0x20 && !is_space(s.p[i])) || c == 0x7f)
            return true;
    }
    return false;
}

/* Types that are known to carry numbers in a form that is not looked into. */
static bool is_opaque_type(struct slice type)
{
    return sip_type_is(type, SLICE("application/isup")) ||
           sip_type_is(type, SLICE("application/qsig"));
}

static bool is_packed(struct slice head)
{
    struct slice encoding = sip_headers_find(head, SLICE("content-encoding"));
    struct slice transfer = sip_headers_find(head, SLICE("content-transfer-encoding"));

    if (!encoding.p)
        encoding = sip_headers_find(head, SLICE("e"));
    return (encoding.len && !slice_ieq(encoding, SLICE("identity"))) ||
           slice_ieq(transfer, SLICE("base64"));
}

/* The digits of keys: one sign, or the number of its event. All of them become 0. */
static void blank_keys(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = (char)(text[i] | 0x20);

        if ((text[i] >= '0' && text[i] <= '9') || text[i] == '*' || text[i] == '#' ||
            (c >= 'a' && c <= 'd'))
            text[i] = '0';
    }
}

/* Lines of name=value or name: value. */
static void blank_signals(char *body, size_t len)
{
    static const struct slice names[] = { SLICE_INIT("signal"), SLICE_INIT("d"),
                                          SLICE_INIT("digit"), SLICE_INIT("digits") };
    struct slice rest = slice_of(body, len);

    while (rest.len) {
        struct slice line = slice_cut(&rest, '\n'), name;
        size_t n = 0;

        while (n < line.len && line.p[n] != '=' && line.p[n] != ':')
            n++;
        name = slice_trim(slice_of(line.p, n));
        for (size_t i = 0; n < line.len && i < sizeof names / sizeof names[0]; i++) {
            if (slice_ieq(name, names[i]))
                blank_keys(body + (line.p - body) + n + 1, line.len - n - 1);
        }
    }
}

/* digits="1234" of KPML (RFC 4730). */
static void blank_kpml(char *body, size_t len)
{
    static const struct slice attribute = SLICE_INIT("digits=");
    struct slice all = slice_of(body, len);

    for (size_t i = 0; i + attribute.len < len; i++) {
        struct slice rest = slice_of(all.p + i, len - i);
        size_t begin = i + attribute.len + 1, end = begin;

        if (!slice_istarts_with(rest, attribute))
            continue;
        while (end < len && body[end] != body[begin - 1])
            end++;
        blank_keys(body + begin, end - begin);
        i = end;
    }
}

static void blank_dtmf(struct slice type, char *body, size_t len)
{
    bool relay =
        slice_find(slice_of(body, len), '=') < len || slice_find(slice_of(body, len), ':') < len;

    if (sip_type_is(type, SLICE("application/dtmf")) && !relay)
        blank_keys(body, len);
    else if (sip_type_is(type, SLICE("application/dtmf")) ||
             sip_type_is(type, SLICE("application/dtmf-relay")) ||
             sip_type_is(type, SLICE("application/vnd.nortelnetworks.digits")))
        blank_signals(body, len);
    else if (sip_type_is(type, SLICE("application/kpml-response+xml")))
        blank_kpml(body, len);
    else if (sip_type_is(type, SLICE("audio/telephone-event")))
        memset(body, 0, len < 1 ? len : 1);
}

static void scrub_part(const struct privacy *p, struct slice head, struct slice type, char *body,
                       size_t len, struct scrub_counts *counts)
{
    bool event = sip_type_is(type, SLICE("audio/telephone-event"));

    if (privacy_masks(p) && !event &&
        (is_packed(head) || is_opaque_type(type) || is_binary(slice_of(body, len)))) {
        memset(body, 'x', len);
        counts->notes[SCRUB_BODY_BLANKED]++;
    } else if (p->blank & PRIVACY_BLANK_DTMF) {
        blank_dtmf(type, body, len);
    }
}

/* Is the line "--boundary", with anything behind? Nothing that is no boundary looks like one. */
static bool is_delimiter(struct slice line, struct slice boundary)
{
    return line.len >= boundary.len + 2 && line.p[0] == '-' && line.p[1] == '-' &&
           memcmp(line.p + 2, boundary.p, boundary.len) == 0;
}

static void scrub_multipart_part(const struct privacy *p, char *part, size_t len,
                                 struct scrub_counts *counts)
{
    struct sip_headers headers;
    struct slice type, head;
    size_t begin;

    if (len == 0)
        return;
    sip_headers_scan(&headers, slice_of(part, len), PART_HEADERS_USED);
    begin = (size_t)(headers.end - part);
    head = slice_of(part, begin);
    type = sip_headers_get(&headers, SIP_HEADER_CONTENT_TYPE);
    if (headers.ended)
        scrub_part(p, head, type, part + begin, len - begin, counts);
    else
        scrub_part(p, SLICE(""), SLICE(""), part, len, counts);
}

static void scrub_multipart(const struct privacy *p, struct slice boundary, char *body, size_t len,
                            struct scrub_counts *counts)
{
    struct slice rest = slice_of(body, len);
    const char *begin = body;

    while (rest.len) {
        struct slice line = slice_cut(&rest, '\n');

        if (!is_delimiter(line, boundary))
            continue;
        scrub_multipart_part(p, body + (begin - body), (size_t)(line.p - begin), counts);
        begin = rest.p;
    }
    scrub_multipart_part(p, body + (begin - body), (size_t)(body + len - begin), counts);
}

void body_scrub_parts(const struct privacy *p, struct slice content_type, char *body, size_t len,
                      struct scrub_counts *counts)
{
    struct slice params = content_type, boundary = SLICE_ABSENT;

    if (len == 0)
        return;
    if (slice_istarts_with(content_type, SLICE("multipart/"))) {
        slice_cut(&params, ';');
        params = slice_of(params.p ? params.p - 1 : NULL, params.p ? params.len + 1 : 0);
        boundary = params.len > 1 ? sip_param_find(params, SLICE("boundary")) : SLICE_ABSENT;
    }
    if (boundary.len)
        scrub_multipart(p, boundary, body, len, counts);
    else
        scrub_part(p, SLICE(""), content_type, body, len, counts);
}

/* Every key behind "inline:", up to its parameters. */
static void blank_inline_keys(char *line, size_t len)
{
    static const struct slice mark = SLICE_INIT("inline:");

    for (size_t i = 0; i + mark.len <= len; i++) {
        if (!slice_istarts_with(slice_of(line + i, len - i), mark))
            continue;
        for (i += mark.len; i < len && line[i] != '|' && line[i] != ';' && !is_space(line[i]);
             i++) {
            if (line[i] != '=')
                line[i] = 'A';
        }
    }
}

/* What stands behind the first ':' or blank of its value becomes base64 of zeros. */
static void blank_key_value(char *line, size_t len, size_t from)
{
    while (from < len && line[from] != ' ' && line[from] != ':')
        from++;
    for (; from < len; from++) {
        if (line[from] != '=' && line[from] != ':' && !is_space(line[from]))
            line[from] = 'A';
    }
}

static void scrub_keys(char *line, size_t len)
{
    static const struct slice mikey = SLICE_INIT("a=key-mgmt:mikey");
    struct slice s = slice_of(line, len);

    if (slice_istarts_with(s, SLICE("a=crypto")))
        blank_inline_keys(line, len);
    else if (slice_istarts_with(s, mikey))
        blank_key_value(line, len, mikey.len);
    else if (slice_starts_with(s, SLICE("k=")))
        blank_key_value(line, len, 2);
}

void body_scrub_line(const struct privacy *p, char *line, size_t len, struct mask_seen *seen)
{
    struct slice value;

    if (len < 3 || line[1] != '=')
        return;
    if (p->blank & PRIVACY_BLANK_SDES)
        scrub_keys(line, len);
    if (!privacy_masks(p))
        return;
    value = slice_trim(slice_of(line + 2, len - 2));
    if (line[0] == 'o')
        value.len = slice_find(value, ' ');
    if ((line[0] == 'o' || line[0] == 'e' || line[0] == 'p') && value.len)
        mask_user_at(p, line + (value.p - line), value.len, seen);
}

/* Masks what stands up to the sign that ends it. */
static size_t mask_until(const struct privacy *p, char *body, size_t len, size_t from, char end,
                         struct mask_seen *seen)
{
    size_t n = slice_find(slice_of(body + from, len - from), end);

    if (mask_is_number(slice_of(body + from, n)))
        mask_number(p, body + from, n, seen);
    else
        mask_name(p, body + from, n, seen);
    return from + n;
}

/* The text of <name>, <display-name>, <nameID …><name>, with or without a prefix. */
static size_t scrub_element(const struct privacy *p, char *body, size_t len, size_t at,
                            struct mask_seen *seen)
{
    size_t room = len - at - 1, n, colon;
    struct slice tag = slice_of(body + at + 1, room < TAG_MAX ? room : TAG_MAX), name;

    n = slice_find(tag, '>');
    name = slice_of(tag.p, n);
    name = slice_trim(slice_cut(&name, ' '));
    colon = slice_find(name, ':');
    if (colon < name.len)
        name = slice_of(name.p + colon + 1, name.len - colon - 1);
    if (n == tag.len ||
        (!slice_ieq(name, SLICE("name")) && !slice_ieq(name, SLICE("display-name"))))
        return at;
    return mask_until(p, body, len, at + 1 + n + 1, '<', seen);
}

void body_scrub_xml(const struct privacy *p, char *body, size_t len, struct mask_seen *seen)
{
    static const struct slice attribute = SLICE_INIT("display=");
    struct slice all = slice_of(body, len);

    if (!privacy_masks(p))
        return;
    for (size_t i = 0; i < len; i++) {
        if (body[i] == '<' && i + 1 < len)
            i = scrub_element(p, body, len, i, seen);
        else if ((body[i] | 0x20) == 'd' && len - i > attribute.len + 1 &&
                 slice_istarts_with(slice_of(all.p + i, len - i), attribute))
            i = mask_until(p, body, len, i + attribute.len + 1, body[i + attribute.len], seen);
    }
}
