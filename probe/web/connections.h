/*
 * connections - who is connected, from where, and who must make room.
 *
 * Each address has its share, and all together a cap. When one is full, the connection that has done
 * nothing for the longest time makes room: thousands that are merely open keep nobody out. One with a
 * request on its way, or a live feed, is never cut for another.
 *
 * Thread  The service thread.
 */
#ifndef PROBE_WEB_CONNECTIONS_H
#define PROBE_WEB_CONNECTIONS_H

#include "probe/web/server_state.h"

extern const struct server_limits connections_limits_usual;

/* Places, and descriptors, for as many as s->limits says; it says less where the system gives less. */
int connections_open(struct server *s); /* 0 or −ENOMEM */
void connections_close(struct server *s);

/* Some wait at the listener. */
void connections_accept(struct server *s);
void connections_gone(struct server *s, struct client *c);

size_t connections_count(const struct server *s);

/* Once a second: bodies that come too slowly, connections whose end the library does not see, and the
 * listener that was put to rest. */
void connections_tick(struct server *s);

#endif
