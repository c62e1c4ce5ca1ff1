/*
 * call_end - how, when and by whom a call ended.
 *
 * Judged from the whole call whenever it is reported, so a branch that answers after another one
 * failed moves what was said before.
 *
 *   settled_time  the 2xx; else the final failure that counts; else, once it was given up, its last
 *                 message. Unknown for a call whose beginning was not seen.
 *   closed_time   BYE; of an answered call without one its last packet, when it closes; of one that
 *                 was never answered its settled_time.
 *
 * Thread  Analysis thread only.
 * Source  RFC 3261 §13.3.1.4 (ACK timeout), §15; 3891 §3; 4028 §10
 */
#ifndef ANALYZER_CALL_CALL_END_H
#define ANALYZER_CALL_CALL_END_H

#include "analyzer/base/slice.h"

struct call;

enum call_end {
    CALL_END_NONE, /* it goes on, also when the capture ends */
    CALL_END_BYE,
    CALL_END_CANCEL,
    CALL_END_REJECTED,
    CALL_END_REDIRECTED,
    CALL_END_TIMEOUT,         /* nobody answered: 408, or no final response at all */
    CALL_END_ACK_TIMEOUT,     /* the callee's answer was not acknowledged where it listens */
    CALL_END_SESSION_TIMEOUT, /* RFC 4028 */
    CALL_END_REPLACED,        /* another call took its place */
    CALL_END_INTERRUPTED,     /* answered, and never hung up: hours of silence */
    CALL_ENDS
};

/* The callee hung up because its answer was not acknowledged where it listens. */
bool call_end_is_ack_timeout(const struct call *call);

/* Sets ended_how, ended_by, settled_time, closed_time. closing: nothing more is expected. */
void call_end_judge(struct call *call, bool closing);

struct slice call_end_text(uint8_t end);

/* What is open is decided, as nothing more is expected: a failure behind a proxy is the call's own.
 * silence: its deadline has passed; else the capture ends. */
void call_end_give_up(struct call *call, bool silence);

#endif
