/*
 * arrival - one message on its way into its call: what those share who take it in.
 *
 * call_message.c takes requests, call_response.c responses.
 *
 * Thread  Analysis thread only.
 */
#ifndef ANALYZER_CALL_ARRIVAL_H
#define ANALYZER_CALL_ARRIVAL_H

#include "analyzer/call/call.h"
#include "analyzer/call/history.h"

struct arrival {
    const struct sip_msg *msg;
    const struct datagram *d;
    const struct sighting_mark *mark;
    struct counters *counters;
    enum sighting kind;
};

/* call_message.c */
struct slice arrival_keep(struct call *call, struct slice text, const struct arrival *a);
/* A text that came before stays: the first one counts. */
void arrival_keep_first(struct call *call, struct slice *kept, struct slice text,
                        const struct arrival *a);
void arrival_keep_reason(struct call *call, const struct arrival *a);
void arrival_forget_reason(struct call *call);
void arrival_note(struct call *call, enum history what, uint8_t by, struct slice detail,
                  const struct arrival *a);
void arrival_step(struct call *call, enum call_event event);
bool arrival_has_sdp(const struct arrival *a);
/* Does the message belong to the transaction that the caller itself sees? What a proxy hears from a
 * branch behind it decides nothing yet: it may try elsewhere. */
bool arrival_is_callers_own(const struct call *call, const struct arrival *a);
/* Does it speak of a branch that answered too, and is not the one that counts? The caller hangs that
 * one up (RFC 3261 §13.2.2.4), while this one talks. */
bool arrival_is_of_other_branch(const struct call *call, const struct arrival *a);

/* call_response.c: one that is new; one that is seen once more elsewhere; one that is sent again. */
void arrival_response(struct call *call, const struct arrival *a);
void arrival_response_elsewhere(struct call *call, const struct arrival *a);
void arrival_response_again(struct call *call, const struct arrival *a);

#endif
