#include "analyzer/sip/vq_report.h"

#include <math.h>

/* A metric of a line: where it goes, what it is told in, and what it may be. */
struct metric {
    struct slice line, name;
    size_t offset; /* in struct vq_metrics */
    double unit, low, high;
};

#define METRIC(line, name, member, unit, low, high)                                                \
    {                                                                                              \
        SLICE_INIT(line), SLICE_INIT(name), offsetof(struct vq_metrics, member), unit, low, high   \
    }

/* RFC 6035 §4.6.1: percentages, ms, dBm. 65535 ms and 127 are unavailable, as in RTCP XR. */
static const struct metric metrics[] = {
    METRIC("PacketLoss", "NLR", loss_ratio, 0.01, 0, 100),
    METRIC("PacketLoss", "JDR", discard_ratio, 0.01, 0, 100),
    METRIC("BurstGapLoss", "BLD", burst_density_ratio, 0.01, 0, 100),
    METRIC("BurstGapLoss", "BD", burst_ms, 1, 0, 3600000),
    METRIC("BurstGapLoss", "GLD", gap_density_ratio, 0.01, 0, 100),
    METRIC("BurstGapLoss", "GD", gap_ms, 1, 0, 3600000),
    METRIC("Delay", "RTD", round_trip_ms, 1, 0.001, 65534),
    METRIC("Delay", "ESD", end_system_ms, 1, 0.001, 65534),
    METRIC("Delay", "IAJ", jitter_ms, 1, 0, 65534),
    METRIC("JitterBuffer", "JBN", jb_nominal_ms, 1, 0, 65534),
    METRIC("Signal", "SL", signal_dbm, 1, -126, 126),
    METRIC("Signal", "NL", noise_dbm, 1, -126, 126),
    METRIC("QualityEst", "RLQ", r_lq, 1, 0, 120),
    METRIC("QualityEst", "RCQ", r_cq, 1, 0, 120),
    METRIC("QualityEst", "MOSLQ", mos_lq, 1, 1, 5),
    METRIC("QualityEst", "MOSCQ", mos_cq, 1, 1, 5),
};

static void clear_metrics(struct vq_metrics *m)
{
    *m = (struct vq_metrics){ .present = false };
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        *(double *)(void *)((char *)m + metrics[i].offset) = NAN;
}

/* [-]digits[.digits][%]; NaN for anything else. More digits than a number of theirs can have are a
 * lie, not a number. */
static double read_number(struct slice s)
{
    enum { DIGITS_MAX = 12 };
    bool negative = s.len && s.p[0] == '-', point = false;
    double value = 0, unit = 1;
    unsigned digits = 0;

    if (s.len && s.p[s.len - 1] == '%')
        s.len--;
    for (size_t i = negative; i < s.len; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9' || ++digits > DIGITS_MAX)
            return NAN;
        value = value * 10 + (s.p[i] - '0');
        if (point)
            unit *= 10;
    }
    if (digits == 0)
        return NAN;
    return (negative ? -value : value) / unit;
}

/* Hexadecimal, with or without 0x. 0 for anything else. */
static uint32_t read_ssrc(struct slice s)
{
    uint32_t value = 0;

    if (slice_istarts_with(s, SLICE("0x")))
        s = slice_of(s.p + 2, s.len - 2);
    if (s.len > 8)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)(s.p[i] | 0x20); /* digits have that bit already */

        if (s.p[i] >= '0' && s.p[i] <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint32_t)(c - 'a' + 10);
        else
            return 0;
    }
    return value;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes "name=value" off *rest; the value may be in quotes. False: there is none any more. A word
 * without "=" is a name without value. */
static bool cut_param(struct slice *rest, struct slice *name, struct slice *value)
{
    size_t at = 0, end;

    while (at < rest->len && is_blank(rest->p[at]))
        at++;
    if (at == rest->len)
        return false;
    for (end = at; end < rest->len && rest->p[end] != '=' && !is_blank(rest->p[end]); end++)
        ;
    *name = slice_of(rest->p + at, end - at);
    *value = SLICE_ABSENT;
    at = end;
    if (at < rest->len && rest->p[at] == '=') {
        bool quoted = ++at < rest->len && rest->p[at] == '"';

        at += quoted;
        for (end = at; end < rest->len && (quoted ? rest->p[end] != '"' : !is_blank(rest->p[end]));
             end++)
            ;
        *value = slice_of(rest->p + at, end - at);
        at = end + (quoted && end < rest->len);
    }
    *rest = slice_of(rest->p + at, rest->len - at);
    return true;
}

