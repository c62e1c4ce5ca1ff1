/*
 * guard - who may talk to us: the checks against DNS rebinding and cross-site WebSockets.
 *
 * A page from anywhere can make a browser send requests to 127.0.0.1. Two things give it away: the
 * name it believes to talk to (Host) and where it comes from (Origin).
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_WEB_GUARD_H
#define PROBE_WEB_GUARD_H

#include "analyzer/base/addr.h"

/* A Host header without its port; absent when it is malformed. */
struct slice guard_host_name(struct slice host);

/* May Host be this? Bound to a loopback address: only localhost, a loopback address, the address
 * we listen on, and `names` (NULL-terminated, or NULL). Bound to another: any well-formed one. */
bool guard_allows_host(struct slice host, const struct addr *bound, const char *const *names);

/* May a change be asked for under this name? Only localhost, an address, or one of `names`: what else
 * resolves to us may be a stranger's page, wherever we are bound to. */
bool guard_allows_change(struct slice host, const char *const *names);

/* May a WebSocket come from here? Absent (no browser), or exactly our own host. */
bool guard_allows_origin(struct slice origin, struct slice host);

/* What the limit of connections counts by: an IPv4 address, or the /64 of an IPv6 one. */
bool guard_same_peer(const struct addr *a, const struct addr *b);
bool guard_is_loopback(const struct addr *a);

#endif
