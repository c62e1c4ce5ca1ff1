/*
 * deviation_table - where calls break the standard: the name, the clause and a sentence of each.
 *
 * One table. Records, rules and searches use the names; a person reads the sentences. The checks
 * themselves are in call/deviation.c.
 *
 * Thread  Constant.
 */
#ifndef ANALYZER_DEVIATION_TABLE_H
#define ANALYZER_DEVIATION_TABLE_H

#include "analyzer/base/slice.h"

/* clang-format off */
#define DEVIATIONS(X)                                                                              \
    X(HEADER_MISSING,     "header_missing",     "RFC 3261 §8.1.1",                                 \
      "A message lacks a header that it must have.")                                               \
    X(HEADER_DUPLICATE,   "header_duplicate",   "RFC 3261 §7.3.1",                                 \
      "A header that may stand once stands there more than once.")                                 \
    X(ACK_MISSING,        "ack_missing",        "RFC 3261 §13.2.2.4",                              \
      "The answer was never acknowledged: no ACK passed the probe.")                               \
    X(ACK_TIMEOUT,        "ack_timeout",        "RFC 3261 §13.3.1.4",                              \
      "The callee hung up about 32 s after its answer, because no ACK reached it.")                \
    X(ANSWER_REPEATED,    "answer_repeated",    "RFC 3261 §13.3.1.4",                              \
      "The answer was sent again and again: the ACK does not reach the one who answered.")         \
    X(BYE_UNANSWERED,     "bye_unanswered",     "RFC 3261 §15.1.2",                                \
      "The hang-up was never confirmed: the other side may believe that the call goes on.")        \
    X(CSEQ_ORDER,         "cseq_order",         "RFC 3261 §12.2.2",                                \
      "A request came with a lower sequence number than one before it.")                           \
    X(PRIVATE_CONTACT,    "private_contact",    "RFC 3261 §8.1.1.8",                               \
      "The Contact names a private address, but the message came from a public one: the other side cannot call it back.") \
    X(PRIVATE_VIA,        "private_via",        "RFC 3581 §4",                                     \
      "The Via names a private address, but the message came from a public one: it passed a NAT.") \
    X(CODEC_REFUSED,      "codec_refused",      "RFC 3261 §21.4.26",                               \
      "The media that was offered was refused as not acceptable (488, 606).")                               \
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

/* NULL: none of that name. */
const struct deviation_row *deviation_find(struct slice name);

#endif
