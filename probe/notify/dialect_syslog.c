/*
 * Syslog as RFC 5424 has it: a line an alert, machine-readable in front, for people behind. Lines
 * are told apart by \n here; syslog.c frames them for the wire (RFC 5426, RFC 6587).
 */
#include "probe/notify/brief.h"
#include "probe/notify/dialect_kinds.h"
#include "probe/notify/safe_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { FACILITY_DAEMON = 3, HOST_MAX = 255, MSGID_MAX = 32 };

/* The enterprise number of documentation (RFC 5612): there is none of our own. */
#define ELEMENT "earshot@32473"

static int severity(const struct alert_record *a)
{
    static const struct {
        struct slice name;
        int level;
    } levels[] = { { SLICE_INIT("critical"), 2 },
                   { SLICE_INIT("warning"), 4 },
                   { SLICE_INIT("info"), 6 } };

    if (dialect_is_over(a))
        return 5; /* notice */
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (slice_eq(a->severity, levels[i].name))
            return levels[i].level;
    }
    return 4;
}

/* PRINTUSASCII, at most max of them; "-" for nothing. */
static void add_name(struct strbuf *out, struct slice name, size_t max)
{
    if (!name.len)
        strbuf_add_char(out, '-');
    for (size_t i = 0; i < name.len && i < max; i++)
        strbuf_add_char(out, name.p[i] > 0x20 && name.p[i] < 0x7f ? name.p[i] : '_');
}

static void add_host(struct strbuf *out)
{
    char host[HOST_MAX + 1] = "";

    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    add_name(out, slice_of_text(host), HOST_MAX);
}

static void add_param(struct strbuf *out, const char *name, struct slice value, size_t max)
{
    struct strbuf safe = { .max_bytes = DIALECT_BODY_MAX };

    if (!value.len)
        return;
    safe_text_add(&safe, value, max);
    strbuf_addf(out, " %s=\"", name);
    for (size_t i = 0; i < safe.len; i++) {
        if (strchr("\"\\]", safe.p[i]))
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, safe.p[i]);
    }
    strbuf_add_char(out, '"');
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
    strbuf_add_text(out, "[" ELEMENT);
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

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.p[i] > 127)
            return false;
    }
    return true;
}

static void add_line(struct strbuf *out, const struct notify_message *m,
                     const struct alert_record *a, const struct dialect_room *room)
{
    char time[BRIEF_TIME_MAX];
    struct brief b;

    (void)brief_make(&b, m, a, room);
    brief_format_time(time, m->now_s * INT64_C(1000000000));
    strbuf_addf(out, "<%d>1 %s ", FACILITY_DAEMON * 8 + (m->is_test ? 6 : severity(a)), time);
    add_host(out);
    strbuf_add_text(out, " earshot - ");
    add_name(out, a->rule, MSGID_MAX);
    strbuf_add_char(out, ' ');
    add_element(out, m, a, &b, room);
    strbuf_add_char(out, ' ');
    if (!is_ascii(b.title))
        strbuf_add_text(out, "\xef\xbb\xbf"); /* it is UTF-8, RFC 5424 §6.4 */
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
