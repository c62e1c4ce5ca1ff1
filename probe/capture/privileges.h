/*
 * privileges - gives away for good what is needed no longer once the sources are open.
 *
 * Every capability (permitted, effective, inheritable, ambient and, where the kernel lets us,
 * bounding), the way back by set-user-ID programs (no_new_privs), and, for root, the user itself.
 *
 * Thread  The calling thread and those that it starts afterwards: call it before there are others.
 * Errors  It looks afterwards whether they are gone. A caller that is told they are not must leave.
 */
#ifndef PROBE_CAPTURE_PRIVILEGES_H
#define PROBE_CAPTURE_PRIVILEGES_H

#include <stddef.h>

enum { PRIVILEGES_TEXT_MAX = 256 };

/* user: a name to become when root; NULL or empty: stay who we are. 0, or −errno and `text` says
 * what could not be given away and what to do. */
int privileges_drop(const char *user, char text[PRIVILEGES_TEXT_MAX]);

#endif
