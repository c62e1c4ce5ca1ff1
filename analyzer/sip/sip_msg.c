#include "analyzer/sip/sip_msg.h"

#include "analyzer/sip/sip_header.h"
#include "analyzer/sip/sip_scan.h"
#include "analyzer/sip/sip_start_line.h"
#include "analyzer/sip/sip_uri.h"

/* RFC 3261 §8.1.1.5, §20.22, §20.19, §20.33: what each number may be at most. */
#define CSEQ_MAX         INT32_MAX
#define MAX_FORWARDS_MAX 255
#define DELTA_MAX        UINT32_MAX
#define LENGTH_MAX       INT32_MAX
#define WARNING_MAX      999

/* RFC 3261 §8.1.1.7: what a branch of this century begins with. */
static const struct slice cookie = SLICE_INIT("z9hG4bK");

static const struct slice method_names[SIP_METHOD_COUNT] = {
#define X(name) [SIP_METHOD_##name] = SLICE_INIT(#name),
    SIP_METHODS(X)
#undef X
};

static const char *const parse_texts[SIP_PARSE_COUNT] = {
#define X(name, text) text,
    SIP_PARSES(X)
#undef X
};

static const char *const anomaly_texts[SIP_ANOMALY_COUNT] = {
#define X(name, text) text,
    SIP_ANOMALIES(X)
#undef X
};

const char *sip_method_text(enum sip_method method)
{
    if (method == SIP_METHOD_OTHER)
        return "OTHER";
    return method > SIP_METHOD_NONE && method < SIP_METHOD_OTHER ? method_names[method].p : "";
}

const char *sip_parse_text(enum sip_parse result)
{
    return (unsigned)result < SIP_PARSE_COUNT ? parse_texts[result] : "";
}

const char *sip_anomaly_text(enum sip_anomaly anomaly)
{
    return (unsigned)anomaly < SIP_ANOMALY_COUNT ? anomaly_texts[anomaly] : "";
}

bool sip_anomaly_is_defect(enum sip_anomaly anomaly)
{
    return anomaly != SIP_ANOMALY_RFC2543 && anomaly != SIP_ANOMALY_FOLDED;
}

enum sip_method sip_method_find(struct slice text)
{
    if (text.len == 0)
        return SIP_METHOD_NONE;
    for (unsigned i = SIP_METHOD_NONE + 1; i < SIP_METHOD_OTHER; i++) {
        if (slice_eq(text, method_names[i]))
            return (enum sip_method)i;
    }
    return SIP_METHOD_OTHER;
}

/* Takes the digits at the front off *s. −1 where there are none or they are more than max. */
static int64_t cut_number(struct sip_msg *msg, struct slice *s, uint64_t max,
                          enum sip_anomaly none_flag)
{
    uint64_t value = 0;
    size_t n = 0;

    for (; n < s->len && scan_is_digit(s->p[n]); n++) {
        /* Stays above every max once it is there, whatever number of digits follow. */
        if (value <= max)
            value = value * 10 + (unsigned)(s->p[n] - '0');
    }
    *s = scan_skip(*s, n);
    sip_msg_flag_if(msg, n == 0, none_flag);
    sip_msg_flag_if(msg, value > max, SIP_ANOMALY_SCALAR_OVERFLOW);
    return n && value <= max ? (int64_t)value : -1;
}

/* A header that is a number; a comment or parameters may follow (Retry-After). */
static int64_t read_number(struct sip_msg *msg, struct slice text, uint64_t max)
{
    int64_t value;

    if (!text.p)
        return -1;
    value = cut_number(msg, &text, max, SIP_ANOMALY_BAD_NUMBER);
    if (text.len && !scan_is_space(text.p[0]) && text.p[0] != ';' && text.p[0] != '(') {
        sip_msg_flag_if(msg, true, SIP_ANOMALY_BAD_NUMBER);
        return -1;
    }
    return value;
}

