#include "probe/decap/sip_framing.h"

#include "analyzer/sip/sip_header.h"
#include "analyzer/sip/sip_scan.h"

enum {
    /* Of the method: the longest registered one has 9 letters. */
    METHOD_MAX = 64,
    HEADERS_MAX = SIP_MSG_MAX_BYTES,
};

void sip_framing_init(struct sip_framing *f, bool lost)
{
    *f = (struct sip_framing){ .place = lost ? SIP_FRAMING_LOST : SIP_FRAMING_BETWEEN,
                               .line_begins = true,
                               .counted = lost };
}

static void go_to(struct sip_framing *f, enum sip_framing_place place)
{
    f->place = (uint8_t)place;
    f->scanned = f->line = f->total = 0;
    f->line_begins = true;
    f->counted = false;
    f->nested = false;
}

static bool is_filler(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

static size_t word_length(struct slice s)
{
    size_t n = 0;

    while (n < s.len && n < METHOD_MAX && (unsigned char)s.p[n] > ' ' &&
           (unsigned char)s.p[n] < 0x7f && s.p[n] != ':' && s.p[n] != '/')
        n++;
    return n;
}

/* Is it the beginning of a method that has a name? */
static bool may_be_method(struct slice word)
{
    for (int m = SIP_METHOD_NONE + 1; m < SIP_METHOD_OTHER; m++) {
        if (slice_starts_with(slice_of_text(sip_method_text((enum sip_method)m)), word))
            return true;
    }
    return false;
}

/* Can a line that begins so, and has no end yet, become a start line? Where the stream is lost most
 * lines could; there the method must be one that is known. */
static bool may_begin(struct slice s, bool lost)
{
    size_t n = word_length(s);

    if (s.len > SIP_FRAMING_LINE_MAX)
        return false;
    if (slice_istarts_with(SLICE("SIP/"), scan_head(s, s.len < 4 ? s.len : 4)))
        return true;
    if (lost && !may_be_method(scan_head(s, n)))
        return false;
    if (n == s.len)
        return true;
    return n > 0 && s.p[n] == ' ' && !memchr(s.p, '\0', s.len);
}

/* The number of a Content-Length, as the parser reads it: −1 it is none, −2 it is out of range. */
static int64_t read_length(struct slice text)
{
    int64_t value = 0;
    size_t n = 0;

    for (; n < text.len && scan_is_digit(text.p[n]); n++) {
        if (value <= SIP_FRAMING_BODY_MAX)
            value = value * 10 + (text.p[n] - '0');
    }
    if (n == 0 ||
        (n < text.len && !scan_is_space(text.p[n]) && text.p[n] != ';' && text.p[n] != '('))
        return -1;
    return value <= SIP_FRAMING_BODY_MAX ? value : -2;
}

static struct slice skip_line(struct slice s)
{
    size_t n = slice_find(s, '\n');

    return n < s.len ? scan_skip(s, n + 1) : scan_skip(s, n);
}

static enum sip_framing_step message(struct sip_framing *f, enum sip_framing_place next,
                                     size_t bytes, size_t wire, struct sip_framing_found *found)
{
    found->bytes = bytes;
    found->payload = bytes < SIP_MSG_MAX_BYTES ? bytes : SIP_MSG_MAX_BYTES;
    found->wire = wire;
    found->too_long = bytes > SIP_MSG_MAX_BYTES;
    go_to(f, next);
    return SIP_FRAMING_MESSAGE;
}

static enum sip_framing_step read_body(struct sip_framing *f, struct slice bytes,
                                       struct sip_framing_found *found)
{
    if (bytes.len < f->total)
        return SIP_FRAMING_MORE;
    return message(f, SIP_FRAMING_BETWEEN, f->total, f->total, found);
}

/* The empty line ends at `end`: what does Content-Length say? */
static enum sip_framing_step end_headers(struct sip_framing *f, struct slice bytes, size_t end,
                                         struct sip_framing_found *found)
{
    struct slice block = skip_line(scan_head(bytes, end)), type;
    enum sip_framing_step step;
    struct sip_headers headers;
    int64_t length = 0;

    sip_headers_scan(&headers, block, UINT32_MAX);
    if (sip_headers_has(&headers, SIP_HEADER_CONTENT_LENGTH))
        length = read_length(sip_headers_get(&headers, SIP_HEADER_CONTENT_LENGTH));
    if (length < 0) {
        step = message(f, SIP_FRAMING_LOST, end, end, found);
        found->too_long |= length == -2;
        found->lost = length == -1;
        f->counted = true;
        return step;
    }
    type = sip_headers_get(&headers, SIP_HEADER_CONTENT_TYPE);
    f->place = SIP_FRAMING_BODY;
    f->total = (uint32_t)(end + (size_t)length);
    f->nested = type.p && (slice_istarts_with(type, SLICE("message/")) ||
                           slice_istarts_with(type, SLICE("multipart/")));
    return read_body(f, bytes, found);
}

/* Line by line to the empty one. A start line among them: the message before it has lost its end. */
static enum sip_framing_step read_headers(struct sip_framing *f, struct slice bytes,
                                          struct sip_framing_found *found)
{
    for (;;) {
        struct slice rest = scan_skip(bytes, f->scanned), line;
        const char *lf = rest.len ? memchr(rest.p, '\n', rest.len) : NULL;

        if (!lf) {
            f->scanned = (uint32_t)bytes.len;
            if (bytes.len <= HEADERS_MAX)
                return SIP_FRAMING_MORE;
            message(f, SIP_FRAMING_LOST, bytes.len, bytes.len + 1, found);
            found->too_long = true;
            f->counted = true;
            return SIP_FRAMING_MESSAGE;
        }
        f->scanned = (uint32_t)(lf + 1 - bytes.p);
        line = slice_of(bytes.p + f->line, f->scanned - f->line);
        if (line.p[0] == '\n' || (line.len == 2 && line.p[0] == '\r'))
            return end_headers(f, bytes, f->scanned, found);
        if (f->line && line.p[0] != '\r' && sip_msg_looks_like(line)) {
            found->lost = true;
            return message(f, SIP_FRAMING_BETWEEN, f->line, f->line + 1, found);
        }
        f->line = f->scanned;
    }
}

/* Damage: what is left of the line is skipped. */
static enum sip_framing_step skip_damage(struct sip_framing *f, struct slice bytes,
                                         struct sip_framing_found *found)
{
    size_t n = f->scanned + slice_find(scan_skip(bytes, f->scanned), '\n');

    f->line_begins = n < bytes.len;
    found->bytes = n < bytes.len ? n + 1 : bytes.len;
    found->lost = !f->counted;
    f->counted = true;
    f->place = SIP_FRAMING_LOST;
    f->scanned = 0;
    return SIP_FRAMING_SKIP;
}

/* At a place where a start line may be. */
static enum sip_framing_step read_start(struct sip_framing *f, struct slice bytes,
                                        struct sip_framing_found *found)
{
    const char *lf;
    size_t n = 0;

    while (n < bytes.len && is_filler(bytes.p[n]))
        n++;
    if (n) {
        found->bytes = n;
        f->scanned = 0;
        return SIP_FRAMING_KEEPALIVE;
    }
    lf = f->scanned < bytes.len ? memchr(bytes.p + f->scanned, '\n', bytes.len - f->scanned) : NULL;
    if (!lf) {
        if (!may_begin(bytes, f->place == SIP_FRAMING_LOST))
            return skip_damage(f, bytes, found);
        f->scanned = (uint32_t)bytes.len;
        return SIP_FRAMING_MORE;
    }
    n = (size_t)(lf + 1 - bytes.p);
    if (n > SIP_FRAMING_LINE_MAX || !sip_msg_looks_like(scan_head(bytes, n)))
        return skip_damage(f, bytes, found);
    f->place = SIP_FRAMING_HEADERS;
    f->scanned = f->line = (uint32_t)n;
    return read_headers(f, bytes, found);
}

enum sip_framing_step sip_framing_next(struct sip_framing *f, struct slice bytes,
                                       struct sip_framing_found *found)
{
    *found = (struct sip_framing_found){ 0 };
    if (bytes.len == 0)
        return SIP_FRAMING_MORE;
    if (f->skip) {
        found->bytes = bytes.len < f->skip ? bytes.len : f->skip;
        f->skip -= (uint32_t)found->bytes;
        return SIP_FRAMING_SKIP;
    }
    switch ((enum sip_framing_place)f->place) {
    case SIP_FRAMING_BODY:
        return read_body(f, bytes, found);
    case SIP_FRAMING_HEADERS:
        return read_headers(f, bytes, found);
    case SIP_FRAMING_BETWEEN:
        return read_start(f, bytes, found);
    case SIP_FRAMING_LOST:
        break;
    }
    return f->line_begins ? read_start(f, bytes, found) : skip_damage(f, bytes, found);
}

/* Does a message begin here? Asked where a line or a body is not whole, so a method must be one
 * that is known: the second half of one could be a method of its own. */
static bool is_start(struct slice s, bool whole)
{
    size_t n = word_length(s), lf = slice_find(s, '\n');

    if (lf < s.len ? !sip_msg_looks_like(scan_head(s, lf + 1)) : whole)
        return false;
    return slice_istarts_with(s, SLICE("SIP/2.0 ")) ||
           (n > 0 && n < s.len && s.p[n] == ' ' &&
            sip_method_find(scan_head(s, n)) != SIP_METHOD_OTHER);
}

size_t sip_framing_wants(const struct sip_framing *f, size_t kept, struct slice next,
                         bool segment_begins)
{
    bool in_body = f->place == SIP_FRAMING_BODY;
    bool doubtful = f->place == SIP_FRAMING_LOST || (in_body && !f->nested);
    size_t n;

    if (segment_begins && doubtful && is_start(next, in_body))
        return 0;
    if (in_body)
        n = f->total - kept;
    else
        n = slice_find(next, '\n') + 1;
    return n < next.len ? n : next.len;
}

bool sip_framing_give_up(struct sip_framing *f, struct slice kept, size_t missing,
                         struct sip_framing_found *found)
{
    bool in_message = f->place == SIP_FRAMING_HEADERS || f->place == SIP_FRAMING_BODY;
    bool is_message = in_message || (kept.len && sip_msg_looks_like(kept));
    size_t left = f->place == SIP_FRAMING_BODY ? f->total - kept.len : 0;

    *found = (struct sip_framing_found){ 0 };
    if (f->skip) {
        /* The hole lies within what is skipped, or the place is lost. */
        if (missing && missing <= f->skip) {
            f->skip -= (uint32_t)missing;
            return false;
        }
        f->skip = 0;
    }
    if (is_message)
        message(f, SIP_FRAMING_LOST, kept.len,
                kept.len + (left      ? left
                            : missing ? missing
                                      : 1),
                found);
    else
        go_to(f, SIP_FRAMING_LOST);
    f->line_begins = false;
    if (is_message && missing && missing <= left) {
        /* The body goes on behind the hole: its end is known. */
        go_to(f, SIP_FRAMING_BETWEEN);
        f->skip = (uint32_t)(left - missing);
    }
    return is_message;
}
