#include "probe/notify/receiver.h"

#include "probe/notify/maintenance.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const kinds[RECEIVER_KINDS] = {
    [RECEIVER_WEBHOOK] = "webhook",     [RECEIVER_ALERTMANAGER] = "alertmanager",
    [RECEIVER_PAGERDUTY] = "pagerduty", [RECEIVER_SLACK] = "slack",
    [RECEIVER_MAIL] = "mail",           [RECEIVER_SYSLOG] = "syslog",
    [RECEIVER_EXEC] = "exec",           [RECEIVER_HEARTBEAT] = "heartbeat",
};

static const char *const severities[] = { "info", "warning", "critical" };

const char *receiver_kind_name(enum receiver_kind kind)
{
    return kinds[kind];
}

bool receiver_kind_find(struct slice name, enum receiver_kind *kind)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (slice_eq(name, slice_of_text(kinds[i]))) {
            *kind = (enum receiver_kind)i;
            return true;
        }
    }
    return false;
}

int receiver_severity(struct slice name)
{
    for (size_t i = 0; i < COUNT(severities); i++) {
        if (slice_eq(name, slice_of_text(severities[i])))
            return (int)i;
    }
    return -1;
}

const char *receiver_severity_name(int severity)
{
    return severity >= 0 && severity < (int)COUNT(severities) ? severities[severity] : "";
}

bool receiver_is_on_duty(const struct receiver *r, int64_t now_s)
{
    return maintenance_is_within(r->days, r->from_minute, r->to_minute, now_s);
}