/* One of From and To. */
static void read_party(struct sip_msg *msg, struct slice value, enum sip_anomaly bad,
                       struct slice *uri_out, struct slice *user, struct slice *tag)
{
    struct sip_name_addr party;
    struct slice name, text;

    if (!value.p)
        return;
    if (sip_name_addr_parse(&party, value)) {
        *uri_out = party.uri;
        *user = sip_uri_user(party.uri, &party.bad);
    }
    while (sip_param_next(&party.params, &name, &text)) {
        if (scan_is(name, SLICE("tag")) && text.len && !tag->p)
            *tag = text;
    }
    party.bad |= party.params.len > 0; /* a list, which it must not be */
    sip_msg_flag_if(msg, party.bad, bad);
}

static void read_contact(struct sip_msg *msg, struct slice value)
{
    struct sip_name_addr contact;
    struct slice name, text;

    if (!value.p)
        return;
    msg->contact = value;
    if (slice_eq(value, SLICE("*"))) {
        msg->contact_uri = value;
        return;
    }
    if (sip_name_addr_parse(&contact, value)) {
        msg->contact_uri = contact.uri;
        sip_uri_user(contact.uri, &contact.bad);
    }
    while (sip_param_next(&contact.params, &name, &text)) {
        contact.bad |= name.len == 0;
        if (text.p && scan_is(name, SLICE("expires")))
            msg->contact_expires = read_number(msg, text, DELTA_MAX);
    }
    sip_msg_flag_if(msg, contact.bad, SIP_ANOMALY_BAD_CONTACT);
}

/* What stands behind the second slash, or absent. */
static struct slice skip_slashes(struct slice s)
{
    for (int slashes = 0; slashes < 2; slashes++) {
        size_t n = scan_find(s, '/');

        if (n == s.len)
            return SLICE_ABSENT;
        s = scan_skip(s, n + 1);
    }
    return s;
}

/* "SIP" / "2.0" / transport, with white space where they like. What follows, or absent. */
static struct slice skip_protocol(struct slice s)
{
    if (s.len > 8 && scan_is_sip_2_0(scan_head(s, 7)) && s.p[7] == '/')
        s = scan_skip(s, 8);
    else
        s = skip_slashes(s);
    if (!s.p)
        return s;
    s = scan_trim(s);
    scan_cut_word(&s);
    return s;
}

static void read_via_params(struct sip_msg *msg, struct slice params)
{
    struct slice name, value;

    while (sip_param_next(&params, &name, &value)) {
        sip_msg_flag_if(msg, name.len == 0, SIP_ANOMALY_BAD_VIA);
        if (!msg->via_branch.p && scan_is(name, SLICE("branch")))
            msg->via_branch = value;
        else if (scan_is(name, SLICE("received")))
            msg->via_received = value;
    }
}

static void read_via(struct sip_msg *msg, struct slice value)
{
    size_t n;

    if (!value.p)
        return;
    value = skip_protocol(value);
    if (!value.p) {
        sip_msg_flag_if(msg, true, SIP_ANOMALY_BAD_VIA);
        return;
    }
    n = scan_find2(value, ';', ',');
    msg->via_sent_by = scan_trim(slice_of(value.p, n));
    sip_msg_flag_if(msg, msg->via_sent_by.len == 0, SIP_ANOMALY_BAD_VIA);
    read_via_params(msg, scan_skip(value, n));
    sip_msg_flag_if(msg, slice_eq(msg->via_branch, cookie), SIP_ANOMALY_BAD_BRANCH);
    sip_msg_flag_if(msg, !slice_starts_with(msg->via_branch, cookie), SIP_ANOMALY_RFC2543);
}

