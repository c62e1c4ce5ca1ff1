/*
 * live_socket - the live feed, from the probe's socket to the WebSockets.
 *
 * Thread  The service thread. Returns what a callback of the library returns: 0, or −1 to hang up.
 */
#ifndef PROBE_WEB_LIVE_SOCKET_H
#define PROBE_WEB_LIVE_SOCKET_H

#include "probe/web/server_state.h"

/* "Upgrade: …": 0 for a WebSocket. */
int live_socket_on_upgrade(struct lws *wsi);

/* May this become a WebSocket? If not, the refusal has been written. */
int live_socket_on_request(struct server *s, struct client *c);
int live_socket_on_open(struct server *s, struct client *c);
int live_socket_on_writeable(struct server *s, struct client *c);

/* The probe's socket: lines to read, and its end. */
int live_socket_on_feed(struct server *s);
void live_socket_on_feed_gone(struct server *s);

/* What other threads have to say. */
void live_socket_on_inbox(struct server *s);

/* Has the open alerts of the store read; and takes what was read. */
void live_socket_seed(struct server *s);
void live_socket_on_seed(struct server *s, struct exchange *x);

/* Once a second: connects to the probe, and lets go of who takes nothing or answers no ping. */
void live_socket_tick(struct server *s);

/* Has the library tell us when there is something to read: through LWS_CALLBACK_RAW_RX_FILE. It
 * owns the descriptor unless this is NULL. */
struct lws *live_socket_watch(struct server *s, int fd);

#endif
