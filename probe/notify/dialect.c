#include "probe/notify/dialect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* What Alertmanager sends in place of a time that is not known yet. */
#define NO_TIME "0001-01-01T00:00:00Z"

/* 20 ids of 16 digits with their quotes and commas are 382 bytes. */
enum { CALLS_MAX = 1000, TIME_TEXT_MAX = 40, ID_TEXT_MAX = 24 };

static void format_time(char out[TIME_TEXT_MAX], int64_t time_ns)
{
    time_t s = (time_t)(time_ns / 1000000000);
    struct tm tm;

    if (time_ns < 0 || !gmtime_r(&s, &tm)) {
        snprintf(out, TIME_TEXT_MAX, NO_TIME);
        return;
    }
    snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
             (int)(time_ns / 1000000 % 1000));
}

static void write_text(struct jsonw *j, const char *key, struct slice text)
{
    if (!text.p)
        return;
    jsonw_key(j, key);
    jsonw_text(j, text);
}

static void write_labels(struct jsonw *j, const char *key, const struct alert_record *alert,
                         bool with_severity)
{
    jsonw_key(j, key);
    jsonw_object_open(j);
    write_text(j, "alertname", alert->rule);
    write_text(j, "group", alert->group);
    if (with_severity)
        write_text(j, "severity", alert->severity);
    jsonw_object_close(j);
}

static void write_annotations(struct jsonw *j, const char *key, const struct alert_record *alert)
{
    bool is_link = slice_istarts_with(alert->runbook, SLICE("https://")) ||
                   slice_istarts_with(alert->runbook, SLICE("http://"));

    jsonw_key(j, key);
    jsonw_object_open(j);
    write_text(j, "summary", alert->summary);
    write_text(j, "description", alert->description);
    write_text(j, is_link ? "runbook_url" : "runbook", alert->runbook);
    jsonw_object_close(j);
}

static void write_link(struct jsonw *j, const char *key, const char *base_url, const char *path)
{
    struct strbuf link = { .max_bytes = 4096 };

    if (base_url) {
        strbuf_add_text(&link, base_url);
        while (link.len && link.p[link.len - 1] == '/')
            strbuf_chop(&link, 1);
        strbuf_add_text(&link, path);
    }
    write_text(j, key, strbuf_slice(&link));
    strbuf_fini(&link);
}

static void write_alert(struct jsonw *j, const struct alert_record *alert, const char *base_url)
{
    char id[ID_TEXT_MAX], path[ID_TEXT_MAX + 16], time[TIME_TEXT_MAX];

    snprintf(id, sizeof id, "%016" PRIx64, alert->id);
    snprintf(path, sizeof path, "/#/alerts/%s", id);
    jsonw_object_open(j);
    write_text(j, "status", alert->state);
    write_labels(j, "labels", alert, true);
    write_annotations(j, "annotations", alert);
    format_time(time, alert->time);
    write_text(j, "startsAt", slice_of_text(time));
    format_time(time, alert->ended_time);
    write_text(j, "endsAt", slice_of_text(time));
    write_link(j, "generatorURL", base_url, path);
    write_text(j, "fingerprint", slice_of_text(id));
    jsonw_key(j, "earshot");
    record_write_json(j, &record_type_alert, alert);
    jsonw_object_close(j);
}

static void write_group_key(struct jsonw *j, const struct alert_record *alert)
{
    struct strbuf key = { .max_bytes = 4096 };

    strbuf_add_text(&key, "{}:{alertname=\"");
    strbuf_add_slice(&key, alert->rule);
    strbuf_add_text(&key, "\",group=\"");
    strbuf_add_slice(&key, alert->group);
    strbuf_add_text(&key, "\"}");
    write_text(j, "groupKey", strbuf_slice(&key));
    strbuf_fini(&key);
}

static void write_webhook(struct strbuf *out, const struct notify_message *message)
{
    const struct alert_record *alert = message->alerts[0];
    struct jsonw j = jsonw_to(out);

    jsonw_object_open(&j);
    write_text(&j, "version", SLICE("4"));
    write_group_key(&j, alert);
    jsonw_key(&j, "truncatedAlerts");
    jsonw_int(&j, 0);
    write_text(&j, "status", alert->state);
    write_text(&j, "receiver", SLICE("webhook"));
    write_labels(&j, "groupLabels", alert, false);
    write_labels(&j, "commonLabels", alert, true);
    write_annotations(&j, "commonAnnotations", alert);
    write_link(&j, "externalURL", message->base_url, "");
    jsonw_key(&j, "alerts");
    jsonw_array_open(&j);
    for (size_t i = 0; i < message->count; i++)
        write_alert(&j, message->alerts[i], message->base_url);
    jsonw_array_close(&j);
    jsonw_object_close(&j);
}

static const struct dialect dialects[] = {
    { RECEIVER_WEBHOOK, "application/json", 1, write_webhook },
};

const struct dialect *dialect_of(enum receiver_kind kind)
{
    for (size_t i = 0; i < COUNT(dialects); i++) {
        if (dialects[i].kind == kind)
            return &dialects[i];
    }
    return &dialects[0];
}

/* At most max bytes, not ending within a character. */
static void cut(struct slice *s, size_t max)
{
    if (s->len <= max)
        return;
    s->len = max;
    while (s->len && ((unsigned char)s->p[s->len] & 0xc0) == 0x80)
        s->len--;
}

/* An array of ids as Earshot writes it; it goes into the body as it stands. */
static bool is_id_list(struct slice s)
{
    if (s.len < 2 || s.len > CALLS_MAX || s.p[0] != '[' || s.p[s.len - 1] != ']')
        return false;
    /* "0123456789abcdef", with a comma behind all but the last: 19 bytes each. */
    for (size_t i = 1; i + 1 < s.len; i++) {
        size_t at = (i - 1) % 19;
        char c = s.p[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

        if (at == 0 || at == 17 ? c != '"' : at == 18 ? c != ',' : !hex)
            return false;
    }
    return s.len == 2 || (s.len - 1) % 19 == 0;
}

int dialect_write(struct strbuf *out, const struct notify_message *message)
{
    /* Each text stands there up to three times and a byte may take six as JSON: the last of these
     * fits whatever they hold. */
    static const size_t limits[] = { 1000, 300, 60 };
    const struct dialect *dialect = dialect_of(message->receiver->kind);
    struct alert_record a = *message->alerts[0];
    const struct alert_record *alerts[] = { &a };
    struct notify_message cut_message = *message;

    cut_message.alerts = alerts;
    if (!is_id_list(a.calls))
        a.calls = SLICE("[]");
    for (size_t i = 0; i < COUNT(limits); i++) {
        cut(&a.rule, 64);
        cut(&a.severity, 16);
        cut(&a.state, 16);
        cut(&a.group, limits[i] < 200 ? limits[i] : 200);
        cut(&a.summary, limits[i]);
        cut(&a.description, limits[i]);
        cut(&a.runbook, limits[i]);
        strbuf_reset(out);
        out->max_bytes = DIALECT_BODY_MAX;
        dialect->write(out, &cut_message);
        if (!out->failed)
            return 0;
    }
    return -ENOMEM;
}
