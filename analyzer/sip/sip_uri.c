#include "analyzer/sip/sip_uri.h"

#include "analyzer/sip/sip_scan.h"

/* "[" and the longest IPv6 text. */
enum { HOST_TEXT_MAX = 48 };

/* "sip:" as scan_load4 gives it: nearly every URI begins so. */
#define SIP_COLON SCAN_WORD('s', 'i', 'p', ':')

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_sip(struct slice s)
{
    return s.len >= 4 && (uint32_t)scan_lower8(scan_load4(s.p)) == SIP_COLON;
}

/* The length of `scheme ":"`, or 0. */
static size_t scheme_len(struct slice s)
{
    size_t n = 0;

    if (is_sip(s))
        return 4;
    if (s.len == 0 || !is_alpha(s.p[0]))
        return 0;
    while (n < s.len && (is_alpha(s.p[n]) || scan_is_digit(s.p[n]) || s.p[n] == '+' ||
                         s.p[n] == '-' || s.p[n] == '.'))
        n++;
    return n < s.len && s.p[n] == ':' ? n + 1 : 0;
}

static enum sip_scheme scheme_of(struct slice text)
{
    if (slice_ieq(text, SLICE("sip")))
        return SIP_SCHEME_SIP;
    if (slice_ieq(text, SLICE("sips")))
        return SIP_SCHEME_SIPS;
    if (slice_ieq(text, SLICE("tel")))
        return SIP_SCHEME_TEL;
    return SIP_SCHEME_OTHER;
}

/* What follows the host: [":" port] [";" params] ["?" headers]. */
static void parse_behind_host(struct sip_uri *uri, struct slice s)
{
    if (s.len && s.p[0] == ':') {
        size_t n = scan_find2(s, ';', '?');
        uint64_t port;

        if (slice_to_u64(slice_of(s.p + 1, n - 1), UINT16_MAX, &port))
            uri->port = (uint16_t)port;
        else
            uri->bad = true;
        s = scan_skip(s, n);
    }
    if (s.len && s.p[0] == ';') {
        s = scan_skip(s, 1);
        uri->params = scan_head(s, scan_find(s, '?'));
        s = scan_skip(s, uri->params.len);
    }
    if (s.len && s.p[0] == '?')
        uri->headers = scan_skip(s, 1);
    else if (s.len)
        uri->bad = true;
}

/* What an error in the grammar of RFC 3261 made some write for "::" (RFC 5118 ง4.10). */
static bool has_three_colons(struct slice host)
{
    for (size_t i = 2; i < host.len; i++) {
        if (memcmp(host.p + i - 2, ":::", 3) == 0)
            return true;
    }
    return false;
}

static void parse_host(struct sip_uri *uri, struct slice s)
{
    size_t n, colon;

    if (s.len && s.p[0] == '[') {
        n = scan_find(s, ']');
        uri->host = slice_of(s.p + 1, n - 1);
        uri->bad |= n == s.len || has_three_colons(uri->host);
        parse_behind_host(uri, scan_skip(s, n < s.len ? n + 1 : n));
        return;
    }
    n = scan_find2(s, ';', '?');
    colon = scan_find(scan_head(s, n), ':');
    if (colon < n && scan_find(slice_of(s.p + colon + 1, n - colon - 1), ':') < n - colon - 1)
        uri->bad = true; /* IPv6 without its brackets: a port could not be told */
    else
        n = colon;
    uri->host = scan_head(s, n);
    parse_behind_host(uri, scan_skip(s, n));
}

/* [user [":" password] "@"] of a sip: URI. What follows it is returned. */
static struct slice parse_userinfo(struct sip_uri *uri, struct slice s)
{
    size_t colon = scan_find2(s, ':', '@'), at = colon;

    if (at < s.len && s.p[at] == ':')
        at += scan_find(scan_skip(s, at), '@');
    if (at == s.len)
        return s;
    uri->user = scan_head(s, colon);
    if (colon < at)
        uri->password = slice_of(s.p + colon + 1, at - colon - 1);
    uri->bad |= colon == 0;
    return scan_skip(s, at + 1);
}

