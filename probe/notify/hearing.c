#include "probe/notify/hearing.h"

#include "analyzer/base/json_item.h"

int hearing_init(struct hearing *h)
{
    h->count = 0;
    h->last_ms = 0;
    return -pthread_mutex_init(&h->mutex, NULL);
}

void hearing_fini(struct hearing *h)
{
    pthread_mutex_destroy(&h->mutex);
}

/* "0123456789abcdef", with its quotes; 0: it is none. */
static uint64_t parse_id(struct slice text)
{
    uint64_t id = 0;

    if (text.len != 18)
        return 0;
    for (size_t i = 1; i < 17; i++) {
        char c = text.p[i];
        bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';

        if (!digit && !letter)
            return 0;
        id = id << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return id;
}

bool hearing_note(struct hearing *h, struct slice line, int64_t steady_ms)
{
    bool is_alert = slice_eq(json_item_get(line, "type"), SLICE("\"alert\""));
    uint64_t id = is_alert ? parse_id(json_item_get(line, "id")) : 0;
    bool is_known = false;

    pthread_mutex_lock(&h->mutex);
    h->last_ms = steady_ms;
    for (size_t i = 0; i < h->count; i++)
        is_known = is_known || h->alerts[i] == id;
    if (id && !is_known && h->count < ALERT_FEED_HINTS_MAX)
        h->alerts[h->count++] = id;
    pthread_mutex_unlock(&h->mutex);
    return is_alert;
}

size_t hearing_take(struct hearing *h, uint64_t alerts[ALERT_FEED_HINTS_MAX])
{
    size_t count;

    pthread_mutex_lock(&h->mutex);
    count = h->count;
    memcpy(alerts, h->alerts, count * sizeof *alerts);
    h->count = 0;
    pthread_mutex_unlock(&h->mutex);
    return count;
}

bool hearing_is_alive(struct hearing *h, int64_t steady_ms, int64_t within_ms)
{
    bool alive;

    pthread_mutex_lock(&h->mutex);
    alive = h->last_ms && steady_ms - h->last_ms <= within_ms;
    pthread_mutex_unlock(&h->mutex);
    return alive;
}
