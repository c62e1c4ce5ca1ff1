/*
 * hearing - what the live feed lets the notifier know: that the probe lives, and which alerts have
 * changed, before they are in the store.
 *
 * Ownership  hearing_init/fini in place.
 * Thread     Any.
 */
#ifndef PROBE_NOTIFY_HEARING_H
#define PROBE_NOTIFY_HEARING_H

#include "analyzer/base/slice.h"
#include "probe/notify/alert_feed.h"

#include <pthread.h>

struct hearing {
    pthread_mutex_t mutex;
    uint64_t alerts[ALERT_FEED_HINTS_MAX];
    size_t count;
    int64_t last_ms; /* of any line; 0: none */
};

int hearing_init(struct hearing *h);
void hearing_fini(struct hearing *h);

/* True: the line tells of an alert. */
bool hearing_note(struct hearing *h, struct slice line, int64_t steady_ms);
/* Takes the alerts that were heard of since; how many. */
size_t hearing_take(struct hearing *h, uint64_t alerts[ALERT_FEED_HINTS_MAX]);
/* Was anything heard in the last so many milliseconds? */
bool hearing_is_alive(struct hearing *h, int64_t steady_ms, int64_t within_ms);

#endif
