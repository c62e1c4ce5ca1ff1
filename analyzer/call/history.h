/*
 * history - what happened to a call between its answer and its end that is no message count: holds,
 * transfers, redirections, by time.
 *
 * Thread  Analysis thread only.
 */
#ifndef ANALYZER_CALL_HISTORY_H
#define ANALYZER_CALL_HISTORY_H

#include "analyzer/base/slice.h"

struct call;
struct counters;

/* clang-format off */
#define HISTORIES(X)                                                                \
    X(CHALLENGE,       "challenge")       /* credentials were asked for */          \
    X(REDIRECT,        "redirect")        /* 3xx; detail: where to */               \
    X(BRANCH,          "branch")          /* it forked: another To-tag */           \
    X(EARLY_MEDIA,     "early_media")     /* SDP before the answer */               \
    X(PRACK,           "prack")           /* a provisional answer was acknowledged */ \
    X(UPDATE,          "update")                                                    \
    X(REINVITE,        "reinvite")                                                  \
    X(HOLD,            "hold")                                                      \
    X(RESUME,          "resume")                                                    \
    X(MEDIA_MOVED,     "media_moved")     /* SDP names another address; detail: it */ \
    X(REFER,           "refer")           /* a transfer was asked for; detail: to whom */ \
    X(TRANSFERRED,     "transferred")     /* … and came about */                    \
    X(TRANSFER_FAILED, "transfer_failed") /* detail: the status */                  \
    X(REPLACED,        "replaced")        /* another call took its place */         \
    X(JOINED,          "joined")                                                    \
    X(SESSION_REFRESH, "session_refresh")                                           \
    X(SESSION_EXPIRED, "session_expired")                                           \
    X(GLARE,           "glare")           /* 491 */                                 \
    X(FAX,             "fax")             /* went over to T.38 */                   \
    X(MERGED,          "merged")          /* 482: the INVITE came twice, by two ways */ \
    X(CANCEL,          "cancel")                                                    \
    X(MEDIA_TIMEOUT,   "media_timeout")
/* clang-format on */

enum history {
#define X(id, name) HISTORY_##id,
    HISTORIES(X)
#undef X
        HISTORY_COUNT
};

struct slice history_name(uint8_t history);

/* by: enum call_side + 1, 0: not known. */
void history_note(struct call *call, enum history history, int64_t time_ns, uint8_t by,
                  struct slice detail, struct counters *counters);

#endif
