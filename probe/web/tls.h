/*
 * tls - the certificate and the key that the server shows: read, checked, and read anew when their files
 * change, without dropping a connection.
 *
 * A new pair is taken whole or not at all: while one of both is still to come, or one is broken, the old
 * pair stays in use, and tls_trouble says why.
 *
 * Ownership  tls_open/close. Borrows its paths until close.
 * Thread     The service thread; tls_read_state from any.
 * Source     RFC 8446, RFC 9325 (TLS 1.2 and 1.3 alone, no renegotiation, ECDHE with AEAD).
 */
#ifndef PROBE_WEB_TLS_H
#define PROBE_WEB_TLS_H

#include <stdbool.h>
#include <stdint.h>

enum { TLS_TEXT_MAX = 256 };

struct tls;

/* key: NULL: in the certificate's file. −EINVAL: `why` has one sentence, with the file; −ENOMEM. */
int tls_open(struct tls **tp, const char *certificate, const char *key, char why[TLS_TEXT_MAX]);
void tls_close(struct tls *t);

/* Has the library's SSL_CTX show it. */
void tls_prepare(struct tls *t, void *ssl_ctx);

/* Every few seconds: whether the files are others now. now: read them in any case. */
void tls_refresh(struct tls *t, bool now);

struct tls_state {
    int64_t not_before_s, not_after_s; /* of the certificate in use */
    char trouble[TLS_TEXT_MAX];        /* why newer files are not in use; empty: they are */
};
void tls_read_state(struct tls *t, struct tls_state *out);

#endif
