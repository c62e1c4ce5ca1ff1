#include "probe/notify/dialect_kinds.h"

#include <errno.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* One alert of the last fits whatever its texts hold. */
static const struct dialect_room rooms[] = {
    { SIZE_MAX, 200, 5, true },
    { SIZE_MAX, 200, 5, false },
    { SIZE_MAX, 200, 1, false },
    { SIZE_MAX, 40, 1, false },
};

/* What a group may hold is what a person still reads, and what the room above leaves. */
static const struct dialect dialects[RECEIVER_KINDS] = {
    [RECEIVER_WEBHOOK] = { RECEIVER_WEBHOOK, "application/json", 20, dialect_json_webhook },
    [RECEIVER_ALERTMANAGER] = { RECEIVER_ALERTMANAGER, "application/json", 20,
                                dialect_json_alertmanager },
    [RECEIVER_PAGERDUTY] = { RECEIVER_PAGERDUTY, "application/json", 1, dialect_pagerduty },
    [RECEIVER_SLACK] = { RECEIVER_SLACK, "application/json", 10, dialect_slack },
    [RECEIVER_MAIL] = { RECEIVER_MAIL, "message/rfc822", 20, dialect_mail },
    [RECEIVER_SYSLOG] = { RECEIVER_SYSLOG, "text/plain", 20, dialect_syslog },
    [RECEIVER_EXEC] = { RECEIVER_EXEC, "application/json", 20, dialect_json_webhook },
    [RECEIVER_HEARTBEAT] = { RECEIVER_HEARTBEAT, "application/json", 1, dialect_json_heartbeat },
};

const struct dialect *dialect_of(enum receiver_kind kind)
{
    return &dialects[kind];
}

static bool try(struct strbuf *out, const struct notify_message *message,
                const struct dialect_room *room)
{
    strbuf_reset(out);
    out->max_bytes = DIALECT_BODY_MAX;
    dialect_of(message->receiver->kind)->write(out, message, room);
    return !out->failed;
}

int dialect_write(struct strbuf *out, const struct notify_message *message)
{
    struct dialect_room room = { .alerts = 0 };

    for (size_t i = 0; i < COUNT(rooms); i++) {
        room = rooms[i];
        room.alerts = message->count;
        if (try(out, message, &room))
            return 0;
    }
    while (room.alerts > 1) {
        room.alerts /= 2;
        if (try(out, message, &room))
            return 0;
    }
    return -ENOMEM;
}

int dialect_write_some(struct strbuf *out, const struct notify_message *message, size_t *count)
{
    struct notify_message some = *message;

    for (;; some.count /= 2) {
        /* Fewer alerts rather than words that are cut short. */
        size_t room_count = some.count > 1 ? COUNT(rooms) - 1 : COUNT(rooms);

        for (size_t i = 0; i < room_count; i++) {
            struct dialect_room room = rooms[i];

            room.alerts = some.count;
            if (try(out, &some, &room)) {
                *count = some.count;
                return 0;
            }
        }
        if (some.count <= 1)
            return -ENOMEM;
    }
}
