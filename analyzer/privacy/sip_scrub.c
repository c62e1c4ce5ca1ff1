#include "analyzer/privacy/sip_scrub.h"

#include "analyzer/privacy/body_scrub.h"
#include "analyzer/privacy/uri_scrub.h"
#include "analyzer/sip/sip_msg.h"
#include "analyzer/sip/sip_uri.h"

const char *sip_scrub_note_text(enum scrub_note note)
{
    static const char *const texts[SCRUB_NOTE_COUNT] = {
#define X(id, name) name,
        SCRUB_NOTES(X)
#undef X
    };

    return texts[note];
}

/* What a header asks for besides the URIs and display names that any may hold. */
enum header_kind {
    HEADER_ANY,
    HEADER_PARTY, /* a person: what stands there without a URI is one, too */
    HEADER_CALL_ID,
    HEADER_CREDENTIALS,
    HEADER_AUTH_INFO,
    HEADER_IDENTITY,
    HEADER_SUBJECT,
    HEADER_PLAIN, /* nobody is named there */
};

static enum header_kind kind_of(struct slice name)
{
    static const struct {
        struct slice name;
        enum header_kind kind;
    } rows[] = {
        { SLICE_INIT("from"), HEADER_PARTY },
        { SLICE_INIT("f"), HEADER_PARTY },
        { SLICE_INIT("to"), HEADER_PARTY },
        { SLICE_INIT("t"), HEADER_PARTY },
        { SLICE_INIT("p-asserted-identity"), HEADER_PARTY },
        { SLICE_INIT("p-preferred-identity"), HEADER_PARTY },
        { SLICE_INIT("remote-party-id"), HEADER_PARTY },
        { SLICE_INIT("p-called-party-id"), HEADER_PARTY },
        { SLICE_INIT("diversion"), HEADER_PARTY },
        { SLICE_INIT("referred-by"), HEADER_PARTY },
        { SLICE_INIT("b"), HEADER_PARTY },
        { SLICE_INIT("reply-to"), HEADER_PARTY },
        { SLICE_INIT("call-id"), HEADER_CALL_ID },
        { SLICE_INIT("i"), HEADER_CALL_ID },
        { SLICE_INIT("replaces"), HEADER_CALL_ID },
        { SLICE_INIT("join"), HEADER_CALL_ID },
        { SLICE_INIT("target-dialog"), HEADER_CALL_ID },
        { SLICE_INIT("in-reply-to"), HEADER_CALL_ID },
        { SLICE_INIT("callid"), HEADER_CALL_ID }, /* in a report of RFC 6035 */
        { SLICE_INIT("authorization"), HEADER_CREDENTIALS },
        { SLICE_INIT("proxy-authorization"), HEADER_CREDENTIALS },
        { SLICE_INIT("authentication-info"), HEADER_AUTH_INFO },
        { SLICE_INIT("proxy-authentication-info"), HEADER_AUTH_INFO },
        { SLICE_INIT("identity"), HEADER_IDENTITY },
        { SLICE_INIT("y"), HEADER_IDENTITY },
        { SLICE_INIT("subject"), HEADER_SUBJECT },
        { SLICE_INIT("s"), HEADER_SUBJECT },
        { SLICE_INIT("via"), HEADER_PLAIN },
        { SLICE_INIT("v"), HEADER_PLAIN },
        { SLICE_INIT("www-authenticate"), HEADER_PLAIN },
        { SLICE_INIT("proxy-authenticate"), HEADER_PLAIN },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (slice_ieq(name, rows[i].name))
            return rows[i].kind;
    }
    return HEADER_ANY;
}

struct scrub {
    const struct privacy *p;
    struct scrub_counts *counts;
    struct mask_seen seen;
    bool is_message; /* a MESSAGE, or an answer to one */
};

/* A slice of the text that is scrubbed, to be written to. */
static char *writable(struct slice s)
{
    return (char *)(uintptr_t)s.p;
}

static void blank_hex(struct slice value)
{
    char *p = writable(value);

    for (size_t i = 0; i < value.len; i++) {
        if (p[i] != '"')
            p[i] = '0';
    }
}

