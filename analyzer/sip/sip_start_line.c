#include "analyzer/sip/sip_start_line.h"

#include "analyzer/sip/sip_scan.h"
#include "analyzer/sip/sip_uri.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 3261 §25.1: token. */
static bool is_token(char c)
{
    /* clang-format off */
    static const bool token[256] = {
        ['!'] = 1, ['%'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['_'] = 1,
        ['`'] = 1, ['~'] = 1,
        ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
        ['8'] = 1, ['9'] = 1,
        ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
        ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1,
        ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
        ['Y'] = 1, ['Z'] = 1,
        ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1,
        ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1,
        ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
        ['y'] = 1, ['z'] = 1,
    };
    /* clang-format on */

    return token[(unsigned char)c];
}

/* "SIP/" digits "." digits. */
static bool is_version(struct slice s)
{
    size_t n = 4, dots = 0;

    if (scan_is_sip_2_0(s))
        return true;
    if (s.len < 7 || !slice_istarts_with(s, SLICE("SIP/")) || !scan_is_digit(s.p[4]) ||
        !scan_is_digit(s.p[s.len - 1]))
        return false;
    for (; n < s.len; n++) {
        if (s.p[n] == '.')
            dots++;
        else if (!scan_is_digit(s.p[n]))
            return false;
    }
    return dots == 1;
}

static size_t token_len(struct slice s)
{
    size_t n = 0;

    while (n < s.len && is_token(s.p[n]))
        n++;
    return n;
}

/* The last word of a request line, which is its version. */
static struct slice last_word(struct slice line)
{
    size_t begin, end = line.len;

    if (end > 8 && line.p[end - 8] == ' ' && scan_is_sip_2_0(scan_skip(line, end - 7)))
        return scan_skip(line, end - 7);
    while (end && is_blank(line.p[end - 1]))
        end--;
    begin = end;
    while (begin && !is_blank(line.p[begin - 1]))
        begin--;
    return slice_of(line.p + begin, end - begin);
}

/* A request line that the datagram ends in: the scheme must vouch for it. */
static bool looks_like_uri(struct slice s)
{
    return slice_istarts_with(s, SLICE("sip:")) || slice_istarts_with(s, SLICE("sips:")) ||
           slice_istarts_with(s, SLICE("tel:"));
}

static enum sip_parse read_version(struct sip_msg *msg, struct slice version)
{
    if (scan_is_sip_2_0(version))
        return SIP_PARSE_OK;
    if (!is_version(version))
        return SIP_PARSE_NOT_SIP;
    sip_msg_flag_if(msg, true, SIP_ANOMALY_UNKNOWN_VERSION);
    return SIP_PARSE_UNKNOWN_VERSION;
}

static enum sip_parse read_status_line(struct sip_msg *msg, struct slice line)
{
    struct slice version = { line.p, scan_find(line, ' ') }, code;
    enum sip_parse result = read_version(msg, version);
    uint64_t status;

    if (result != SIP_PARSE_OK)
        return result;
    line = scan_skip(line, version.len);
    sip_msg_flag_if(msg, line.len > 1 && is_blank(line.p[1]), SIP_ANOMALY_BAD_START_LINE);
    line = scan_trim(line);
    code = scan_cut_word(&line);
    msg->reason = line;
    if (code.len != 3 || !slice_to_u64(code, 699, &status) || status < 100) {
        sip_msg_flag_if(msg, true, SIP_ANOMALY_BAD_STATUS);
        return SIP_PARSE_BAD_STATUS;
    }
    msg->status = (uint16_t)status;
    return SIP_PARSE_OK;
}

static void read_request_uri(struct sip_msg *msg, struct slice text)
{
    struct sip_uri uri;
    bool bad = false;

    if (text.len >= 2 && text.p[0] == '<' && text.p[text.len - 1] == '>') {
        text = scan_trim(slice_of(text.p + 1, text.len - 2));
        bad = true;
    }
    msg->request_uri = text;
    bad |= !sip_uri_parse(&uri, text) || uri.bad;
    msg->request_user = uri.user;
    sip_msg_flag_if(msg, bad, SIP_ANOMALY_BAD_RURI);
    sip_msg_flag_if(msg, uri.headers.p != NULL, SIP_ANOMALY_RURI_HEADERS);
}

static enum sip_parse read_request_line(struct sip_msg *msg, struct slice line)
{
    size_t n = token_len(line);
    struct slice version = last_word(line), uri;
    const char *line_end = line.p + line.len;
    enum sip_parse result;

    if (n == 0 || n == line.len || !is_blank(line.p[n]) || version.p <= line.p + n)
        return SIP_PARSE_NOT_SIP;
    result = read_version(msg, version);
    if (result == SIP_PARSE_NOT_SIP)
        return result;
    msg->is_request = true;
    msg->method_text = slice_of(line.p, n);
    msg->method = (uint8_t)sip_method_find(msg->method_text);
    uri = slice_of(line.p + n, (size_t)(version.p - line.p) - n);
    sip_msg_flag_if(msg,
                    version.p + version.len != line_end || uri.len < 3 || is_blank(uri.p[1]) ||
                        is_blank(uri.p[uri.len - 2]),
                    SIP_ANOMALY_BAD_START_LINE);
    read_request_uri(msg, scan_trim(uri));
    return result;
}

struct slice sip_start_line_cut(struct slice datagram, bool *whole)
{
    struct slice line;
    size_t n = 0;

    while (n < datagram.len && (datagram.p[n] == '\r' || datagram.p[n] == '\n'))
        n++;
    line = n ? scan_skip(datagram, n) : datagram;
    n = slice_find(line, '\n');
    *whole = n < line.len;
    if (n && *whole && line.p[n - 1] == '\r')
        n--;
    return slice_of(line.p, n);
}

bool sip_start_line_looks_like(struct slice line, bool whole)
{
    size_t n = token_len(line);

    if (n == 3 && line.len > 4 && line.p[3] == '/') {
        struct slice rest = line;

        return is_version(scan_cut_word(&rest));
    }
    if (n == 0 || n == line.len || !is_blank(line.p[n]))
        return false;
    return whole ? is_version(last_word(line)) : looks_like_uri(scan_skip(line, n + 1));
}

enum sip_parse sip_start_line_parse(struct sip_msg *msg, struct slice line)
{
    if (line.len > 4 && slice_istarts_with(line, SLICE("SIP/")))
        return read_status_line(msg, line);
    return read_request_line(msg, line);
}
