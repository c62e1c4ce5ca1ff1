/*
 * live_pace - how often the live feed is read and written on, so that many clients cost no more than their share.
 *
 * With few clients each message goes on at once. With many, messages gather: the feed is read in steps, and the
 * clients are written to in rounds, one block each, so far apart that all of it takes at most half of a core. The
 * feed is always read, so that the probe never waits; who cannot be given everything in time is told how much he
 * missed.
 *
 * Thread  The service thread.
 */
#ifndef PROBE_WEB_LIVE_PACE_H
#define PROBE_WEB_LIVE_PACE_H

#include "probe/web/server_state.h"

/* There is something for the clients. */
void live_pace_wake(struct server *s);

/* The feed was read; it is read again soon. */
void live_pace_read(struct server *s);

/* How many blocks a client gets in one go, and that there is more for him. */
int live_pace_burst(const struct server *s);
void live_pace_again(struct server *s, struct client *c);

#endif