/* name=value, lists of it: commas and blanks before the name, quotes around the value. */
static bool next_credential(struct slice *rest, struct slice *name, struct slice *value)
{
    size_t n = 0;

    while (n < rest->len && (rest->p[n] == ',' || rest->p[n] == ' ' || rest->p[n] == '\t' ||
                             rest->p[n] == '\r' || rest->p[n] == '\n'))
        n++;
    *rest = slice_of(rest->p + n, rest->len - n);
    if (rest->len == 0)
        return false;
    *name = slice_trim(slice_cut(rest, '='));
    for (n = 0; n < rest->len && (rest->p[n] == ' ' || rest->p[n] == '\t'); n++)
        ;
    *value = slice_of(rest->p + n, rest->len - n);
    n = 0;
    if (value->len && value->p[0] == '"') {
        for (n = 1; n < value->len && value->p[n] != '"'; n++)
            n += value->p[n] == '\\' && n + 1 < value->len;
        n += n < value->len;
    }
    while (n < value->len && value->p[n] != ',')
        n++;
    *rest = slice_of(value->p + n, value->len - n);
    value->len = n;
    return true;
}

static void scrub_username(struct scrub *s, struct slice value)
{
    value = slice_trim(value);
    if (value.len && value.p[0] == '"') {
        value = slice_of(value.p + 1, value.len - 1);
        if (value.len && value.p[value.len - 1] == '"')
            value.len--;
    }
    mask_user_at(s->p, writable(value), value.len, &s->seen);
}

static void scrub_credential(struct scrub *s, struct slice name, struct slice value)
{
    static const struct slice secrets[] = { SLICE_INIT("response"), SLICE_INIT("rspauth"),
                                            SLICE_INIT("auts") };

    if (privacy_masks(s->p) &&
        (slice_ieq(name, SLICE("username")) || slice_ieq(name, SLICE("username*"))))
        scrub_username(s, value);
    for (size_t i = 0; s->p->blank & PRIVACY_BLANK_DIGEST && i < sizeof secrets / sizeof secrets[0];
         i++) {
        if (slice_ieq(name, secrets[i]))
            blank_hex(slice_trim(value));
    }
}

/* "Digest name=value, …"; any other scheme holds the secret itself. */
static void scrub_credentials(struct scrub *s, struct slice value, bool has_scheme)
{
    struct slice rest = value, name, item;

    if (has_scheme) {
        struct slice scheme = slice_cut(&rest, ' ');

        if (!slice_ieq(scheme, SLICE("digest"))) {
            if (s->p->blank & PRIVACY_BLANK_DIGEST)
                mask_blank(writable(rest), rest.len);
            return;
        }
    }
    while (next_credential(&rest, &name, &item))
        scrub_credential(s, name, item);
}

/* header.claims.signature;…: the claims name both numbers. */
static void scrub_identity(struct scrub *s, struct slice value)
{
    struct slice rest = slice_of(value.p, slice_find(value, ';')), claims;
    char *p;

    if (s->p->numbers == PRIVACY_CLEAR)
        return;
    slice_cut(&rest, '.');
    claims = slice_cut(&rest, '.');
    p = writable(claims);
    for (size_t i = 0; i < claims.len; i++)
        p[i] = 'A';
    s->counts->notes[SCRUB_IDENTITY_BLANKED] += claims.len > 0;
}

static void scrub_value(struct scrub *s, enum header_kind kind, struct slice value)
{
    switch (kind) {
    case HEADER_PARTY:
        if (!uri_is_in(value))
            mask_user(s->p, writable(value), value.len, &s->seen);
        break;
    case HEADER_CALL_ID:
        mask_call_id(s->p, writable(value), slice_find(value, ';'));
        break;
    case HEADER_CREDENTIALS:
    case HEADER_AUTH_INFO:
        scrub_credentials(s, value, kind == HEADER_CREDENTIALS);
        return;
    case HEADER_IDENTITY:
        scrub_identity(s, value);
        return;
    case HEADER_SUBJECT:
        if (s->is_message && s->p->blank & PRIVACY_BLANK_MESSAGE)
            mask_blank(writable(value), value.len);
        return;
    case HEADER_PLAIN:
        return;
    case HEADER_ANY:
        break;
    }
    if (privacy_masks(s->p))
        uri_scrub_displays(s->p, writable(value), value.len, &s->seen);
}

