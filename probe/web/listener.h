/*
 * listener - the TCP socket that the web process listens on.
 *
 * Opened by ourselves and not by libwebsockets, so that a port in use is an errno, port 0 tells
 * its number, and each connection is counted before anything is allocated for it.
 */
#ifndef PROBE_WEB_LISTENER_H
#define PROBE_WEB_LISTENER_H

#include "analyzer/base/addr.h"

/* "ADDR:PORT", "[v6]:PORT", "localhost:PORT". −EINVAL on anything else; port 0: any free one. */
int listener_parse(struct slice text, struct addr *out);

/* A non-blocking descriptor, *bound what it got; or −errno. */
int listener_open(const struct addr *at, struct addr *bound);

/* The next connection (non-blocking) and where it comes from; −EAGAIN when there is none. */
int listener_accept(int fd, struct addr *peer);

#endif
