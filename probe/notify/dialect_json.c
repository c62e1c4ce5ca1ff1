/*
 * What speaks Alertmanager's language: the generic webhook and programs (its webhook, version 4),
 * its own API, and the heartbeat. Labels tell alerts apart and are matched by machines, so they are
 * only made printable; annotations are for people, and carry no stranger's links.
 */
#include "analyzer/base/json_item.h"
#include "probe/notify/brief.h"
#include "probe/notify/dialect_kinds.h"
#include "probe/notify/json_check.h"
#include "probe/notify/safe_text.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    LABELS_MAX = 8,
    LABEL_NAME_MAX = 40,
    JSON_FIELD_MAX = 2000, /* labels, calls, of the record */
    EVIDENCE_MAX = 6000,
    DESCRIPTION_TIMES = 3,
    RUNBOOK_TIMES = 4,
    TEST_LASTS_S = 60,
};

static const struct slice no_time = SLICE_INIT("0001-01-01T00:00:00Z");

static void write_text(struct jsonw *j, const char *key, struct slice text)
{
    if (!text.p)
        return;
    jsonw_key(j, key);
    jsonw_text(j, text);
}

static void write_safe(struct jsonw *j, const char *key, struct slice text, size_t max)
{
    struct strbuf safe = { .max_bytes = DIALECT_BODY_MAX };

    safe_text_add(&safe, text, max);
    write_text(j, key, text.p ? strbuf_slice(&safe) : SLICE_ABSENT);
    strbuf_fini(&safe);
}

static void write_link(struct jsonw *j, const char *key, const char *base_url, const char *path)
{
    struct strbuf link = { .max_bytes = 4096 };

    if (base_url)
        brief_add_link(&link, base_url, path, SLICE(""));
    write_text(j, key, strbuf_slice(&link));
    strbuf_fini(&link);
}

/* ---- labels ---- */

/* As Prometheus allows them: letters, digits and '_'. False: that is none, or one of ours. */
static bool make_label_name(char out[LABEL_NAME_MAX + 1], struct slice name)
{
    static const struct slice ours[] = { SLICE_INIT("rule"), SLICE_INIT("severity"),
                                         SLICE_INIT("alertname"), SLICE_INIT("test") };
    size_t len = 0;

    for (; len < name.len && len < LABEL_NAME_MAX; len++) {
        char c = name.p[len];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        out[len] = letter || (len && c >= '0' && c <= '9') ? c : '_';
    }
    out[len] = '\0';
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (slice_eq(name, ours[i]))
            return false;
    }
    return len > 0;
}

static bool all_have(const struct notify_message *m, const char *name, struct slice value)
{
    for (size_t i = 0; i < m->count; i++) {
        if (!slice_eq(json_item_get(m->alerts[i]->labels, name), value))
            return false;
    }
    return true;
}

static void write_label(struct jsonw *j, const char *name, struct slice value, size_t max)
{
    struct strbuf plain = { .max_bytes = 4096 };

    if (value.len && value.p[0] == '"')
        json_item_add_raw(&plain, value);
    else
        strbuf_add_slice(&plain, value);
    write_safe(j, name, strbuf_slice(&plain), max);
    strbuf_fini(&plain);
}

/* Those of alert, or with common those that all alerts of the message share. */
static void write_labels(struct jsonw *j, const char *key, const struct notify_message *m,
                         const struct alert_record *alert, const struct dialect_room *room,
                         bool common)
{
    struct slice rest = alert->labels, name, value;
    char label[LABEL_NAME_MAX + 1];
    bool same_severity = true;

    for (size_t i = 0; i < m->count; i++)
        same_severity = same_severity && slice_eq(m->alerts[i]->severity, alert->severity);
    jsonw_key(j, key);
    jsonw_object_open(j);
    write_safe(j, "alertname", alert->rule, room->text);
    if (!common || same_severity)
        write_safe(j, "severity", alert->severity, room->text);
    if (m->is_test)
        write_text(j, "test", SLICE("yes"));
    for (size_t n = 0; n < LABELS_MAX && json_item_next_member(&rest, &name, &value);) {
        char whole[LABEL_NAME_MAX + 1];

        if (name.len > LABEL_NAME_MAX || slice_eq(value, SLICE("null")) ||
            !make_label_name(label, name))
            continue;
        memcpy(whole, name.p, name.len);
        whole[name.len] = '\0';
        if (common && !all_have(m, whole, value))
            continue;
        write_label(j, label, value, room->text);
        n++;
    }
    jsonw_object_close(j);
}

