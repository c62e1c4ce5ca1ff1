/*
 * transfer - calls that come of calls: REFER, Replaces, Join.
 *
 * A REFER is remembered for a while: the INVITE that comes of it carries what the REFER asked for (the
 * Replaces of its Refer-To, or its target together with Referred-By or the address of the one who was
 * sent). What became of it is told by NOTIFY (sipfrag), or by the new call itself.
 *
 * Ownership  transfers_init in place; it points to calls, and forgets one when it closes.
 * Thread     Analysis thread only.
 * Bounded    TRANSFERS_MAX REFERs at a time, the oldest goes.
 * Source     RFC 3515, 3892 (Referred-By), 3891 (Replaces), 3911 (Join), 3420 (sipfrag), 5589
 */
#ifndef ANALYZER_CALL_TRANSFER_H
#define ANALYZER_CALL_TRANSFER_H

#include "analyzer/datagram.h"
#include "analyzer/sip/sip_msg.h"

enum { TRANSFERS_MAX = 128 };

struct call;
struct tracker;

struct transfer {
    struct call *call; /* in which the REFER was sent; NULL: free */
    int64_t time_ns;
    uint64_t target;   /* hash of user and host of the Refer-To */
    uint64_t replaces; /* hash of the Call-ID that its Replaces names; 0: none */
    uint64_t referrer; /* hash of the Referred-By; 0: none */
    struct addr sent;  /* who is sent away */
    uint8_t by;        /* enum call_side + 1: who asked for it */
    bool taken;        /* a call came of it: address and target alone are no proof of another */
};

struct transfers {
    struct transfer list[TRANSFERS_MAX]; /* a ring */
    uint8_t next;
    uint8_t open; /* of them, whose call is open */
};

/* A message of a call that is new, after the call has taken it in. */
void transfer_message(struct tracker *t, struct call *call, const struct sip_msg *msg,
                      const struct datagram *d);

/* The call was answered just now: others that it replaces or joins, or that it came of, know. */
void transfer_answered(struct tracker *t, struct call *call, int64_t time_ns);

/* The call is about to go. */
void transfer_forget(struct tracker *t, const struct call *call);

#endif
