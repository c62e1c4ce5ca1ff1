/*
 * watch_alerts - the alerts of rules that the web process evaluates itself, over a restart.
 *
 * Rules begin anew with every start, alerts do not: one that was firing when the last process ended
 * goes on under its own id when the rules find the same again, and is over when they do not for a while.
 *
 * Ownership  watch_alerts_open/close. Borrows the state_db.
 * Thread     One.
 */
#ifndef PROBE_WATCH_WATCH_ALERTS_H
#define PROBE_WATCH_WATCH_ALERTS_H

#include "probe/state/own_alerts.h"

enum { WATCH_ALERTS_OLD_MAX = 1000 };

struct watch_alerts;

struct watch_alerts_options {
    struct state_db *state;
    const char *only, *not ; /* name of a rule: its alone, all but its; NULL */
    void (*told)(void *ctx); /* something was stored: the notifier may look; NULL */
    void *ctx;
};

int watch_alerts_open(struct watch_alerts **wp, const struct watch_alerts_options *options);
void watch_alerts_close(struct watch_alerts *w);

/* What a rule says. */
void watch_alerts_tell(struct watch_alerts *w, const struct alert_record *alert);

/* Those of before that nothing was heard of since: they are over. */
void watch_alerts_end_old(struct watch_alerts *w, int64_t now_ns);

/* The one of before, of that rule and group, that is firing still; NULL: none. */
const struct alert_record *watch_alerts_find_old(const struct watch_alerts *w, struct slice rule,
                                                 struct slice group);

#endif
