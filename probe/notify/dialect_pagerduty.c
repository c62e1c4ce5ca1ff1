/*
 * PagerDuty's Events API v2: one event an alert. The alert's id is the dedup_key, so what is told
 * again, resolved or taken by somebody finds its incident.
 */
#include "probe/notify/brief.h"
#include "probe/notify/dialect_kinds.h"
#include "probe/notify/safe_text.h"

#include <inttypes.h>
#include <stdio.h>

static void write_text(struct jsonw *j, const char *key, struct slice text)
{
    if (!text.len)
        return;
    jsonw_key(j, key);
    jsonw_text(j, text);
}

static void write_safe(struct jsonw *j, const char *key, struct slice text, size_t max)
{
    struct strbuf safe = { .max_bytes = DIALECT_BODY_MAX };

    safe_text_add_unlinked(&safe, text, max);
    write_text(j, key, strbuf_slice(&safe));
    strbuf_fini(&safe);
}

static struct slice action(const struct notify_message *m, const struct alert_record *alert)
{
    if (dialect_is_over(alert))
        return SLICE("resolve");
    return m->is_acknowledged ? SLICE("acknowledge") : SLICE("trigger");
}

/* It knows critical, error, warning and info; a test is to wake nobody. */
static struct slice severity(const struct notify_message *m, const struct alert_record *alert)
{
    bool ours =
        slice_eq(alert->severity, SLICE("critical")) || slice_eq(alert->severity, SLICE("warning"));

    return ours && !m->is_test ? alert->severity : SLICE("info");
}

static void write_link(struct jsonw *j, struct slice href, const char *format, struct slice what)
{
    char text[80];

    if (!href.len)
        return;
    snprintf(text, sizeof text, format, (int)what.len, what.p);
    jsonw_object_open(j);
    write_text(j, "href", href);
    write_text(j, "text", slice_of_text(text));
    jsonw_object_close(j);
}

static void write_links(struct jsonw *j, const struct brief *b)
{
    jsonw_key(j, "links");
    jsonw_array_open(j);
    write_link(j, b->page, "this alert%.*s", SLICE(""));
    write_link(j, b->search, "its calls%.*s", SLICE(""));
    for (size_t i = 0; i < b->call_count; i++) {
        write_link(j, b->calls[i].page, "call %.*s", b->calls[i].id);
        write_link(j, b->calls[i].packets, "packets of %.*s", b->calls[i].id);
    }
    jsonw_array_close(j);
}

static void write_details(struct jsonw *j, const struct brief *b)
{
    char name[64];

    jsonw_key(j, "custom_details");
    jsonw_object_open(j);
    for (size_t i = 0; i < b->fact_count; i++) {
        snprintf(name, sizeof name, "%.*s", (int)b->facts[i].name.len, b->facts[i].name.p);
        write_text(j, name, b->facts[i].value);
    }
    write_text(j, "do first", b->runbook);
    jsonw_key(j, "calls");
    jsonw_array_open(j);
    for (size_t i = 0; i < b->call_count; i++)
        jsonw_text(j, b->calls[i].id);
    jsonw_array_close(j);
    jsonw_object_close(j);
}

static void write_payload(struct jsonw *j, const struct notify_message *m,
                          const struct alert_record *alert, const struct brief *b,
                          const struct dialect_room *room)
{
    struct strbuf summary = { .max_bytes = DIALECT_BODY_MAX };
    char time[BRIEF_TIME_MAX];

    strbuf_add_text(&summary, m->is_test ? "Test: " : "");
    strbuf_add_slice(&summary, b->title);
    jsonw_key(j, "payload");
    jsonw_object_open(j);
    write_text(j, "summary", strbuf_slice(&summary));
    write_safe(j, "source", alert->group.len ? alert->group : SLICE("earshot"), room->text);
    write_text(j, "severity", severity(m, alert));
    if (alert->time != RECORD_NONE) {
        brief_format_time(time, alert->time);
        write_text(j, "timestamp", slice_of_text(time));
    }
    write_text(j, "component", SLICE("voip"));
    write_safe(j, "group", alert->group, room->text);
    write_safe(j, "class", alert->rule, room->text);
    write_details(j, b);
    jsonw_object_close(j);
    strbuf_fini(&summary);
}

void dialect_pagerduty(struct strbuf *out, const struct notify_message *m,
                       const struct dialect_room *room)
{
    const struct alert_record *alert = m->alerts[0];
    struct jsonw j = jsonw_to(out);
    struct brief b;
    char id[24];

    (void)brief_make(&b, m, alert, room);
    snprintf(id, sizeof id, "%016" PRIx64, alert->id);
    jsonw_object_open(&j);
    write_text(&j, "routing_key", slice_of_text(m->receiver->token ? m->receiver->token : ""));
    write_text(&j, "event_action", action(m, alert));
    write_text(&j, "dedup_key", slice_of_text(id));
    write_text(&j, "client", SLICE("Earshot"));
    write_text(&j, "client_url", slice_of_text(m->base_url ? m->base_url : ""));
    write_links(&j, &b);
    write_payload(&j, m, alert, &b, room);
    jsonw_object_close(&j);
    brief_fini(&b);
}
