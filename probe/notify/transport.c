#include "probe/notify/transport.h"

const struct transport_kind *transport_of(enum receiver_kind kind)
{
    static const struct transport_kind *const kinds[RECEIVER_KINDS] = {
        [RECEIVER_WEBHOOK] = &transport_http,   [RECEIVER_ALERTMANAGER] = &transport_http,
        [RECEIVER_PAGERDUTY] = &transport_http, [RECEIVER_SLACK] = &transport_http,
        [RECEIVER_MAIL] = &transport_mail,      [RECEIVER_SYSLOG] = &transport_syslog,
        [RECEIVER_EXEC] = &transport_exec,      [RECEIVER_HEARTBEAT] = &transport_http,
    };

    return kinds[kind];
}