static void read_cseq(struct sip_msg *msg, struct slice value)
{
    struct slice method = value;
    int64_t number;

    if (!value.p)
        return;
    msg->cseq_text = value;
    number = cut_number(msg, &method, CSEQ_MAX, SIP_ANOMALY_BAD_CSEQ);
    msg->has_cseq = number >= 0;
    msg->cseq = msg->has_cseq ? (uint32_t)number : 0;
    sip_msg_flag_if(msg, method.len == 0 || !scan_is_space(method.p[0]), SIP_ANOMALY_BAD_CSEQ);
    method = scan_trim(method);
    if (msg->is_request && slice_eq(method, msg->method_text)) {
        msg->cseq_method = msg->method;
        return;
    }
    msg->cseq_method = (uint8_t)sip_method_find(method);
    if (msg->is_request) {
        sip_msg_flag_if(msg, true, SIP_ANOMALY_CSEQ_METHOD_MISMATCH);
    } else {
        msg->method = msg->cseq_method;
        msg->method_text = method;
    }
}

static void read_date(struct sip_msg *msg, struct slice value)
{
    bool gmt = value.len >= 3 && slice_ieq(scan_skip(value, value.len - 3), SLICE("GMT"));

    sip_msg_flag_if(msg, value.p && !gmt, SIP_ANOMALY_BAD_DATE);
}

/* What Content-Length leaves of the bytes behind the headers (RFC 3261 §18.3: over UDP the end of
 * the datagram is the end of the body). */
static void read_body(struct sip_msg *msg, const struct sip_headers *headers, struct slice rest)
{
    struct slice text = sip_headers_get(headers, SIP_HEADER_CONTENT_LENGTH);

    if (headers->ended)
        msg->body = rest;
    if (!text.p)
        return;
    if (text.len > 1 && text.p[0] == '-' && scan_is_digit(text.p[1])) {
        sip_msg_flag_if(msg, true, SIP_ANOMALY_CL_NEGATIVE);
        return;
    }
    msg->content_length = read_number(msg, text, LENGTH_MAX);
    if (!headers->ended || msg->content_length < 0)
        return;
    sip_msg_flag_if(msg, (uint64_t)msg->content_length > rest.len, SIP_ANOMALY_CL_GT_BODY);
    if ((uint64_t)msg->content_length < rest.len) {
        sip_msg_flag_if(msg, true, SIP_ANOMALY_EXTRA_BYTES);
        msg->body.len = (size_t)msg->content_length;
    }
}

static void read_lesser_headers(struct sip_msg *msg, const struct sip_headers *headers)
{
    struct slice warning = sip_headers_get(headers, SIP_HEADER_WARNING);

    msg->user_agent = sip_headers_get(headers, SIP_HEADER_USER_AGENT);
    msg->server = sip_headers_get(headers, SIP_HEADER_SERVER);
    msg->reason_header = sip_headers_get(headers, SIP_HEADER_REASON);
    msg->warning = warning;
    msg->session_id = sip_headers_get(headers, SIP_HEADER_SESSION_ID);
    msg->asserted_identity = sip_headers_get(headers, SIP_HEADER_ASSERTED_IDENTITY);
    msg->content_type = sip_headers_get(headers, SIP_HEADER_CONTENT_TYPE);
    msg->max_forwards =
        read_number(msg, sip_headers_get(headers, SIP_HEADER_MAX_FORWARDS), MAX_FORWARDS_MAX);
    msg->expires = read_number(msg, sip_headers_get(headers, SIP_HEADER_EXPIRES), DELTA_MAX);
    msg->retry_after =
        read_number(msg, sip_headers_get(headers, SIP_HEADER_RETRY_AFTER), DELTA_MAX);
    if (warning.p)
        cut_number(msg, &warning, WARNING_MAX, SIP_ANOMALY_BAD_NUMBER);
    read_date(msg, sip_headers_get(headers, SIP_HEADER_DATE));
    msg->auth =
        (uint8_t)((sip_headers_has(headers, SIP_HEADER_WWW_AUTHENTICATE) ? SIP_AUTH_WWW_AUTHENTICATE
                                                                         : 0) |
                  (sip_headers_has(headers, SIP_HEADER_PROXY_AUTHENTICATE)
                       ? SIP_AUTH_PROXY_AUTHENTICATE
                       : 0) |
                  (sip_headers_has(headers, SIP_HEADER_AUTHORIZATION) ? SIP_AUTH_AUTHORIZATION
                                                                      : 0) |
                  (sip_headers_has(headers, SIP_HEADER_PROXY_AUTHORIZATION)
                       ? SIP_AUTH_PROXY_AUTHORIZATION
                       : 0));
}

