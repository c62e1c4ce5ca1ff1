/*
 * deviation - where a call's messages break the standard, by name.
 *
 * One table of checks. Each has a name (what records, rules and searches use), a sentence for a
 * person, and the clause that it breaks. Who finds one says so with deviation_note; what one message
 * or a pair of messages shows is looked for in deviation.c, what only the end of a call shows when it
 * closes.
 *
 * Thread  Analysis thread only; the table is read by any.
 */
#ifndef ANALYZER_CALL_DEVIATION_H
#define ANALYZER_CALL_DEVIATION_H

#include "analyzer/base/slice.h"

struct call;
struct counters;
struct datagram;
struct sip_msg;

/* clang-format off */
#define DEVIATIONS(X)                                                                              \
    X(HEADER_MISSING,     "header_missing",     "RFC 3261 §8.1.1",                                 \
      "A message lacks a header that every message must have.")                                    \
    X(HEADER_DUPLICATE,   "header_duplicate",   "RFC 3261 §7.3.1",                                 \
      "A header that may stand once stands there twice, with different words.")                    \
    X(ACK_MISSING,        "ack_missing",        "RFC 3261 §13.2.2.4",                              \
      "The answer was never acknowledged: no ACK passed the probe.")                               \
    X(ACK_TIMEOUT,        "ack_timeout",        "RFC 3261 §13.3.1.4",                              \
      "The callee hung up after 32 s because its answer was never acknowledged.")                  \
    X(ANSWER_REPEATED,    "answer_repeated",    "RFC 3261 §13.3.1.4",                              \
      "The answer was sent again and again: the ACK does not reach the one who answered.")         \
    X(BYE_UNANSWERED,     "bye_unanswered",     "RFC 3261 §15.1.2",                                \
      "The hang-up was never confirmed: the other side may believe that the call goes on.")        \
    X(CSEQ_ORDER,         "cseq_order",         "RFC 3261 §12.2.2",                                \
      "A request came with a lower sequence number than one before it.")                           \
    X(PRIVATE_CONTACT,    "private_contact",    "RFC 3261 §8.1.1.8",                               \
      "The Contact names a private address that the other side cannot reach.")                     \
    X(PRIVATE_VIA,        "private_via",        "RFC 3581 §4",                                     \
      "The Via names a private address, and the packet came from elsewhere: a NAT, or a router that rewrites SIP (ALG).") \
    X(CODEC_REFUSED,      "codec_refused",      "RFC 3261 §21.4.26",                               \
      "The call was refused because no codec of the offer was acceptable.")                        \
    X(CODEC_UNANNOUNCED,  "codec_unannounced",  "RFC 3264 §8.3.2",                                 \
      "Media changed to a codec that no offer or answer named.")                                   \
    X(TAG_CHANGED,        "tag_changed",        "RFC 3261 §12.2.2",                                \
      "A tag changed within the dialog: a defect, or somebody who injects messages.")              \
    X(STRANGE_SOURCE,     "strange_source",     "RFC 3261 §12.2.2",                                \
      "A request of the dialog came from an address that took no part in it: a move, a replay or a hijack.") \
    X(GLARE,              "glare",              "RFC 3261 §14.1",                                  \
      "Both sides changed the session at once and had to try again (491).")                        \
    X(SESSION_EXPIRED,    "session_expired",    "RFC 4028 §10",                                    \
      "The session timer ran out without a refresh.")
/* clang-format on */

enum deviation {
#define X(id, name, clause, sentence) DEVIATION_##id,
    DEVIATIONS(X)
#undef X
        DEVIATION_COUNT
};

struct deviation_row {
    const char *name, *clause, *sentence;
};
extern const struct deviation_row deviation_rows[DEVIATION_COUNT];

struct slice deviation_name(uint8_t deviation);

/* Once for each kind and side: more of the same count up. by: enum call_side + 1, 0: not known.
 * detail: what shows it, a stranger's text maybe; absent: nothing to add. */
void deviation_note(struct call *call, enum deviation deviation, int64_t time_ns, uint8_t by,
                    struct slice detail, struct counters *counters);

/* What this message shows, alone or with what came before it. Before call_message takes it in. */
void deviation_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *counters);

/* What only the end shows. Once, before the last report. */
void deviation_close(struct call *call, int64_t now_ns, struct counters *counters);

#endif
