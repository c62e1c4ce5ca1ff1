#include "probe/notify/endpoint.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

/* As long as a receiver may make us wait, and as long as we wait with a broken outbox. */
enum { RETRY_AFTER_MAX_S = 24 * 3600, OUTBOX_RETRY_MS = 5000 };

static const char gone_reason[] = "the receiver answered 410: it wants no more";

int endpoint_pace_init(struct endpoint_pace *pace)
{
    const int64_t minute_ms = 60000, hour_ms = 60 * minute_ms;

    *pace = (struct endpoint_pace){ .first_ms = 1000,
                                    .soon_ms = 45000,
                                    .soon_for_ms = 2 * hour_ms,
                                    .longest_ms = 5 * minute_ms,
                                    .give_up_ms = 24 * hour_ms };
    if (getrandom(&pace->jitter, sizeof pace->jitter, 0) != (ssize_t)sizeof pace->jitter)
        return -EIO;
    return 0;
}

int64_t endpoint_wait_ms(const struct endpoint_pace *pace, size_t failures, int64_t age_ms,
                         int64_t salt)
{
    int64_t longest = age_ms < pace->soon_for_ms ? pace->soon_ms : pace->longest_ms;
    int64_t ms = pace->first_ms;
    uint64_t lot;

    for (size_t i = 1; i < failures && ms < longest; i++)
        ms *= 2;
    if (ms > longest)
        ms = longest;
    lot = siphash(&pace->jitter, &salt, sizeof salt) % 401;
    return ms + ms * ((int64_t)lot - 200) / 1000;
}

int endpoint_init(struct endpoint *e, const struct receiver *receiver, struct outbox *outbox,
                  const struct transport_environment *environment, const struct endpoint_pace *pace,
                  const char *content_type)
{
    *e = (struct endpoint){
        .receiver = receiver, .outbox = outbox, .pace = pace, .content_type = content_type
    };
    return transport_of(receiver->kind)->open(&e->transport, receiver, environment);
}

void endpoint_fini(struct endpoint *e)
{
    if (e->transport)
        e->transport->kind->close(e->transport);
    e->transport = NULL;
}

/* For people; that it cannot be noted harms nobody. */
static void show(struct endpoint *e, const char *state, const char *reason,
                 const struct endpoint_clock *now)
{
    int64_t next_ms = e->down ? now->wall_ms + e->next_try_ms - now->steady_ms : 0;

    outbox_note_receiver(e->outbox, e->receiver->name, state, reason, next_ms);
}

/* A message that was taken must be noted before anything else, else it would be sent again. */
static int record_delivered(struct endpoint *e, const struct endpoint_clock *now)
{
    int err = 0;

    if (e->unrecorded)
        err = outbox_note_delivered(e->outbox, e->unrecorded, e->unrecorded_status, now->wall_ms);
    if (err)
        e->next_try_ms = now->steady_ms + OUTBOX_RETRY_MS;
    else
        e->unrecorded = 0;
    return err;
}

static int send_next(struct endpoint *e, const struct endpoint_clock *now)
{
    struct transport_message message = { .content_type = e->content_type,
                                         .id = e->sent.message,
                                         .timestamp_s = now->wall_ms / 1000 };
    int found, err;

    if (e->gone || e->transport->is_busy || now->steady_ms < e->next_try_ms)
        return 0;
    err = record_delivered(e, now);
    if (err)
        return err;
    found = outbox_next(e->outbox, e->receiver->name, now->wall_ms, &e->sent);
    if (found <= 0)
        return found;
    e->last_try_ms = now->steady_ms;
    message.body = e->sent.body;
    err = e->transport->kind->start(e->transport, &message);
    if (err)
        e->next_try_ms = now->steady_ms + OUTBOX_RETRY_MS;
    return err;
}

int endpoint_note_news(struct endpoint *e, const struct endpoint_clock *now)
{
    int64_t soonest = e->last_try_ms + e->pace->first_ms;
    int64_t buried;

    if (e->gone) {
        buried = outbox_bury(e->outbox, e->receiver->name, INT64_MAX, gone_reason, now->wall_ms);
        return buried < 0 ? (int)buried : 0;
    }
    /* News are a reason to look whether it is back, unless it has asked for quiet. */
    if (e->down && !e->told_to_wait && soonest < e->next_try_ms)
        e->next_try_ms = soonest;
    return 0;
}