static void write_group_labels(struct jsonw *j, const struct notify_message *m,
                               const struct dialect_room *room)
{
    jsonw_key(j, "groupLabels");
    jsonw_object_open(j);
    if (m->count)
        write_safe(j, "alertname", m->alerts[0]->rule, room->text);
    jsonw_object_close(j);
}

static void write_group_key(struct jsonw *j, const struct notify_message *m)
{
    struct strbuf key = { .max_bytes = 4096 };

    strbuf_add_text(&key, "{}:{alertname=\"");
    if (m->count)
        safe_text_add(&key, m->alerts[0]->rule, SAFE_TEXT_MAX);
    strbuf_add_text(&key, "\"}");
    write_text(j, "groupKey", strbuf_slice(&key));
    strbuf_fini(&key);
}

/* ---- annotations ---- */

static void write_annotations(struct jsonw *j, const char *key, const struct notify_message *m,
                              const struct alert_record *alert, const struct dialect_room *room,
                              bool with_summary)
{
    bool is_link = slice_istarts_with(alert->runbook, SLICE("https://")) ||
                   slice_istarts_with(alert->runbook, SLICE("http://"));
    struct strbuf summary = { .max_bytes = DIALECT_BODY_MAX };

    jsonw_key(j, key);
    jsonw_object_open(j);
    if (with_summary) {
        strbuf_add_text(&summary, m->is_test ? "Test: " : "");
        safe_text_add_unlinked(&summary, alert->summary, room->text);
        write_text(j, "summary", strbuf_slice(&summary));
    }
    write_safe(j, "description", alert->description, DESCRIPTION_TIMES * room->text);
    write_safe(j, is_link ? "runbook_url" : "runbook", alert->runbook, RUNBOOK_TIMES * room->text);
    jsonw_object_close(j);
    strbuf_fini(&summary);
}

static void write_time(struct jsonw *j, const char *key, int64_t time_ns)
{
    char text[BRIEF_TIME_MAX];

    brief_format_time(text, time_ns);
    write_text(j, key, slice_of_text(text));
}

/* ---- the record itself ---- */

/* Its texts, cut and printable, in one buffer that they borrow from. */
struct clean {
    struct strbuf text;
    struct {
        struct slice *field;
        size_t from, len;
    } parts[8];
    size_t count;
};

static void clean_text(struct clean *c, struct slice *field, size_t max)
{
    size_t from = c->text.len;

    if (!field->p)
        return;
    safe_text_add(&c->text, *field, max);
    c->parts[c->count].field = field;
    c->parts[c->count].from = from;
    c->parts[c->count++].len = c->text.len - from;
}

static struct slice whole_or_absent(struct slice json, char open, size_t max)
{
    return json.len <= max && json_check_is(json, open) ? json : SLICE_ABSENT;
}

static void write_record(struct jsonw *j, const struct alert_record *alert,
                         const struct dialect_room *room)
{
    struct clean c = { .text = { .max_bytes = DIALECT_BODY_MAX } };
    struct alert_record a = *alert;

    clean_text(&c, &a.rule, room->text);
    clean_text(&c, &a.severity, room->text);
    clean_text(&c, &a.state, room->text);
    clean_text(&c, &a.group, room->text);
    clean_text(&c, &a.unit, room->text);
    clean_text(&c, &a.summary, room->text);
    clean_text(&c, &a.search, RUNBOOK_TIMES * room->text);
    for (size_t i = 0; i < c.count; i++)
        *c.parts[i].field = slice_of(strbuf_slice(&c.text).p + c.parts[i].from, c.parts[i].len);
    a.description = SLICE_ABSENT; /* stand among the annotations */
    a.runbook = SLICE_ABSENT;
    a.labels = whole_or_absent(a.labels, '{', JSON_FIELD_MAX);
    a.calls = whole_or_absent(a.calls, '[', JSON_FIELD_MAX);
    a.evidence = room->evidence ? whole_or_absent(a.evidence, '{', EVIDENCE_MAX) : SLICE_ABSENT;
    jsonw_key(j, "earshot");
    record_write_json(j, &record_type_alert, &a);
    strbuf_fini(&c.text);
}

