#include "analyzer/sip/sip_uri.h"

/* "[" and the longest IPv6 text. */
enum { HOST_TEXT_MAX = 48 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct slice skip(struct slice s, size_t n)
{
    return slice_of(s.p + n, s.len - n);
}

static struct slice head_of(struct slice s, size_t n)
{
    return slice_of(s.p, n);
}

static struct slice skip_space(struct slice s)
{
    while (s.len && is_space(s.p[0]))
        s = skip(s, 1);
    return s;
}

/* The length of `scheme ":"`, or 0. */
static size_t scheme_len(struct slice s)
{
    size_t n = 0;

    if (s.len == 0 || !is_alpha(s.p[0]))
        return 0;
    while (n < s.len && (is_alpha(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '+' || s.p[n] == '-' ||
                         s.p[n] == '.'))
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

static bool has_space(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_space(s.p[i]))
            return true;
    }
    return false;
}

/* What follows the host: [":" port] [";" params] ["?" headers]. */
static void parse_behind_host(struct sip_uri *uri, struct slice s)
{
    if (s.len && s.p[0] == ':') {
        size_t n = 1;
        uint64_t port;

        while (n < s.len && s.p[n] != ';' && s.p[n] != '?')
            n++;
        if (slice_to_u64(slice_of(s.p + 1, n - 1), UINT16_MAX, &port))
            uri->port = (uint16_t)port;
        else
            uri->bad = true;
        s = skip(s, n);
    }
    if (s.len && s.p[0] == ';') {
        s = skip(s, 1);
        uri->params = head_of(s, slice_find(s, '?'));
        s = skip(s, uri->params.len);
    }
    if (s.len && s.p[0] == '?')
        uri->headers = skip(s, 1);
    else if (s.len)
        uri->bad = true;
}

static void parse_host(struct sip_uri *uri, struct slice s)
{
    size_t n = 0, colons = 0, first_colon = 0;

    if (s.len && s.p[0] == '[') {
        n = slice_find(s, ']');
        uri->host = slice_of(s.p + 1, n - 1);
        uri->bad |= n == s.len;
        parse_behind_host(uri, skip(s, n < s.len ? n + 1 : n));
        return;
    }
    while (n < s.len && s.p[n] != ';' && s.p[n] != '?') {
        if (s.p[n] == ':' && colons++ == 0)
            first_colon = n;
        n++;
    }
    /* Two colons: an IPv6 address without its brackets, which has no port that could be told. */
    uri->bad |= colons > 1;
    if (colons == 1)
        n = first_colon;
    uri->host = head_of(s, n);
    parse_behind_host(uri, skip(s, n));
}

static void parse_sip(struct sip_uri *uri, struct slice s)
{
    size_t at = slice_find(s, '@');

    if (at < s.len) {
        struct slice userinfo = head_of(s, at);
        size_t colon = slice_find(userinfo, ':');

        uri->user = head_of(userinfo, colon);
        if (colon < userinfo.len)
            uri->password = skip(userinfo, colon + 1);
        uri->bad |= uri->user.len == 0;
        s = skip(s, at + 1);
    }
    parse_host(uri, s);
    uri->bad |= uri->host.len == 0;
}

bool sip_uri_parse(struct sip_uri *uri, struct slice text)
{
    struct slice s = slice_trim(text);
    size_t n = scheme_len(s);

    *uri = (struct sip_uri){ .scheme = SIP_SCHEME_NONE };
    if (n == 0)
        return false;
    uri->bad = has_space(text);
    uri->scheme_text = head_of(s, n - 1);
    uri->scheme = (uint8_t)scheme_of(uri->scheme_text);
    s = skip(s, n);
    if (uri->scheme == SIP_SCHEME_TEL) {
        uri->user = head_of(s, slice_find(s, ';'));
        uri->bad |= uri->user.len == 0;
        if (uri->user.len < s.len)
            uri->params = skip(s, uri->user.len + 1);
    } else if (uri->scheme != SIP_SCHEME_OTHER) {
        parse_sip(uri, s);
    }
    return true;
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

/* The first `a` or `b` outside quotes, or s.len. */
static size_t find_unquoted(struct slice s, char a, char b)
{
    size_t n = 0;
    bool closed;

    while (n < s.len && s.p[n] != a && s.p[n] != b)
        n = s.p[n] == '"' ? skip_quoted(s, n, &closed) : n + 1;
    return n;
}

bool sip_param_next(struct slice *rest, struct slice *name, struct slice *value)
{
    struct slice param;
    size_t n, equals;

    if (rest->len == 0)
        return false;
    n = find_unquoted(*rest, ';', ';');
    param = head_of(*rest, n);
    *rest = skip(*rest, n < rest->len ? n + 1 : n);
    equals = slice_find(param, '=');
    *name = slice_trim(head_of(param, equals));
    *value = equals < param.len ? slice_trim(skip(param, equals + 1)) : SLICE_ABSENT;
    return true;
}

struct slice sip_param_find(struct slice params, struct slice wanted)
{
    struct slice name, value;

    while (sip_param_next(&params, &name, &value)) {
        if (!slice_ieq(name, wanted))
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

    s = skip_space(s);
    n = slice_find(s, ',');
    if (n < s.len)
        n = find_unquoted(s, ',', ',');
    if (n < s.len)
        out->rest = skip(s, n + 1);
    s = slice_trim(head_of(s, n));
    if (s.len == 0)
        return;
    if (s.p[0] == ';')
        out->params = skip(s, 1);
    else
        out->bad = true;
}

/* `s` begins with '<'. */
static bool parse_bracketed(struct sip_name_addr *out, struct slice s)
{
    size_t close = slice_find(s, '>');
    struct slice inside = slice_of(s.p + 1, close - 1);

    if (close == s.len) {
        out->bad = true;
        return false;
    }
    out->uri = slice_trim(inside);
    out->bad |= out->uri.len != inside.len || inside.len == 0;
    parse_behind_uri(out, skip(s, close + 1));
    return out->uri.len > 0;
}

/* addr-spec without <>: a ';' after it begins header parameters, a '?' may not be in it (RFC 3261
 * §20: such a URI must be in <>). */
static bool parse_bare(struct sip_name_addr *out, struct slice s)
{
    size_t n = 0;

    while (n < s.len && s.p[n] != ';' && s.p[n] != ',' && !is_space(s.p[n])) {
        out->bad |= s.p[n] == '?';
        n++;
    }
    out->uri = head_of(s, n);
    parse_behind_uri(out, skip(s, n));
    return true;
}

bool sip_name_addr_parse(struct sip_name_addr *out, struct slice value)
{
    struct slice s = slice_trim(value);
    size_t n = 0;
    bool closed;

    *out = (struct sip_name_addr){ .bad = false };
    if (s.len && s.p[0] == '<')
        return parse_bracketed(out, s);
    if (s.len && s.p[0] == '"') {
        n = skip_quoted(s, 0, &closed);
        if (!closed) {
            out->bad = true;
            return false;
        }
        n += slice_find(skip(s, n), '<');
    } else {
        while (n < s.len && s.p[n] != '<' && s.p[n] != ';' && s.p[n] != ',')
            n++;
        if (n == s.len || s.p[n] != '<') {
            if (scheme_len(s))
                return parse_bare(out, s);
            /* No URI yet: the separator must be part of an unquoted display name. */
            out->bad = true;
            n = slice_find(s, '<');
        }
    }
    if (n == s.len) {
        out->bad = true;
        return false;
    }
    out->display = slice_trim(head_of(s, n));
    return parse_bracketed(out, skip(s, n));
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
    if (is_digit(c))
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
    *s = skip(*s, n);
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