/* A name, and a colon behind it? */
static bool cut_name(struct slice line, struct slice *name, struct slice *value)
{
    size_t colon = slice_find(line, ':');

    *name = slice_trim(slice_of(line.p, colon));
    if (colon == line.len || name->len == 0 || slice_find(*name, ' ') < name->len)
        return false;
    *value = slice_trim(slice_of(line.p + colon + 1, line.len - colon - 1));
    return true;
}

/* One field or line of the text, folded ones whole, without its end. */
static struct slice next_line(struct slice *rest, bool unfold)
{
    const char *begin = rest->p;
    struct slice line = slice_cut(rest, '\n');

    while (unfold && rest->len && line.len > 1 && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
        const char *end;

        line = slice_cut(rest, '\n');
        end = line.p + line.len;
        line = slice_of(begin, (size_t)(end - begin));
    }
    if (line.len && line.p[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void scrub_head(struct scrub *s, struct slice head)
{
    while (head.len) {
        struct slice line = next_line(&head, true), name, value;

        if (cut_name(line, &name, &value)) {
            scrub_value(s, kind_of(name), value);
        } else if (line.len && privacy_masks(s->p)) {
            mask_blank(writable(line), line.len);
            s->counts->notes[SCRUB_HEADER_BLANKED]++;
        }
    }
}

/* Lines of SDP, and headers within the body: of a sipfrag, a report, a part. */
static void scrub_body_lines(struct scrub *s, struct slice body)
{
    while (body.len) {
        struct slice line = next_line(&body, false), name, value;

        body_scrub_line(s->p, writable(line), line.len, &s->seen);
        if ((line.len < 2 || line.p[1] != '=') && cut_name(line, &name, &value))
            scrub_value(s, kind_of(name), value);
    }
}

/* A request URI without a scheme: nobody but a broken phone sends one. */
static void scrub_request_uri(struct scrub *s, const struct sip_msg *msg)
{
    struct slice uri = msg->request_uri;

    if (uri.len && !uri_is_in(uri) && slice_find(uri, ':') == uri.len)
        mask_user_at(s->p, writable(uri), uri.len, &s->seen);
}

static void scrub_parsed(struct scrub *s, const struct sip_msg *msg, char *text, size_t len)
{
    struct slice head = msg->header_block;
    size_t begin = (size_t)(head.p - text) + head.len;
    struct slice body = slice_of(text + begin, len - begin);
    char *bytes = text + begin;

    s->is_message = msg->method == SIP_METHOD_MESSAGE ||
                    (!msg->is_request && msg->cseq_method == SIP_METHOD_MESSAGE);
    if (s->is_message && s->p->blank & PRIVACY_BLANK_MESSAGE) {
        for (size_t i = 0; i < body.len; i++) {
            if (bytes[i] != '\r' && bytes[i] != '\n')
                bytes[i] = 'x';
        }
    }
    if (body.len && msg->content_type.p && privacy_masks(s->p) &&
        (sip_msg_find_header(msg, SLICE("content-encoding")).len ||
         sip_msg_find_header(msg, SLICE("e")).len)) {
        memset(bytes, 'x', body.len);
        s->counts->notes[SCRUB_BODY_BLANKED]++;
    }
    body_scrub_parts(s->p, msg->content_type, bytes, body.len, s->counts);
    scrub_request_uri(s, msg);
    scrub_head(s, head);
    scrub_body_lines(s, body);
    body_scrub_xml(s->p, bytes, body.len, &s->seen);
}

static bool is_blank_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\r' && text[i] != '\n' && text[i] != '\0' && text[i] != ' ')
            return false;
    }
    return true;
}

void sip_scrub(const struct privacy *p, char *text, size_t len, struct scrub_counts *counts)
{
    struct scrub s = { .p = p, .counts = counts };
    struct sip_msg msg;

    if (!privacy_is_on(p) || is_blank_text(text, len))
        return;
    if (sip_msg_parse(&msg, slice_of(text, len)) != SIP_PARSE_OK || !msg.header_block.p) {
        mask_blank(text, len);
        counts->notes[SCRUB_MESSAGE_BLANKED]++;
        return;
    }
    scrub_parsed(&s, &msg, text, len);
    if (!privacy_masks(p))
        return;
    uri_scrub(p, text, len, &s.seen);
    mask_sweep(p, &s.seen, text, len);
}