static void take_address(struct slice params, struct addr *addr, uint32_t *ssrc)
{
    struct addr ip = { { 0 }, 0 };
    struct slice name, value;
    uint32_t told_ssrc = 0;
    uint64_t port = 0;
    bool has_ip = false;

    while (cut_param(&params, &name, &value)) {
        if (slice_ieq(name, SLICE("IP")))
            has_ip = addr_parse_ip(value, &ip);
        else if (slice_ieq(name, SLICE("PORT")))
            slice_to_u64(value, 65535, &port);
        else if (slice_ieq(name, SLICE("SSRC")))
            told_ssrc = read_ssrc(value);
    }
    if (has_ip && addr_is_unspecified(addr)) {
        *addr = ip;
        addr->port = (uint16_t)port;
    }
    if (*ssrc == 0)
        *ssrc = told_ssrc;
}

static void take_metric(struct vq_metrics *m, struct slice line, struct slice name,
                        struct slice value)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        double *member = (double *)(void *)((char *)m + metrics[i].offset);
        double number;

        if (!slice_ieq(name, metrics[i].name) || !slice_ieq(line, metrics[i].line))
            continue;
        number = read_number(value);
        if (isnan(*member) && number >= metrics[i].low && number <= metrics[i].high) {
            *member = number * metrics[i].unit;
            m->present = true;
        }
        return;
    }
}

static void take_metrics(struct vq_metrics *m, struct slice line, struct slice params)
{
    struct slice name, value;

    while (cut_param(&params, &name, &value)) {
        if (slice_ieq(line, SLICE("SessionDesc")) && slice_ieq(name, SLICE("PD"))) {
            if (!m->codec.p && value.len) {
                m->codec = value;
                m->present = true;
            }
            continue;
        }
        take_metric(m, line, name, value);
    }
}

static void take_text(struct slice *kept, struct slice value)
{
    if (!kept->p && value.len)
        *kept = value;
}

/* What is being read: whose metrics the next lines are. */
struct reading {
    struct vq_report *report;
    struct vq_metrics *metrics;
    struct slice dialog_id;
};

static void take_line(struct reading *r, struct slice key, struct slice value)
{
    struct vq_report *out = r->report;

    if (slice_ieq(key, SLICE("CallID")))
        take_text(&out->call_id, value);
    else if (slice_ieq(key, SLICE("DialogID")))
        take_text(&r->dialog_id, value);
    else if (slice_ieq(key, SLICE("LocalID")))
        take_text(&out->local_id, value);
    else if (slice_ieq(key, SLICE("RemoteID")))
        take_text(&out->remote_id, value);
    else if (slice_ieq(key, SLICE("LocalAddr")))
        take_address(value, &out->local, &out->local_ssrc);
    else if (slice_ieq(key, SLICE("RemoteAddr")))
        take_address(value, &out->remote, &out->remote_ssrc);
    else if (slice_ieq(key, SLICE("LocalMetrics")))
        r->metrics = &out->local_metrics;
    else if (slice_ieq(key, SLICE("RemoteMetrics")))
        r->metrics = &out->remote_metrics;
    else
        take_metrics(r->metrics, key, value);
}

static bool take_kind(struct vq_report *out, struct slice line)
{
    static const struct {
        struct slice head, kind;
    } kinds[] = { { SLICE_INIT("VQSessionReport"), SLICE_INIT("session") },
                  { SLICE_INIT("VQIntervalReport"), SLICE_INIT("interval") },
                  { SLICE_INIT("VQAlertReport"), SLICE_INIT("alert") } };
    struct slice key = slice_trim(slice_cut(&line, ':'));

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (slice_ieq(key, kinds[i].head)) {
            out->kind = kinds[i].kind;
            out->call_term = slice_ieq(slice_trim(line), SLICE("CallTerm"));
            return true;
        }
    }
    return false;
}

enum vq_parse vq_report_parse(struct vq_report *out, struct slice body)
{
    struct reading r = { out, &out->local_metrics, SLICE_ABSENT };
    struct slice key = SLICE_ABSENT;

    *out = (struct vq_report){ .call_term = false };
    clear_metrics(&out->local_metrics);
    clear_metrics(&out->remote_metrics);
    while (body.len) {
        struct slice line = slice_cut(&body, '\n'), value = slice_trim(line);

        if (value.len == 0)
            continue;
        if (!out->kind.p) {
            if (!take_kind(out, value))
                return VQ_PARSE_NOT_VQ;
            continue;
        }
        if (!is_blank(line.p[0])) /* else it goes on with the line before */
            key = slice_trim(slice_cut(&value, ':'));
        take_line(&r, key, slice_trim(value));
    }
    if (!out->kind.p)
        return VQ_PARSE_NOT_VQ;
    if (!out->call_id.p && r.dialog_id.p)
        take_text(&out->call_id, slice_trim(slice_cut(&r.dialog_id, ';')));
    return out->call_id.p ? VQ_PARSE_OK : VQ_PARSE_NO_CALL;
}

const char *vq_parse_text(enum vq_parse why)
{
    static const char *const texts[] = { "ok", "not_vq", "no_call" };

    return texts[why];
}
