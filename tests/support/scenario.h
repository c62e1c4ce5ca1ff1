/*
 * scenario - how a call goes: every message and every stretch of media, planned in advance.
 *
 *   caller       capture point      callee
 *     | delay[caller] |  delay[callee] |
 *
 * Times are those of the capture point, so an answer to a message seen now is seen after twice the
 * delay of the side that answers, plus what that side takes to think.
 *
 * Source  RFC 3261 (timers T1, T2; transactions), RFC 3264 (hold)
 */
#ifndef TESTS_SUPPORT_SCENARIO_H
#define TESTS_SUPPORT_SCENARIO_H

#include "tests/support/call.h"

/* What will become of a call. */
struct scenario_fate {
    int status;              /* 200: answered; 487: given up by the caller; 0: nobody answers */
    int64_t trunk;           /* −1: any */
    bool outbound;           /* else drawn */
    const struct wave *wave; /* NULL: as the options say */
};

/* Each plans and starts one, its first message at that time. */
void scenario_call(struct world *w, uint64_t index, int64_t time_ns,
                   const struct scenario_fate *fate);
void scenario_register(struct world *w, uint64_t index, int64_t time_ns);
void scenario_options(struct world *w, uint64_t index, int64_t time_ns);

#endif