static int note_down(struct endpoint *e, const struct webhook_answer *a,
                     const struct endpoint_clock *now)
{
    int64_t retry_after_ms =
        1000 * (a->retry_after_s < RETRY_AFTER_MAX_S ? a->retry_after_s : RETRY_AFTER_MAX_S);
    int64_t wait, buried;
    int err;

    e->failures++;
    if (!e->down)
        e->down_since_ms = now->steady_ms;
    wait = endpoint_wait_ms(e->pace, e->failures, now->steady_ms - e->down_since_ms,
                            e->sent.id * 16 + (int64_t)e->failures);
    if (!e->down)
        log_warn("notify: %s, %s: %s; alerts wait and are tried again", e->receiver->name,
                 e->transport->place, a->reason);
    e->down = true;
    e->told_to_wait = retry_after_ms > wait;
    e->next_try_ms = now->steady_ms + (e->told_to_wait ? retry_after_ms : wait);
    show(e, "down", a->reason, now);
    err = outbox_note_failed(e->outbox, e->sent.id, a->status, a->reason, 0, now->wall_ms);
    if (err)
        return err;
    buried = outbox_bury(e->outbox, e->receiver->name, now->wall_ms - e->pace->give_up_ms,
                         "the receiver was down for too long", now->wall_ms);
    if (buried < 0)
        return (int)buried;
    if (buried > 0)
        log_error("notify: %s, %s: gave up %" PRId64 " messages: %s", e->receiver->name,
                  e->transport->place, buried, a->reason);
    e->stats.dead += (uint64_t)buried;
    return 0;
}

static void note_up(struct endpoint *e, const struct endpoint_clock *now)
{
    bool was_down = e->down;

    e->down = false;
    e->told_to_wait = false;
    e->failures = 0;
    e->next_try_ms = 0;
    if (!was_down)
        return;
    log_warn("notify: %s, %s: answers again", e->receiver->name, e->transport->place);
    show(e, "up", "", now);
}

static int note_rejected(struct endpoint *e, const struct webhook_answer *a,
                         const struct endpoint_clock *now)
{
    size_t tries = (size_t)e->sent.tries + 1;
    int64_t age_ms = now->wall_ms - e->sent.patient_ms;

    note_up(e, now);
    if (age_ms < e->pace->give_up_ms)
        return outbox_note_failed(e->outbox, e->sent.id, a->status, a->reason,
                                  now->wall_ms + endpoint_wait_ms(e->pace, tries, age_ms,
                                                                  e->sent.id * 16 + e->sent.tries),
                                  now->wall_ms);
    log_error("notify: %s, %s: gave up %s: %s", e->receiver->name, e->transport->place,
              e->sent.message, a->reason);
    e->stats.dead++;
    return outbox_note_dead(e->outbox, e->sent.id, a->status, a->reason, now->wall_ms);
}

static int note_gone(struct endpoint *e, const struct endpoint_clock *now)
{
    int64_t buried;

    log_error("notify: %s, %s: %s; it is left out until the next start", e->receiver->name,
              e->transport->place, gone_reason);
    e->gone = true;
    show(e, "gone", gone_reason, now);
    buried = outbox_bury(e->outbox, e->receiver->name, INT64_MAX, gone_reason, now->wall_ms);
    if (buried < 0)
        return (int)buried;
    e->stats.dead += (uint64_t)buried;
    return 0;
}

static int settle(struct endpoint *e, const struct webhook_answer *answer,
                  const struct endpoint_clock *now)
{
    int err = 0;

    if (answer->outcome == WEBHOOK_DELIVERED)
        e->stats.delivered++;
    else
        e->stats.failed++;
    switch (answer->outcome) {
    case WEBHOOK_DELIVERED:
        note_up(e, now);
        e->unrecorded = e->sent.id;
        e->unrecorded_status = answer->status;
        return record_delivered(e, now);
    case WEBHOOK_REJECTED:
        err = note_rejected(e, answer, now);
        break;
    case WEBHOOK_DOWN:
        err = note_down(e, answer, now);
        break;
    case WEBHOOK_GONE:
        err = note_gone(e, now);
        break;
    }
    /* What could not be noted would be due at once, again and again. */
    if (err && e->next_try_ms < now->steady_ms + OUTBOX_RETRY_MS)
        e->next_try_ms = now->steady_ms + OUTBOX_RETRY_MS;
    return err;
}

int endpoint_work(struct endpoint *e, const struct endpoint_clock *now)
{
    struct webhook_answer answer;
    int err;

    if (e->transport->is_busy && e->transport->kind->run(e->transport, now->steady_ms, &answer)) {
        err = settle(e, &answer, now);
        if (err)
            return err;
    }
    return send_next(e, now);
}
