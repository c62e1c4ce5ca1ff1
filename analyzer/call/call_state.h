/*
 * call_state - the life of a call as an observer sees it.
 *
 *   TRYING           -> RINGING    101..199
 *   TRYING, RINGING  -> IN_CALL    2xx
 *   TRYING, RINGING  -> FAILED     3xx..6xx that is no challenge
 *   TRYING, RINGING  -> CANCELLED  487, or a final failure after CANCEL
 *   FAILED,CANCELLED -> IN_CALL    2xx (another branch answered, or the answer crossed a CANCEL)
 *   any              -> COMPLETED  BYE
 *   TRYING, RINGING  -> ABANDONED  nothing more was heard
 *   FAILED,CANCELLED,
 *   ABANDONED        -> TRYING     the INVITE comes again, corrected: credentials, another target
 *
 * A passive observer misses packets, so every event is legal in every state; one with no arrow
 * changes nothing.
 *
 * Source  RFC 3261 §13, §15
 */
#ifndef ANALYZER_CALL_CALL_STATE_H
#define ANALYZER_CALL_CALL_STATE_H

#include "analyzer/base/slice.h"

enum call_state {
    CALL_TRYING,
    CALL_RINGING,
    CALL_IN_CALL,
    CALL_COMPLETED,
    CALL_CANCELLED,
    CALL_FAILED,
    CALL_ABANDONED,
    CALL_STATES
};

enum call_event {
    EVENT_PROGRESS,
    EVENT_ANSWER,
    EVENT_FAILURE,
    EVENT_CANCELLED_FAILURE,
    EVENT_BYE,
    EVENT_SILENCE,
    EVENT_RETRY,
    CALL_EVENTS
};

enum call_state call_state_after(enum call_state state, enum call_event event);

struct slice call_state_text(enum call_state state);

/* Nothing but repeats is expected any more. */
bool call_state_is_over(enum call_state state);

#endif
