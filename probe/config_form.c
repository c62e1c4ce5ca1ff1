/*
 * What the values of options must look like.
 */
#include "probe/config_form.h"

#include "analyzer/base/addr.h"
#include "analyzer/plan/plan.h"
#include "probe/keep_load.h"
#include "probe/notify/address_guard.h"
#include "probe/notify/maintenance.h"
#include "probe/notify/receiver.h"
#include "probe/syslog/syslog_place.h"

static const char *const log_levels[] = { "error", "warn", "info", "debug" };

int config_log_level_find(struct slice name)
{
    for (size_t i = 0; i < sizeof log_levels / sizeof log_levels[0]; i++) {
        if (slice_eq(name, slice_of_text(log_levels[i])))
            return (int)i;
    }
    return -1;
}

static bool is_address(struct slice value)
{
    struct addr ignored;

    return addr_parse(value, &ignored);
}

static bool is_url(struct slice value)
{
    return (slice_istarts_with(value, SLICE("http://")) && value.len > 7) ||
           (slice_istarts_with(value, SLICE("https://")) && value.len > 8);
}

static bool is_log_level(struct slice value)
{
    return config_log_level_find(value) >= 0;
}

static bool is_port(struct slice value)
{
    uint64_t port;

    return slice_to_u64(value, UINT16_MAX, &port) && port > 0;
}

static bool is_timestamps(struct slice value)
{
    return slice_eq(value, SLICE("host")) || slice_eq(value, SLICE("adapter"));
}

static bool is_inband(struct slice value)
{
    return slice_eq(value, SLICE("auto")) || slice_eq(value, SLICE("always")) ||
           slice_eq(value, SLICE("never"));
}

static bool is_rule(struct slice value)
{
    struct plan_rule ignored;

    return plan_rule_parse(value, &ignored);
}

/* RFC 3261 token, which a header's name is. */
static bool is_header(struct slice value)
{
    static const char marks[] = "-.!%*_+`'~";

    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && !(c && strchr(marks, c)))
            return false;
    }
    return value.len > 0 && value.len <= 64;
}

/* "07:00": hours alone, the minutes are there because people write them. */
static bool parse_hour(struct slice text, uint8_t *out)
{
    struct slice minutes = text, hour = slice_cut(&minutes, ':');
    uint64_t number;

    if (!slice_eq(minutes, SLICE("00")) || !slice_to_u64(hour, 24, &number) || hour.len > 2)
        return false;
    *out = (uint8_t)number;
    return true;
}

bool config_parse_hours(struct slice value, uint8_t *from, uint8_t *to)
{
    struct slice rest = value, first = slice_cut(&rest, '-');

    return parse_hour(slice_trim(first), from) && parse_hour(slice_trim(rest), to) && *from < *to;
}

static bool is_hours(struct slice value)
{
    uint8_t from, to;

    return config_parse_hours(value, &from, &to);
}

static bool is_trunk_name(struct slice value)
{
    return value.len <= PLAN_NAME_MAX;
}

static bool is_one_of(struct slice value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(value, slice_of_text(words[i])))
            return true;
    }
    return false;
}

static bool is_keep(struct slice value)
{
    static const char *const levels[] = { "full", "headers", "signalling", "nothing" };

    return is_one_of(value, levels, sizeof levels / sizeof levels[0]);
}

static bool is_policy(struct slice value)
{
    struct slice rest = value, level = slice_cut(&rest, ' ');

    return is_keep(level) && slice_trim(rest).len > 0;
}

static bool explain_policy(struct slice value, struct strbuf *why)
{
    return keep_load_check(value, true, why);
}

static bool is_anything(struct slice value)
{
    (void)value;
    return true;
}

static bool explain_filter(struct slice value, struct strbuf *why)
{
    return keep_load_check(value, false, why);
}

static bool is_privacy(struct slice value)
{
    static const char *const ways[] = { "clear", "redact", "pseudonym" };

    return is_one_of(value, ways, sizeof ways / sizeof ways[0]);
}

static bool is_blank(struct slice value)
{
    static const char *const secrets[] = { "digest", "sdes", "dtmf", "message" };

    return is_one_of(value, secrets, sizeof secrets / sizeof secrets[0]);
}

/* ---- whom alerts are told ---- */

static bool is_receiver_name(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return value.len <= RECEIVER_NAME_MAX;
}

static bool is_receiver_kind(struct slice value)
{
    enum receiver_kind ignored;

    return receiver_kind_find(value, &ignored);
}

static bool is_severity(struct slice value)
{
    return receiver_severity(value) >= 0;
}

static bool is_clock_hours(struct slice value)
{
    uint16_t from, to;

    return maintenance_parse_minutes(value, &from, &to);
}

