/*
 * call_plan - what the dial plan says of a call: its trunks, its numbers, its destination, whether it calls
 * for help.
 *
 * Thread  Analysis thread only.
 * Source  RFC 3325 (P-Asserted-Identity), RFC 3966 (tel:), RFC 3261 §16.6 (Max-Forwards: a later hop
 *         has less)
 */
#ifndef ANALYZER_CALL_CALL_PLAN_H
#define ANALYZER_CALL_CALL_PLAN_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/plan/plan.h"
#include "analyzer/sip/sip_msg.h"

struct call;

/* Takes in a message of the call, after the call itself did; the first INVITE and what is seen of it
 * at other points of the path count, and where no INVITE was seen its answer. plan NULL: nothing. */
void call_plan_message(struct call *call, const struct plan *plan, const struct sip_msg *msg,
                       const struct datagram *d, struct counters *counters);

#endif
