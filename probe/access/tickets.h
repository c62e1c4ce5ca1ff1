/*
 * tickets - what lets a WebSocket in: for one use, within half a minute.
 *
 * A page cannot give its WebSocket a header, and a cookie alone would let any page that a browser shows
 * open one. So the page asks for a ticket first, as for anything else.
 *
 * Ownership  tickets_init/fini in place.
 * Thread     Any; the lock is held for a look at TICKETS_MAX places, never over SQL.
 */
#ifndef PROBE_ACCESS_TICKETS_H
#define PROBE_ACCESS_TICKETS_H

#include "probe/access/identity.h"
#include "probe/access/secret_key.h"

#include <pthread.h>

enum { TICKETS_MAX = 1024, TICKETS_OF_KEY_MAX = 64, TICKET_GOOD_S = 30 };
/* time() and clock_gettime() are not in step: a ticket may seem to come from the next second. */
enum { CLOCKS_DIFFER_S = 1 };

struct ticket {
    int64_t expires_s; /* 0: free */
    unsigned char key[SECRET_KEY_BYTES];
    struct identity who;
};

struct tickets {
    pthread_mutex_t lock;
    struct ticket *places; /* TICKETS_MAX */
};

int tickets_init(struct tickets *t); /* 0 or −errno */
void tickets_fini(struct tickets *t);

/* 0, or −ENOSPC: there are too many, of this session or in all. */
int tickets_make(struct tickets *t, const struct identity *who, int64_t now_s,
                 char text[SECRET_KEY_LEN + 1]);
/* False: there is none of that text, any more. */
bool tickets_take(struct tickets *t, struct slice text, int64_t now_s, struct identity *who);

#endif
