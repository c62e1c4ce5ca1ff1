/*
 * Syslog as RFC 5424 has it: a line an alert, machine-readable in front, for people behind. Lines
 * are told apart by \n here; syslog.c frames them for the wire (RFC 5426, RFC 6587).
 */
#include "probe/notify/brief.h"
#include "probe/notify/dialect_kinds.h"
#include "probe/notify/safe_text.h"
#include "probe/syslog/syslog_line.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static int severity(const struct alert_record *a)
{
    static const struct {
        struct slice name;
        int level;
    } levels[] = { { SLICE_INIT("critical"), SYSLOG_CRITICAL },
                   { SLICE_INIT("warning"), SYSLOG_WARNING },
                   { SLICE_INIT("info"), SYSLOG_INFO } };

    if (dialect_is_over(a))
        return SYSLOG_NOTICE;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (slice_eq(a->severity, levels[i].name))
            return levels[i].level;
    }
    return SYSLOG_WARNING;
}

static void add_param(struct strbuf *out, const char *name, struct slice value, size_t max)
{
    struct strbuf safe = { .max_bytes = DIALECT_BODY_MAX };

    if (!value.len)
        return;
    safe_text_add(&safe, value, max);
    syslog_line_param(out, name, strbuf_slice(&safe));
    strbuf_fini(&safe);
}

static void add_number(struct strbuf *out, const char *name, double value)
{
    if (isfinite(value))
        strbuf_addf(out, " %s=\"%.9g\"", name, value);
}

static void add_time(struct strbuf *out, const char *name, int64_t time_ns)
{
    char text[BRIEF_TIME_MAX];

    if (time_ns == RECORD_NONE)
        return;
    brief_format_time(text, time_ns);
    strbuf_addf(out, " %s=\"%s\"", name, text);
}

static void add_element(struct strbuf *out, const struct notify_message *m,
                        const struct alert_record *a, const struct brief *b,
                        const struct dialect_room *room)
{
    char id[24];

    snprintf(id, sizeof id, "%016" PRIx64, a->id);
    strbuf_add_text(out, "[" SYSLOG_ELEMENT);
    add_param(out, "alert", slice_of_text(id), sizeof id);
    add_param(out, "rule", a->rule, room->text);
    add_param(out, "severity", a->severity, room->text);
    add_param(out, "state", a->state, room->text);
    add_param(out, "group", a->group, room->text);
    add_time(out, "since", a->since);
    add_time(out, "until", a->ended_time);
    add_number(out, "value", a->value);
    add_number(out, "threshold", a->threshold);
    add_number(out, "baseline", a->baseline);
    add_param(out, "unit", a->unit, room->text);
    if (b->call_count)
        add_param(out, "call", b->calls[0].id, room->text);
    add_param(out, "link", b->page, SIZE_MAX);
    if (m->is_test)
        add_param(out, "test", SLICE("yes"), 3);
    strbuf_add_char(out, ']');
}

static void add_line(struct strbuf *out, const struct notify_message *m,
                     const struct alert_record *a, const struct dialect_room *room)
{
    struct brief b;

    (void)brief_make(&b, m, a, room);
    syslog_line_begin(out, SYSLOG_DAEMON, m->is_test ? SYSLOG_INFO : severity(a),
                      m->now_s * INT64_C(1000000000), a->rule);
    add_element(out, m, a, &b, room);
    strbuf_add_char(out, ' ');
    syslog_line_mark(out, b.title);
    brief_add_upper(out, b.word);
    strbuf_add_text(out, ": ");
    strbuf_add_slice(out, b.title);
    strbuf_add_char(out, '\n');
    brief_fini(&b);
}

void dialect_syslog(struct strbuf *out, const struct notify_message *m,
                    const struct dialect_room *room)
{
    for (size_t i = 0; i < room->alerts && !out->failed; i++)
        add_line(out, m, m->alerts[i], room);
}
