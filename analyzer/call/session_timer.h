/*
 * session_timer - the agreement that a call is over when nobody refreshes it in time.
 *
 * The 2xx of an INVITE or UPDATE says how long (Session-Expires); the next such 2xx is a refresh. One
 * that says nothing ends the agreement. Who is not to refresh hangs up a little before the end.
 *
 * Time    Of the packets, ns.
 * Thread  Analysis thread only.
 * Source  RFC 4028 §7, §9, §10
 */
#ifndef ANALYZER_CALL_SESSION_TIMER_H
#define ANALYZER_CALL_SESSION_TIMER_H

#include "analyzer/datagram.h"
#include "analyzer/sip/sip_msg.h"

struct call;
struct counters;

struct session_timer {
    uint32_t interval_s; /* as agreed on last; 0: never */
    bool running;
    bool expired; /* noted */
    int64_t since;
};

/* A 2xx to an INVITE or UPDATE, seen for the first time, or at another point of its path (a proxy
 * may have put the header in). refresh: it is not the call's first. */
void session_timer_answer(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                          bool refresh, bool elsewhere, struct counters *counters);

/* When it is over, as nothing came after last_ns, its last packet; RECORD_NONE: no timer runs, or
 * they talked on when its time was over. */
int64_t session_timer_deadline(const struct call *call, int64_t last_ns);

/* Was that hang-up the timer's doing? It came just when RFC 4028 §10 wants it, and nobody had
 * refreshed. */
bool session_timer_explains(const struct call *call, int64_t bye_time);

/* When session_timer_tick has something to note, if nobody refreshes; RECORD_NONE: never. */
int64_t session_timer_due(const struct call *call);

/* Notes that it ran out, if it has: in the history, and as a deviation. Once. */
void session_timer_tick(struct call *call, int64_t now_ns, struct counters *counters);

#endif