static void parse_tel(struct sip_uri *uri, struct slice s)
{
    uri->user = scan_head(s, scan_find(s, ';'));
    uri->bad |= uri->user.len == 0;
    if (uri->user.len < s.len)
        uri->params = scan_skip(s, uri->user.len + 1);
}

/* Everything up to the host, which is returned; absent for the schemes that have none. Sets the
 * fields one by one: clearing the struct at once costs more than the rest of the work. */
static struct slice parse_front(struct sip_uri *uri, struct slice text)
{
    struct slice s = scan_trim(text);
    size_t n = scheme_len(s);

    uri->scheme = SIP_SCHEME_NONE;
    uri->bad = n == 0 || scan_has_space(text);
    uri->port = 0;
    uri->scheme_text = uri->user = uri->password = SLICE_ABSENT;
    uri->host = uri->params = uri->headers = SLICE_ABSENT;
    if (n == 0)
        return SLICE_ABSENT;
    uri->scheme_text = scan_head(s, n - 1);
    uri->scheme = (uint8_t)(is_sip(s) ? SIP_SCHEME_SIP : scheme_of(uri->scheme_text));
    s = scan_skip(s, n);
    if (uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS)
        return parse_userinfo(uri, s);
    if (uri->scheme == SIP_SCHEME_TEL)
        parse_tel(uri, s);
    return SLICE_ABSENT;
}

bool sip_uri_parse(struct sip_uri *uri, struct slice text)
{
    struct slice host = parse_front(uri, text);

    if (host.p) {
        parse_host(uri, host);
        uri->bad |= uri->host.len == 0;
    }
    return uri->scheme != SIP_SCHEME_NONE;
}

struct slice sip_uri_user(struct slice text, bool *bad)
{
    struct sip_uri uri;
    struct slice host = parse_front(&uri, text);

    *bad |= uri.bad || (host.p && host.len == 0);
    return uri.user;
}

/* The position behind a quoted string that begins at s.p[at]; s.len when it never ends, and then
 * *closed is false. */
static size_t skip_quoted(struct slice s, size_t at, bool *closed)
{
    *closed = false;
    for (at++; at < s.len; at++) {
        if (s.p[at] == '"') {
            *closed = true;
            return at + 1;
        }
        if (s.p[at] == '\\' && at + 1 < s.len)
            at++;
    }
    return s.len;
}

/* The end of a parameter: the first ';' or ',' outside quotes, or s.len. */
static size_t param_len(struct slice s)
{
    size_t n = scan_find3(s, ';', ',', '"');
    bool closed;

    while (n < s.len && s.p[n] == '"') {
        n = skip_quoted(s, n, &closed);
        n += scan_find3(scan_skip(s, n), ';', ',', '"');
    }
    return n;
}

bool sip_param_next(struct slice *rest, struct slice *name, struct slice *value)
{
    struct slice param = *rest;
    size_t equals;

    if (param.len == 0 || param.p[0] != ';')
        return false;
    param = scan_skip(param, 1);
    param.len = param_len(param);
    *rest = slice_of(param.p + param.len, rest->len - 1 - param.len);
    equals = scan_find(param, '=');
    *name = scan_trim(scan_head(param, equals));
    *value = equals < param.len ? scan_trim(scan_skip(param, equals + 1)) : SLICE_ABSENT;
    return true;
}

struct slice sip_list_next(struct slice rest)
{
    return rest.len && rest.p[0] == ',' ? scan_skip(rest, 1) : SLICE_ABSENT;
}

struct slice sip_param_find(struct slice params, struct slice wanted)
{
    struct slice name, value;