static bool is_days(struct slice value)
{
    uint8_t days;

    return maintenance_parse_days(value, &days);
}

static bool explain_match(struct slice value, struct strbuf *why)
{
    char error[LABEL_MATCH_ERROR_MAX];
    struct label_match m;

    if (label_match_parse(&m, value, error) == 0)
        return true;
    strbuf_add_text(why, error);
    return false;
}

static bool explain_window(struct slice value, struct strbuf *why)
{
    char error[MAINTENANCE_ERROR_MAX];
    struct maintenance m;

    if (maintenance_parse(&m, value, error) == 0)
        return true;
    strbuf_add_text(why, error);
    return false;
}

/* "sbc.example.org:5061", "[2001:db8::1]:443". */
static bool is_host_port(struct slice value)
{
    size_t colon = value.len;
    struct slice host;
    struct addr ignored;

    while (colon && value.p[colon - 1] != ':')
        colon--;
    if (colon < 2 || !is_port(slice_of(value.p + colon, value.len - colon)))
        return false;
    host = slice_of(value.p, colon - 1);
    return host.p[0] == '[' ? addr_parse_ip(host, &ignored) : address_guard_accepts(host);
}

static bool is_syslog(struct slice value)
{
    struct syslog_place ignored;

    return syslog_place_parse(&ignored, value);
}

const struct config_form config_form_syslog = { "udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH",
                                                is_syslog, NULL };
const struct config_form config_form_keep = { "one of full, headers, signalling, nothing", is_keep,
                                              NULL };
const struct config_form config_form_policy = { "LEVEL FILTER, like 'full trunk:carrier-a'",
                                                is_policy, explain_policy };
const struct config_form config_form_filter = { "a filter, like 'mos<3.5'", is_anything,
                                                explain_filter };
const struct config_form config_form_privacy = { "one of clear, redact, pseudonym", is_privacy,
                                                 NULL };
const struct config_form config_form_blank = { "one of digest, sdes, dtmf, message", is_blank,
                                               NULL };
const struct config_form config_form_country = { "a country code, like 49 or +49", plan_is_country,
                                                 NULL };
const struct config_form config_form_rule = { "PREFIX MIN-MAX REPLACEMENT, like '0 6-12 +49' or "
                                              "'- 3-4 +4930555'",
                                              is_rule, NULL };
const struct config_form config_form_emergency = { "2 to 15 digits, like 112",
                                                   plan_is_emergency_number, NULL };
const struct config_form config_form_header = { "the name of a header", is_header, NULL };
const struct config_form config_form_hours = { "FROM-TO in full hours, like 07:00-19:00", is_hours,
                                               NULL };
const struct config_form config_form_trunk_name = { "at most 64 bytes long", is_trunk_name, NULL };
const struct config_form config_form_trunk_address = {
    "an IP address, IP:PORT or CIDR, like 192.0.2.1, [2001:db8::1]:5060 or 192.0.2.0/24",
    plan_is_address, NULL
};
const struct config_form config_form_inband = { "auto, always or never", is_inband, NULL };
const struct config_form config_form_timestamps = { "host or adapter", is_timestamps, NULL };
const struct config_form config_form_address = { "ADDRESS:PORT, like 127.0.0.1:8080 or [::1]:8080",
                                                 is_address, NULL };
const struct config_form config_form_url = { "a URL that begins with http:// or https://", is_url,
                                             NULL };
const struct config_form config_form_port = { "a port, from 1 to 65535", is_port, NULL };
const struct config_form config_form_log_level = { "one of error, warn, info, debug", is_log_level,
                                                   NULL };

const struct config_form config_form_receiver_name = {
    "1 to 63 letters, digits, hyphens, dots or underscores", is_receiver_name, NULL
};
const struct config_form config_form_receiver_kind = {
    "one of webhook, alertmanager, pagerduty, slack, mail, syslog, exec, heartbeat",
    is_receiver_kind, NULL
};
const struct config_form config_form_severity = { "one of info, warning, critical", is_severity,
                                                  NULL };
const struct config_form config_form_clock_hours = { "FROM-TO, like 08:00-18:00", is_clock_hours,
                                                     NULL };
const struct config_form config_form_days = { "days, like mon-fri or sat,sun", is_days, NULL };
const struct config_form config_form_match = { "labels", is_anything, explain_match };
const struct config_form config_form_window = { "MATCH; TIMES", is_anything, explain_window };
const struct config_form config_form_allow = {
    "an IP address, a network like 10.1.0.0/16, or the name of a host", address_guard_accepts, NULL
};
const struct config_form config_form_host_port = { "HOST:PORT, like sbc.example.org:5061",
                                                   is_host_port, NULL };
