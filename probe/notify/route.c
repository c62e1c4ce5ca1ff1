#include "probe/notify/route.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* What came and went unseen longer ago wakes nobody. */
enum { UNSEEN_MAX_S = 24 * 3600 };

static const char *const holds[ROUTE_HOLDS] = {
    [ROUTE_FREE] = "",
    [ROUTE_MUTED] = "muted",
    [ROUTE_SILENCED] = "silenced",
    [ROUTE_MAINTENANCE] = "maintenance",
    [ROUTE_ACKNOWLEDGED] = "acknowledged",
    [ROUTE_HOURS] = "hours",
};

const char *route_hold_name(enum route_hold hold)
{
    return holds[hold];
}

enum route_hold route_hold_find(struct slice name)
{
    for (size_t i = 0; i < COUNT(holds); i++) {
        if (slice_eq(name, slice_of_text(holds[i])))
            return (enum route_hold)i;
    }
    return ROUTE_FREE;
}

static bool is_state(const struct alert_record *alert, const char *state)
{
    return slice_eq(alert->state, slice_of_text(state));
}

bool route_wants(const struct receiver *receiver, const struct alert_record *alert)
{
    return receiver->kind != RECEIVER_HEARTBEAT &&
           receiver_severity(alert->severity) >= receiver->least_severity &&
           label_match_fits(&receiver->match, alert->labels.p ? alert->labels : SLICE("{}"));
}

static bool is_too_old(const struct alert_record *alert, int64_t now_s)
{
    int64_t ended_ns = alert->ended_time != RECORD_NONE ? alert->ended_time : alert->changed_time;

    return ended_ns != RECORD_NONE && ended_ns / 1000000000 + UNSEEN_MAX_S < now_s;
}

static enum route_need decide_firing(const struct alert_record *alert, enum route_hold hold,
                                     struct route_mark *mark)
{
    if (!mark->is_over && receiver_severity(alert->severity) <= mark->severity) {
        mark->held = ROUTE_FREE;
        return ROUTE_NOTHING;
    }
    mark->held = (uint8_t)hold;
    return hold == ROUTE_FREE ? ROUTE_FIRING : ROUTE_NOTHING;
}

static enum route_need decide_resolved(const struct receiver *receiver,
                                       const struct alert_record *alert, enum route_hold hold,
                                       struct route_mark *mark, int64_t now_s)
{
    if (mark->severity < 0) {
        /* Who was not to hear of it while it fired does not now. */
        if (mark->held == ROUTE_FREE)
            mark->held = (uint8_t)hold;
        if (mark->held != ROUTE_FREE || is_too_old(alert, now_s)) {
            mark->is_over = true;
            return ROUTE_NOTHING;
        }
        return ROUTE_FIRING;
    }
    if (!receiver->tells_resolved)
        mark->is_over = true;
    if (mark->is_over)
        return ROUTE_NOTHING;
    return hold == ROUTE_MAINTENANCE || hold == ROUTE_HOURS ? ROUTE_NOTHING : ROUTE_RESOLVED;
}

enum route_need route_decide(const struct receiver *receiver, const struct alert_record *alert,
                             enum route_hold hold, struct route_mark *mark, int64_t now_s)
{
    if (hold == ROUTE_FREE && !receiver_is_on_duty(receiver, now_s))
        hold = ROUTE_HOURS;
    if (is_state(alert, "firing"))
        return route_wants(receiver, alert) ? decide_firing(alert, hold, mark) : ROUTE_NOTHING;
    if (is_state(alert, "resolved")) {
        /* The end is for whoever knows of the beginning, whatever the labels say by now. */
        if (mark->severity < 0 && !route_wants(receiver, alert))
            return ROUTE_NOTHING;
        return decide_resolved(receiver, alert, hold, mark, now_s);
    }
    return ROUTE_NOTHING;
}

void route_note(struct route_mark *mark, enum route_need need, const struct alert_record *alert)
{
    int severity = receiver_severity(alert->severity);

    if (need == ROUTE_RESOLVED) {
        mark->is_over = true;
    } else if (need == ROUTE_FIRING) {
        mark->returns += mark->is_over;
        mark->is_over = false;
        mark->severity = (int8_t)severity;
        mark->held = ROUTE_FREE;
    }
}

bool route_is_done(const struct receiver *receiver, const struct alert_record *alert,
                   const struct route_mark *mark)
{
    if (is_state(alert, "passed"))
        return true;
    if (!is_state(alert, "resolved"))
        return false;
    return mark->is_over || (mark->severity < 0 && !route_wants(receiver, alert));
}
