/*
 * resolve - the addresses behind a name, without waiting for them.
 *
 * getaddrinfo() may take as long as it likes, so it is asked in a thread of its own; who loses
 * interest leaves, and the thread tidies up when it is through.
 *
 * Ownership  resolve_start/free.
 * Thread     One thread an instance.
 */
#ifndef ANALYZER_BASE_RESOLVE_H
#define ANALYZER_BASE_RESOLVE_H

#include "analyzer/base/addr.h"

enum { RESOLVE_ADDRESSES_MAX = 8, RESOLVE_HOST_MAX = 255 };

struct resolve;

/* An address stands for itself. 0, −EINVAL, −ENOMEM, −EAGAIN. */
int resolve_start(struct resolve **rp, const char *host, uint16_t port);
/* How many addresses there are; 0: not known yet; −ENOENT: none. */
int resolve_poll(struct resolve *r, struct addr out[RESOLVE_ADDRESSES_MAX]);
void resolve_free(struct resolve *r);

#endif
