#include "probe/notify/heartbeat.h"

#include "analyzer/base/log.h"
#include "probe/notify/dialect.h"

#include <inttypes.h>
#include <stdio.h>

enum { AFTER_FAILURE_MS = 10000 };

int heartbeat_init(struct heartbeat *h, const struct receiver *receiver, struct outbox *outbox,
                   const struct transport_environment *environment, const char *content_type)
{
    *h = (struct heartbeat){ .receiver = receiver, .outbox = outbox, .content_type = content_type };
    return transport_of(receiver->kind)->open(&h->transport, receiver, environment);
}

void heartbeat_fini(struct heartbeat *h)
{
    if (h->transport)
        h->transport->kind->close(h->transport);
    h->transport = NULL;
}

static void settle(struct heartbeat *h, const struct webhook_answer *a,
                   const struct endpoint_clock *now)
{
    bool down = a->outcome != WEBHOOK_DELIVERED;

    if (down && now->steady_ms + AFTER_FAILURE_MS < h->next_ms)
        h->next_ms = now->steady_ms + AFTER_FAILURE_MS;
    if (down == h->down)
        return;
    h->down = down;
    if (down)
        log_warn("notify: %s, %s: the heartbeat is not taken: %s", h->receiver->name,
                 h->transport->place, a->reason);
    else
        log_warn("notify: %s, %s: the heartbeat is taken again", h->receiver->name,
                 h->transport->place);
    outbox_note_receiver(h->outbox, h->receiver->name, down ? "down" : "up", a->reason, 0);
}

static int send(struct heartbeat *h, const struct endpoint_clock *now)
{
    const struct notify_message message = { .receiver = h->receiver, .now_s = now->wall_ms / 1000 };
    char id[OUTBOX_ID_MAX];
    struct transport_message out = { .content_type = h->content_type,
                                     .id = id,
                                     .timestamp_s = now->wall_ms / 1000 };
    struct strbuf body = { 0 };
    int err = dialect_write(&body, &message);

    snprintf(id, sizeof id, "heartbeat_%" PRId64, out.timestamp_s);
    out.body = strbuf_slice(&body);
    if (!err)
        err = h->transport->kind->start(h->transport, &out);
    strbuf_fini(&body);
    return err;
}

int heartbeat_work(struct heartbeat *h, bool is_alive, const struct endpoint_clock *now)
{
    struct webhook_answer answer;

    if (h->transport->is_busy && h->transport->kind->run(h->transport, now->steady_ms, &answer))
        settle(h, &answer, now);
    if (!is_alive || h->transport->is_busy || now->steady_ms < h->next_ms)
        return 0;
    h->next_ms = now->steady_ms + h->receiver->heartbeat_ms;
    return send(h, now);
}
