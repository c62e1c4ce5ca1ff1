/*
 * answer - an answered exchange as HTTP/1.1 bytes, piece by piece.
 *
 * Thread  Pure; the exchange belongs to the caller.
 * Source  RFC 9112 §6 and §7.1 (framing), RFC 9110 §15 (status), CSP level 3, Fetch (CORP, COOP).
 */
#ifndef PROBE_WEB_ANSWER_H
#define PROBE_WEB_ANSWER_H

#include "probe/web/exchange.h"

enum {
    ANSWER_HEAD_ROOM = 2048,
    ANSWER_PIECE_BYTES = 64 * 1024, /* of a body of known length, in one go */
    /* The largest piece of a download, what frames it, and a head before it. */
    ANSWER_ROOM = ANSWER_HEAD_ROOM + EXCHANGE_PIECE_BYTES + 64,
};

struct answer_header {
    const char *name, *value;
};

/* What every answer carries; ends with a NULL name. */
extern const struct answer_header answer_security_headers[];
/* … and over TLS this one too. */
extern const struct answer_header answer_tls_header;

/* The head, once, and the next piece of the body; moves x->sent on. The number of bytes. */
size_t answer_write(struct exchange *x, unsigned char out[ANSWER_ROOM]);

/* Has all been written that the exchange holds now? (With x->more, the pool has the rest.) */
bool answer_is_written(const struct exchange *x);

#endif
