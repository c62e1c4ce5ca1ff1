#include "analyzer/call/call_state.h"

enum call_state call_state_after(enum call_state state, enum call_event event)
{
    enum { T = CALL_TRYING, R, I, D, C, F, A }; /* D: completed (done) */
    /* clang-format off */
    static const uint8_t next[CALL_STATES][CALL_EVENTS] = {
        /*                   PROGRESS ANSWER FAILURE CANCELLED BYE SILENCE RETRY */
        [CALL_TRYING]    = { R,       I,     F,      C,        D,  A,      T },
        [CALL_RINGING]   = { R,       I,     F,      C,        D,  A,      R },
        [CALL_IN_CALL]   = { I,       I,     I,      I,        D,  I,      I },
        [CALL_COMPLETED] = { D,       D,     D,      D,        D,  D,      D },
        [CALL_CANCELLED] = { C,       I,     C,      C,        C,  C,      T },
        [CALL_FAILED]    = { F,       I,     F,      F,        F,  F,      T },
        [CALL_ABANDONED] = { R,       I,     F,      C,        D,  A,      T },
    };
    /* clang-format on */

    return (enum call_state)next[state][event];
}

struct slice call_state_text(enum call_state state)
{
    static const struct slice texts[CALL_STATES] = {
        [CALL_TRYING] = SLICE_INIT("trying"),       [CALL_RINGING] = SLICE_INIT("ringing"),
        [CALL_IN_CALL] = SLICE_INIT("in_call"),     [CALL_COMPLETED] = SLICE_INIT("completed"),
        [CALL_CANCELLED] = SLICE_INIT("cancelled"), [CALL_FAILED] = SLICE_INIT("failed"),
        [CALL_ABANDONED] = SLICE_INIT("abandoned"),
    };

    return texts[state];
}

bool call_state_is_over(enum call_state state)
{
    return state >= CALL_COMPLETED;
}