    while (sip_param_next(&params, &name, &value)) {
        if (name.len != wanted.len || !slice_ieq(name, wanted))
            continue;
        if (!value.p)
            return slice_of(name.p + name.len, 0);
        if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
            return slice_of(value.p + 1, value.len - 2);
        return value;
    }
    return SLICE_ABSENT;
}

/* What follows the URI: nothing, parameters, the next value of the list. */
static void parse_behind_uri(struct sip_name_addr *out, struct slice s)
{
    size_t n;

    s = scan_skip_space(s);
    n = scan_find2(s, ';', ',');
    out->params = scan_skip(s, n);
    out->bad |= n > 0;
}

/* `s` begins with '<'. */
static bool parse_bracketed(struct sip_name_addr *out, struct slice s)
{
    size_t close = scan_find(s, '>');
    struct slice inside = slice_of(s.p + 1, close - 1);

    if (close == s.len) {
        out->bad = true;
        return false;
    }
    out->uri = scan_trim(inside);
    out->bad |= out->uri.len != inside.len || inside.len == 0;
    parse_behind_uri(out, scan_skip(s, close + 1));
    return out->uri.len > 0;
}

/* addr-spec without <>: a ';' after it begins header parameters, a '?' may not be in it (RFC 3261
 * ยง20: such a URI must be in <>). */
static bool parse_bare(struct sip_name_addr *out, struct slice s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] != ';' && s.p[n] != ',' && !scan_is_space(s.p[n])) {
        out->bad |= s.p[n] == '?';
        n++;
    }
    out->uri = scan_head(s, n);
    parse_behind_uri(out, scan_skip(s, n));
    return true;
}

bool sip_name_addr_parse(struct sip_name_addr *out, struct slice value)
{
    struct slice s = scan_trim(value);
    size_t n = 0;
    bool closed;

    out->display = out->uri = out->params = SLICE_ABSENT;
    out->bad = false;
    if (s.len && s.p[0] == '<')
        return parse_bracketed(out, s);
    if (s.len && s.p[0] == '"') {
        n = skip_quoted(s, 0, &closed);
        if (!closed) {
            out->bad = true;
            return false;
        }
        n += scan_find(scan_skip(s, n), '<');
    } else {
        while (n < s.len && s.p[n] != '<' && s.p[n] != ';' && s.p[n] != ',')
            n++;
        if (n == s.len || s.p[n] != '<') {
            if (scheme_len(s))
                return parse_bare(out, s);
            /* No URI yet: the separator must be part of an unquoted display name. */
            out->bad = true;
            n = scan_find(s, '<');
        }
    }
    if (n == s.len) {
        out->bad = true;
        return false;
    }
    out->display = scan_trim(scan_head(s, n));
    return parse_bracketed(out, scan_skip(s, n));
}

bool sip_host_to_addr(struct slice host, struct addr *out)
{
    char text[HOST_TEXT_MAX];
    size_t n = 0;

    if (host.len > sizeof text)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        if (i >= 2 && memcmp(host.p + i - 2, ":::", 3) == 0)
            continue;
        text[n++] = host.p[i];
    }
    return addr_parse_ip(slice_of(text, n), out);
}

static int hex_digit(char c)
{
    if (scan_is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes one character off *s, an escape as what it stands for. */
static char take_char(struct slice *s)
{
    char c = s->p[0];
    size_t n = 1;

    if (c == '%' && s->len >= 3 && hex_digit(s->p[1]) >= 0 && hex_digit(s->p[2]) >= 0) {
        c = (char)(hex_digit(s->p[1]) << 4 | hex_digit(s->p[2]));
        n = 3;
    }
    *s = scan_skip(*s, n);
    return c;
}

bool sip_escaped_eq(struct slice a, struct slice b)
{
    while (a.len && b.len) {
        if (take_char(&a) != take_char(&b))
            return false;
    }
    return a.len == b.len;
}

size_t sip_unescape(struct slice text, char *out, size_t max)
{
    size_t n = 0;

    while (text.len && n < max)
        out[n++] = take_char(&text);
    return n;
}
