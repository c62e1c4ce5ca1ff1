/*
 * fuzz_dialect - what every kind of receiver is sent of an alert whose texts are a stranger's.
 *
 * Input: taken for each of its texts, and for its JSON. Beyond not crashing: a body fits, JSON is JSON,
 * a mail is of ASCII lines with their ends, a line of syslog is one line, and no link of the stranger's
 * lives in what people read.
 */
#include "probe/notify/dialect.h"
#include "probe/notify/json_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void fill(struct alert_record *a, struct slice bytes)
{
    record_clear(&record_type_alert, a);
    a->id = 0x32603c37bb593548;
    a->rule = a->group = a->summary = a->description = a->runbook = bytes;
    a->labels = a->calls = a->evidence = a->search = a->unit = bytes;
    a->severity = SLICE("critical");
    a->state = bytes.len % 2 ? SLICE("firing") : SLICE("resolved");
    a->time = a->since = 1795256100000000000;
    a->ended_time = bytes.len % 2 ? RECORD_NONE : a->time + 1000000000;
    a->value = bytes.len % 3 ? 0.5 : NAN;
}

static void check_lines(struct slice body, bool is_mail)
{
    for (size_t i = 0; i < body.len; i++) {
        unsigned char c = (unsigned char)body.p[i];

        if (is_mail && c == '\r')
            must(i + 1 < body.len && body.p[i + 1] == '\n');
        else if (c == '\n')
            must(!is_mail || (i && body.p[i - 1] == '\r'));
        else
            must(c >= 0x20 && c != 0x7f && (!is_mail || c < 0x7f));
    }
}

static void check(enum receiver_kind kind, struct slice body, size_t alerts)
{
    size_t lines = 0;

    must(body.len <= DIALECT_BODY_MAX);
    switch (kind) {
    case RECEIVER_MAIL:
        check_lines(body, true);
        break;
    case RECEIVER_SYSLOG:
        check_lines(body, false);
        for (size_t i = 0; i < body.len; i++)
            lines += body.p[i] == '\n';
        must(lines >= 1 && lines <= alerts);
        break;
    case RECEIVER_SLACK: /* a mark of Slack's, and a scheme that is not ours */
        for (size_t i = 0; i + 1 < body.len; i++)
            must(body.p[i] != '<' || body.p[i + 1] == 'h');
        must(json_check_is(body, '{'));
        break;
    default:
        must(json_check_is(body, kind == RECEIVER_ALERTMANAGER ? '[' : '{'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hmac_key key = { "0123456789abcdef0123456789abcdef", 32 };
    struct receiver receiver = { .name = "fuzz", .from = "a@b.example", .to = "c@d.example" };
    const struct alert_record *alerts[3];
    struct alert_record alert;
    struct strbuf body = { 0 };

    fill(&alert, slice_of(data, size));
    for (size_t i = 0; i < 3; i++)
        alerts[i] = &alert;
    for (int kind = 0; kind < RECEIVER_HEARTBEAT; kind++) {
        struct notify_message message = {
            .alerts = alerts,
            .count = dialect_of((enum receiver_kind)kind)->alerts_max < 3 ? 1 : 3,
            .receiver = &receiver,
            .base_url = "https://probe.example",
            .link_key = &key,
            .link_hours = 24,
            .now_s = 1795256200
        };

        receiver.kind = (enum receiver_kind)kind;
        must(dialect_write(&body, &message) == 0);
        check(receiver.kind, strbuf_slice(&body), message.count);
    }
    strbuf_fini(&body);
    return 0;
}