/* Links to what shows it, for people: to packets they are signed and expire. */
static void write_proof(struct jsonw *j, const struct notify_message *m,
                        const struct alert_record *alert, const struct dialect_room *room)
{
    struct brief b;

    (void)brief_make(&b, m, alert, room);
    jsonw_key(j, "links");
    jsonw_object_open(j);
    write_text(j, "search", b.search);
    jsonw_key(j, "calls");
    jsonw_array_open(j);
    for (size_t i = 0; i < b.call_count; i++) {
        jsonw_object_open(j);
        write_text(j, "id", b.calls[i].id);
        write_text(j, "page", b.calls[i].page);
        write_text(j, "packets", b.calls[i].packets);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
    jsonw_object_close(j);
    brief_fini(&b);
}

/* ---- the webhook, version 4 ---- */

static void write_alert(struct jsonw *j, const struct notify_message *m,
                        const struct alert_record *alert, const struct dialect_room *room)
{
    char id[24], path[40];

    snprintf(id, sizeof id, "%016" PRIx64, alert->id);
    snprintf(path, sizeof path, "/#/alerts/%s", id);
    jsonw_object_open(j);
    write_text(j, "status", dialect_is_over(alert) ? SLICE("resolved") : SLICE("firing"));
    write_labels(j, "labels", m, alert, room, false);
    write_annotations(j, "annotations", m, alert, room, true);
    write_time(j, "startsAt", alert->time);
    if (dialect_is_over(alert))
        write_time(j, "endsAt", alert->ended_time);
    else
        write_text(j, "endsAt", no_time);
    write_link(j, "generatorURL", m->base_url, path);
    write_text(j, "fingerprint", slice_of_text(id));
    if (m->base_url)
        write_proof(j, m, alert, room);
    write_record(j, alert, room);
    jsonw_object_close(j);
}

void dialect_json_webhook(struct strbuf *out, const struct notify_message *m,
                          const struct dialect_room *room)
{
    static const struct alert_record none;
    const struct alert_record *first = m->count ? m->alerts[0] : &none;
    struct jsonw j = jsonw_to(out);

    jsonw_object_open(&j);
    write_text(&j, "version", SLICE("4"));
    write_group_key(&j, m);
    jsonw_key(&j, "truncatedAlerts");
    jsonw_int(&j, (int64_t)(m->count - room->alerts));
    write_text(&j, "status", dialect_is_over(first) ? SLICE("resolved") : SLICE("firing"));
    write_safe(&j, "receiver", slice_of_text(m->receiver->name), SAFE_TEXT_MAX);
    write_group_labels(&j, m, room);
    write_labels(&j, "commonLabels", m, first, room, true);
    write_annotations(&j, "commonAnnotations", m, first, room, m->count == 1);
    write_link(&j, "externalURL", m->base_url, "");
    jsonw_key(&j, "alerts");
    jsonw_array_open(&j);
    for (size_t i = 0; i < room->alerts && !out->failed; i++)
        write_alert(&j, m, m->alerts[i], room);
    jsonw_array_close(&j);
    jsonw_object_close(&j);
}

/* ---- Alertmanager's own API ---- */

/* It resolves an alert at endsAt, and without one some minutes after it was told last. */
static int64_t ends_at(const struct notify_message *m, const struct alert_record *alert)
{
    if (m->is_test)
        return (m->now_s + TEST_LASTS_S) * INT64_C(1000000000);
    if (!dialect_is_over(alert))
        return RECORD_NONE;
    /* It refuses an end before the beginning. */
    return alert->ended_time < alert->time ? alert->time : alert->ended_time;
}

void dialect_json_alertmanager(struct strbuf *out, const struct notify_message *m,
                               const struct dialect_room *room)
{
    struct jsonw j = jsonw_to(out);

    jsonw_array_open(&j);
    for (size_t i = 0; i < room->alerts && !out->failed; i++) {
        const struct alert_record *alert = m->alerts[i];
        int64_t end = ends_at(m, alert);
        char path[40];

        snprintf(path, sizeof path, "/#/alerts/%016" PRIx64, alert->id);
        jsonw_object_open(&j);
        write_labels(&j, "labels", m, alert, room, false);
        write_annotations(&j, "annotations", m, alert, room, true);
        if (alert->time != RECORD_NONE && !m->is_test)
            write_time(&j, "startsAt", alert->time);
        if (end != RECORD_NONE)
            write_time(&j, "endsAt", end);
        if (m->base_url)
            write_link(&j, "generatorURL", m->base_url, path);
        jsonw_object_close(&j);
    }
    jsonw_array_close(&j);
}

/* ---- the heartbeat ---- */

void dialect_json_heartbeat(struct strbuf *out, const struct notify_message *m,
                            const struct dialect_room *room)
{
    struct jsonw j = jsonw_to(out);

    (void)room;
    jsonw_object_open(&j);
    write_text(&j, "earshot", SLICE("alive"));
    write_safe(&j, "receiver", slice_of_text(m->receiver->name), SAFE_TEXT_MAX);
    write_time(&j, "time", m->now_s * INT64_C(1000000000));
    jsonw_key(&j, "interval_s");
    jsonw_int(&j, m->receiver->heartbeat_ms / 1000);
    write_link(&j, "externalURL", m->base_url, "");
    jsonw_object_close(&j);
}
