/*
 * route - what one receiver is to be told of one alert now, from what it knows and what the alert is.
 *
 *   pending and passed    nothing
 *   firing                that it fires; again when its severity has risen, or when it came back
 *   resolved              that it is over, if it was told that it fires; an alert that came and went
 *                         while nobody looked is told as both
 *
 * Nothing new is told while the alert is muted, silenced or acknowledged, in maintenance windows and
 * out of hours; what still fires when that ends is told then. The end of what was told waits for windows
 * and hours alone: it wakes nobody, and leaves nobody waiting.
 *
 * Thread  Pure.
 */
#ifndef PROBE_NOTIFY_ROUTE_H
#define PROBE_NOTIFY_ROUTE_H

#include "analyzer/record.h"
#include "probe/notify/receiver.h"

enum route_need { ROUTE_NOTHING, ROUTE_FIRING, ROUTE_RESOLVED };

/* What holds messages back; the first that applies. */
enum route_hold {
    ROUTE_FREE,
    ROUTE_MUTED,
    ROUTE_SILENCED,
    ROUTE_MAINTENANCE,
    ROUTE_ACKNOWLEDGED,
    ROUTE_HOURS,
    ROUTE_HOLDS
};

/* "", "muted", … as the outbox has them. */
const char *route_hold_name(enum route_hold hold);
enum route_hold route_hold_find(struct slice name);

/* What a receiver knows. */
struct route_mark {
    int8_t severity; /* −1: nothing */
    uint8_t held;    /* enum route_hold: why it was told nothing when it was last asked */
    bool is_over;
    int32_t returns; /* how often it came back after it was told to be over */
};

/* Would this receiver hear of this alert at all? */
bool route_wants(const struct receiver *receiver, const struct alert_record *alert);

/* hold: of the alert, and of the receiver's hours. Updates mark->held. */
enum route_need route_decide(const struct receiver *receiver, const struct alert_record *alert,
                             enum route_hold hold, struct route_mark *mark, int64_t now_s);

/* What it knows once it has been told that. */
void route_note(struct route_mark *mark, enum route_need need, const struct alert_record *alert);

/* Can it ever have to be told more of this? */
bool route_is_done(const struct receiver *receiver, const struct alert_record *alert,
                   const struct route_mark *mark);

#endif
