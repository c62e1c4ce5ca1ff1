/*
 * transaction - a REGISTER, OPTIONS, MESSAGE or SUBSCRIBE and what became of it.
 *
 * The challenge and the request that answers it are one: two attempts. NOTIFY and PUBLISH are
 * followed too, so that their peers can be counted, but have no record of their own. What a MESSAGE
 * says is never looked at.
 *
 * Ownership  transaction_new/free.
 * Source     RFC 3261 §10, §11, §17.1.2; RFC 3428, RFC 6665
 */
#ifndef ANALYZER_CALL_TRANSACTION_H
#define ANALYZER_CALL_TRANSACTION_H

#include "analyzer/base/arena.h"
#include "analyzer/base/expiry.h"
#include "analyzer/datagram.h"
#include "analyzer/record.h"
#include "analyzer/sip/sip_msg.h"

struct transaction {
    struct expiry_link expiry;
    struct arena arena;
    uint64_t hash; /* in the table: of Call-ID and method */
    uint32_t cseq;
    uint8_t method; /* enum sip_method */
    bool challenged;
    bool reported; /* answered and told; kept so that what is sent again is known */
    int64_t request_time;
    struct transaction_record record; /* its slices lie in the arena */
};

/* Is this method followed outside of calls? */
bool transaction_is_followed(enum sip_method method);

/* Has it a record of its own? */
bool transaction_is_recorded(enum sip_method method);

/* From its first request; NULL without memory. */
struct transaction *transaction_new(const struct sip_msg *msg, const struct datagram *d,
                                    uint64_t hash);
void transaction_free(struct transaction *t);

/* Another request with this Call-ID and method. */
void transaction_request(struct transaction *t, const struct sip_msg *msg,
                         const struct datagram *d);

/* True: it is over. */
bool transaction_response(struct transaction *t, const struct sip_msg *msg,
                          const struct datagram *d);

/* When it is over, if nothing more comes. */
int64_t transaction_deadline(const struct transaction *t);

#endif
