#include "probe/notify/endpoint.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* As long as an endpoint may make us wait, and as long as we wait with a broken outbox. */
enum { RETRY_AFTER_MAX_S = 24 * 3600, OUTBOX_RETRY_MS = 5000 };

static const char gone_reason[] = "the endpoint answered 410: it wants no more";

int endpoint_init(struct endpoint *e, struct webhook_pool *pool, const char *url,
                  const struct endpoint_ladder *ladder)
{
    /* A fixed key: the same URL must have the same name tomorrow. Not a secret either way. */
    static const struct siphash_key fixed = { { 0x65617273686f74, 1 } };

    *e = (struct endpoint){ .ladder = ladder };
    snprintf(e->key, sizeof e->key, "%016" PRIx64, siphash(&fixed, url, strlen(url)));
    return webhook_new(&e->hook, pool, url);
}

void endpoint_fini(struct endpoint *e)
{
    webhook_free(e->hook);
    e->hook = NULL;
}

/* The wait before a try after so many failures, ±20 %. */
static int64_t wait_ms(const struct endpoint *e, size_t failures, int64_t salt)
{
    const struct endpoint_ladder *l = e->ladder;
    int64_t ms = l->ms[failures < l->count ? failures : l->count - 1];
    uint64_t lot = siphash(&l->jitter, &salt, sizeof salt) % 401;

    return ms + ms * ((int64_t)lot - 200) / 1000;
}

/* How old a delivery gets before it is given up: all waits at their longest. */
static int64_t patience_ms(const struct endpoint_ladder *l)
{
    int64_t sum = 0;

    for (size_t i = 0; i < l->count; i++)
        sum += l->ms[i] + l->ms[i] / 5;
    return sum;
}

/* A delivery that was taken must be noted before anything else, else it would be sent again. */
static int record_delivered(struct endpoint *e, struct outbox *o, const struct endpoint_clock *now)
{
    int err = 0;

    if (e->unrecorded)
        err = outbox_note_delivered(o, e->unrecorded, e->unrecorded_status, now->wall_ms);
    if (err)
        e->next_try_ms = now->steady_ms + OUTBOX_RETRY_MS;
    else
        e->unrecorded = 0;
    return err;
}

int endpoint_offer(struct endpoint *e, struct outbox *o, const char *content_type,
                   const struct endpoint_clock *now)
{
    int found, err;

    if (e->gone || webhook_is_busy(e->hook) || now->steady_ms < e->next_try_ms)
        return 0;
    err = record_delivered(e, o, now);
    if (err)
        return err;
    found = outbox_next(o, e->key, now->wall_ms, &e->sent);
    if (found <= 0)
        return found;
    e->last_try_ms = now->steady_ms;
    return webhook_post(e->hook, content_type, e->sent.webhook_id, now->wall_ms / 1000,
                        e->sent.body);
}

int endpoint_note_news(struct endpoint *e, struct outbox *o, const struct endpoint_clock *now)
{
    int64_t soonest = e->last_try_ms + wait_ms(e, 1, now->steady_ms);
    int64_t buried;

    if (e->gone) {
        buried = outbox_bury(o, e->key, INT64_MAX, gone_reason, now->wall_ms);
        return buried < 0 ? (int)buried : 0;
    }
    /* News are a reason to look whether it is back, unless it has asked for quiet. */
    if (e->down && !e->told_to_wait && soonest < e->next_try_ms)
        e->next_try_ms = soonest;
    return 0;
}

static int note_down(struct endpoint *e, struct outbox *o, const struct webhook_answer *a,
                     const struct endpoint_clock *now, uint64_t *dead)
{
    int64_t retry_after_ms =
        1000 * (a->retry_after_s < RETRY_AFTER_MAX_S ? a->retry_after_s : RETRY_AFTER_MAX_S);
    int64_t wait, buried;
    int err;

    e->failures++;
    wait = wait_ms(e, e->failures, e->sent.id * 16 + (int64_t)e->failures);
    if (!e->down)
        log_warn("notify: %s: %s; alerts wait and are tried again", webhook_name(e->hook),
                 a->reason);
    e->down = true;
    e->told_to_wait = retry_after_ms > wait;
    e->next_try_ms = now->steady_ms + (e->told_to_wait ? retry_after_ms : wait);
    err = outbox_note_failed(o, e->sent.id, a->status, a->reason, 0, now->wall_ms);
    if (err)
        return err;
    buried = outbox_bury(o, e->key, now->wall_ms - patience_ms(e->ladder),
                         "the endpoint was down for too long", now->wall_ms);
    if (buried < 0)
        return (int)buried;
    if (buried > 0)
        log_error("notify: %s: gave up %" PRId64 " deliveries: %s", webhook_name(e->hook), buried,
                  a->reason);
    *dead += (uint64_t)buried;
    return 0;
}

static void note_up(struct endpoint *e)
{
    if (e->down)
        log_warn("notify: %s: answers again", webhook_name(e->hook));
    e->down = false;
    e->told_to_wait = false;
    e->failures = 0;
    e->next_try_ms = 0;
}

static int note_rejected(struct endpoint *e, struct outbox *o, const struct webhook_answer *a,
                         const struct endpoint_clock *now, uint64_t *dead)
{
    size_t tries = (size_t)e->sent.tries + 1;

    note_up(e);
    if (tries < e->ladder->count)
        return outbox_note_failed(o, e->sent.id, a->status, a->reason,
                                  now->wall_ms + wait_ms(e, tries, e->sent.id * 16 + e->sent.tries),
                                  now->wall_ms);
    log_error("notify: %s: gave up %s: %s", webhook_name(e->hook), e->sent.webhook_id, a->reason);
    *dead += 1;
    return outbox_note_dead(o, e->sent.id, a->status, a->reason, now->wall_ms);
}

static int note_gone(struct endpoint *e, struct outbox *o, const struct endpoint_clock *now,
                     uint64_t *dead)
{
    int64_t buried;

    log_error("notify: %s: %s; it is left out until the next start", webhook_name(e->hook),
              gone_reason);
    e->gone = true;
    buried = outbox_bury(o, e->key, INT64_MAX, gone_reason, now->wall_ms);
    if (buried < 0)
        return (int)buried;
    *dead += (uint64_t)buried;
    return 0;
}

int endpoint_settle(struct endpoint *e, struct outbox *o, const struct webhook_answer *answer,
                    const struct endpoint_clock *now, uint64_t *dead)
{
    int err = 0;

    switch (answer->outcome) {
    case WEBHOOK_DELIVERED:
        note_up(e);
        e->unrecorded = e->sent.id;
        e->unrecorded_status = answer->status;
        return record_delivered(e, o, now);
    case WEBHOOK_REJECTED:
        err = note_rejected(e, o, answer, now, dead);
        break;
    case WEBHOOK_DOWN:
        err = note_down(e, o, answer, now, dead);
        break;
    case WEBHOOK_GONE:
        err = note_gone(e, o, now, dead);
        break;
    }
    /* What could not be noted would be due at once, again and again. */
    if (err && e->next_try_ms < now->steady_ms + OUTBOX_RETRY_MS)
        e->next_try_ms = now->steady_ms + OUTBOX_RETRY_MS;
    return err;
}
