/*
 * call_link - other calls that a call's messages name: who took its place, who was sent where.
 *
 * A link is a fact of the messages, no guess (legs/ guesses). It names a Call-ID; where that call is
 * open too, the other end of the link is put there as well.
 *
 * Ownership  Links lie in the call's arena.
 * Bounded    CALL_LINKS_MAX a call; more are counted (links).
 * Source     RFC 3515 (REFER), 3891 (Replaces), 3911 (Join)
 */
#ifndef ANALYZER_CALL_CALL_LINK_H
#define ANALYZER_CALL_CALL_LINK_H

#include "analyzer/base/jsonw.h"

enum { CALL_LINKS_MAX = 8 };

struct call;
struct counters;

/* clang-format off */
#define CALL_LINKS(X)                                                               \
    X(REPLACES,      "replaces")      /* it takes the place of the other */         \
    X(REPLACED_BY,   "replaced_by")                                                 \
    X(JOINS,         "joins")         /* it enters the other as a third party */    \
    X(JOINED_BY,     "joined_by")                                                   \
    X(TRANSFERS_TO,  "transfers_to")  /* by REFER: the other came of it */          \
    X(REFERRED_FROM, "referred_from") /* it came of a REFER in the other */
/* clang-format on */

enum call_link_kind {
#define X(id, name) CALL_LINK_##id,
    CALL_LINKS(X)
#undef X
        CALL_LINK_COUNT
};

struct call_link {
    struct call_link *next;
    uint8_t kind; /* enum call_link_kind */
    uint64_t id;  /* of the other call; 0: the probe did not see it */
    struct slice call_id;
    int64_t time_ns;
};

/* The same link twice is one; an id that was not known is filled in. */
void call_link_add(struct call *call, enum call_link_kind kind, struct slice call_id, uint64_t id,
                   int64_t time_ns, struct counters *counters);

/* The JSON array: {"t","link","call_id","call"}. */
void call_link_write(const struct call *call, struct strbuf *out);

#endif