/* Most messages have none of these. */
static void read_rare_headers(struct sip_msg *msg, const struct sip_headers *headers)
{
    if (headers->seen >> SIP_HEADER_REFER_TO == 0)
        return;
    msg->refer_to = sip_headers_get(headers, SIP_HEADER_REFER_TO);
    msg->referred_by = sip_headers_get(headers, SIP_HEADER_REFERRED_BY);
    msg->replaces = sip_headers_get(headers, SIP_HEADER_REPLACES);
    msg->join = sip_headers_get(headers, SIP_HEADER_JOIN);
    msg->target_dialog = sip_headers_get(headers, SIP_HEADER_TARGET_DIALOG);
    msg->session_expires = sip_headers_get(headers, SIP_HEADER_SESSION_EXPIRES);
    msg->min_se = sip_headers_get(headers, SIP_HEADER_MIN_SE);
    msg->require = sip_headers_get(headers, SIP_HEADER_REQUIRE);
    msg->rseq = sip_headers_get(headers, SIP_HEADER_RSEQ);
    msg->rack = sip_headers_get(headers, SIP_HEADER_RACK);
    msg->identity = sip_headers_get(headers, SIP_HEADER_IDENTITY);
    msg->diversion = sip_headers_get(headers, SIP_HEADER_DIVERSION);
    msg->history_info = sip_headers_get(headers, SIP_HEADER_HISTORY_INFO);
    msg->charging_vector = sip_headers_get(headers, SIP_HEADER_CHARGING_VECTOR);
    msg->event = sip_headers_get(headers, SIP_HEADER_EVENT);
}

#define HEADER_BIT(id) (UINT64_C(1) << SIP_HEADER_##id)

/* RFC 3261 §8.1.1, §8.2.6, §12.1.1 and §13.3.1.4: a Contact where a dialog begins. */
static uint64_t mandatory_headers(const struct sip_msg *msg)
{
    bool begins = msg->is_request ? msg->method == SIP_METHOD_INVITE
                                  : msg->cseq_method == SIP_METHOD_INVITE && msg->status >= 200 &&
                                        msg->status < 300;

    return (begins ? HEADER_BIT(CONTACT) : 0) | (msg->is_request ? HEADER_BIT(MAX_FORWARDS) : 0);
}

/* Of a message that was cut nobody knows what its sender wrote. */
static void note_missing(struct sip_msg *msg, const struct sip_headers *headers)
{
    const uint64_t always = HEADER_BIT(FROM) | HEADER_BIT(TO) | HEADER_BIT(CSEQ) | HEADER_BIT(VIA);

    msg->repeated = headers->repeated;
    if (!headers->ended)
        return;
    sip_msg_flag_if(msg, always & ~headers->seen, SIP_ANOMALY_MISSING_HEADER);
    if (headers->lines <= SIP_HEADERS_USED) /* else they may be among those not looked at */
        msg->missing = (always | mandatory_headers(msg)) & ~headers->seen;
}

