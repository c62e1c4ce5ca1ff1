/*
 * stir_check - does what an Identity header claims fit the INVITE that carries it?
 *
 * Numbers are compared in E.164 where the dial plan can tell them, else by their digits. A caller
 * fits From or P-Asserted-Identity, a called number To or the Request-URI: whoever changes one of
 * them on the way leaves the other.
 *
 * Ownership  The JSON lies in the call's arena.
 * Source     RFC 8224 §5, §6.2, §8; RFC 8588 (ATIS-1000074 §5)
 */
#ifndef ANALYZER_CALL_STIR_CHECK_H
#define ANALYZER_CALL_STIR_CHECK_H

#include "analyzer/call/call.h"
#include "analyzer/plan/plan.h"
#include "analyzer/security/security.h"

/* Of an INVITE with an Identity header: writes call->stir, once a call. True: out holds what the
 * guards want to know of it. */
bool stir_check_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                        const struct plan *plan, struct counters *counters,
                        struct security_identity *out);

/* Does the user part of a URI name this claim ("+1215…", or a URI)? 1 yes, 0 no, −1 cannot be told. */
int8_t stir_check_number(const struct plan *plan, const char *claim, struct slice user,
                         struct slice uri);

#endif
