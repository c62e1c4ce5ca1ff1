/*
 * link_watch - the interface under a packet socket: down, away, and back again.
 *
 * libpcap says nothing when an interface goes down or its cable is pulled, and gives up when it is
 * taken away. Who captures on a mirrored port must know why nothing comes, and hear what comes
 * later: the ring, the filter and the counters are the socket's, and to bind a socket that is there
 * needs no privilege.
 *
 * Ownership  Embedded by value; borrows name and socket.
 */
#ifndef PROBE_CAPTURE_LINK_WATCH_H
#define PROBE_CAPTURE_LINK_WATCH_H

#include "probe/capture/source.h"

struct link_watch {
    const char *name;
    int fd;   /* a packet socket */
    int kind; /* ARPHRD_; -1: of "any" */
    bool promiscuous;
    bool is_down, is_gone; /* and it was said */
    int64_t next_look_ns;  /* monotonic: when it is gone */
};

/* promiscuous: so it is to be again when the interface comes back. */
void link_watch_init(struct link_watch *w, const char *name, int fd, bool promiscuous);

/* About once a second, and when reading failed: says what changed. */
void link_watch_look(struct link_watch *w);

/* While it is gone, as often as you like: binds the socket to the new interface of the old name. 0;
 * or −ENODEV with *error filled in when that is not what it was. */
int link_watch_recover(struct link_watch *w, struct source_error *error);

#endif