static void read_headers(struct sip_msg *msg, const struct sip_headers *headers)
{
    msg->call_id = sip_headers_get(headers, SIP_HEADER_CALL_ID);
    if (msg->call_id.len == 0)
        msg->call_id = SLICE_ABSENT;
    msg->from = sip_headers_get(headers, SIP_HEADER_FROM);
    msg->to = sip_headers_get(headers, SIP_HEADER_TO);
    read_party(msg, msg->from, SIP_ANOMALY_BAD_FROM, &msg->from_uri, &msg->from_user,
               &msg->from_tag);
    read_party(msg, msg->to, SIP_ANOMALY_BAD_TO, &msg->to_uri, &msg->to_user, &msg->to_tag);
    read_cseq(msg, sip_headers_get(headers, SIP_HEADER_CSEQ));
    read_via(msg, sip_headers_get(headers, SIP_HEADER_VIA));
    read_contact(msg, sip_headers_get(headers, SIP_HEADER_CONTACT));
    read_lesser_headers(msg, headers);
    read_rare_headers(msg, headers);

    msg->headers =
        (uint16_t)(headers->lines < SIP_HEADERS_USED ? headers->lines : SIP_HEADERS_USED);
    sip_msg_flag_if(msg, headers->lines > SIP_HEADERS_USED, SIP_ANOMALY_HEADER_LIMIT);
    sip_msg_flag_if(msg, headers->bad_line, SIP_ANOMALY_BAD_HEADER);
    sip_msg_flag_if(msg, headers->folded, SIP_ANOMALY_FOLDED);
    sip_msg_flag_if(msg, headers->duplicate, SIP_ANOMALY_DUP_SINGLETON);
    sip_msg_flag_if(msg, !headers->ended, SIP_ANOMALY_CUT);
    sip_msg_flag_if(msg, msg->from.p && !msg->from_tag.p, SIP_ANOMALY_RFC2543);
    note_missing(msg, headers);
}

static bool is_keepalive(struct slice datagram)
{
    for (size_t i = 0; i < datagram.len; i++) {
        if (datagram.p[i] != '\0' && !scan_is_space(datagram.p[i]))
            return false;
    }
    return true;
}

bool sip_msg_looks_like(struct slice datagram)
{
    struct slice line;
    bool whole;

    /* Nothing of RTP, STUN, DTLS or an empty NAT keepalive begins with a printable byte. */
    if (datagram.len == 0 || ((unsigned char)(datagram.p[0] - '!') > '~' - '!' &&
                              datagram.p[0] != '\r' && datagram.p[0] != '\n'))
        return false;
    line = sip_start_line_cut(datagram, &whole);
    return sip_start_line_looks_like(line, whole);
}

struct slice sip_msg_find_header(const struct sip_msg *msg, struct slice name)
{
    return sip_headers_find(msg->header_block, name);
}

enum sip_parse sip_msg_parse(struct sip_msg *msg, struct slice datagram)
{
    const char *end = datagram.p + datagram.len;
    struct sip_headers headers;
    enum sip_parse result;
    struct slice line;
    bool whole;

    memset(msg, 0, sizeof *msg);
    msg->content_length = msg->expires = msg->contact_expires = -1;
    msg->max_forwards = msg->retry_after = -1;
    if (datagram.len > SIP_MSG_MAX_BYTES)
        return SIP_PARSE_TOO_LONG;
    if (datagram.len == 0)
        return SIP_PARSE_KEEPALIVE;
    line = sip_start_line_cut(datagram, &whole);
    if (line.len == 0 || scan_is_space(line.p[0]) || line.p[0] == '\0')
        return is_keepalive(datagram) ? SIP_PARSE_KEEPALIVE : SIP_PARSE_NOT_SIP;
    if (!whole)
        return sip_msg_looks_like(line) ? SIP_PARSE_TRUNCATED : SIP_PARSE_NOT_SIP;
    result = sip_start_line_parse(msg, line);
    if (result == SIP_PARSE_NOT_SIP)
        return result;
    line.p += line.len + (line.p[line.len] == '\r' ? 2 : 1);
    sip_headers_scan(&headers, slice_of(line.p, (size_t)(end - line.p)), SIP_HEADERS_USED);
    msg->header_block = slice_of(line.p, (size_t)(headers.end - line.p));
    read_headers(msg, &headers);
    read_body(msg, &headers, slice_of(headers.end, (size_t)(end - headers.end)));
    if (result == SIP_PARSE_OK && !msg->call_id.p)
        return headers.ended ? SIP_PARSE_NO_CALL_ID : SIP_PARSE_TRUNCATED;
    return result;
}
