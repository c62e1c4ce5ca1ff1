/*
 * tls_look - one TLS handshake with a server, to see the certificate that it shows.
 *
 * TCP, the handshake, and goodbye: not one byte of SIP or HTTP is sent. Nothing is verified, and old
 * versions and ciphers are let through: who wants to see a certificate must not be choosy.
 *
 * Ownership  tls_look_fini frees what tls_look filled in.
 * Thread     Any.
 * Source     RFC 8446, RFC 5246; RFC 6066 §3 (SNI)
 */
#ifndef PROBE_WATCH_TLS_LOOK_H
#define PROBE_WATCH_TLS_LOOK_H

#include "analyzer/base/addr.h"

#include <stdatomic.h>

enum { TLS_LOOK_ERROR_MAX = 160 };

struct tls_look {
    unsigned char *der; /* of the leaf; NULL: none was seen */
    size_t der_len;
    int64_t chain_length;
    uint16_t version;               /* 0x0304 */
    char error[TLS_LOOK_ERROR_MAX]; /* why none was seen, for a person */
};

struct tls_look_options {
    struct addr server;
    const char *server_name;     /* that is asked for; NULL: none */
    int64_t timeout_ms;          /* of all of it */
    const atomic_bool *stopping; /* breaks it off; or NULL */
};

/* True: a certificate was seen. tls_look_fini either way. */
bool tls_look(struct tls_look *out, const struct tls_look_options *options);
void tls_look_fini(struct tls_look *look);

#endif
