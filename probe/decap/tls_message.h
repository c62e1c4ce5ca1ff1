/*
 * tls_message - one whole handshake message of TLS or DTLS, and what it says in clear.
 *
 * Pure on bytes. Only three messages say something: ClientHello the server's name, ServerHello the
 * version, Certificate the certificates. The first message that can only follow a Certificate says
 * that there was none.
 *
 * Ownership  *sight borrows from the body.
 * Source     RFC 5246 §7.4; RFC 8446 §4.1.2, §4.1.3, §4.2.1; RFC 6347 §4.2; RFC 6066 §3
 */
#ifndef PROBE_DECAP_TLS_MESSAGE_H
#define PROBE_DECAP_TLS_MESSAGE_H

#include "probe/decap/tls_handshake.h"

enum {
    TLS_MESSAGE_CLIENT_HELLO = 1,
    TLS_MESSAGE_SERVER_HELLO = 2,
    TLS_MESSAGE_CERTIFICATE = 11,
};

enum { TLS_RANDOM_BYTES = 32 };

struct tls_message {
    uint8_t type;
    bool dtls;         /* versions count down, a ClientHello has a cookie */
    struct slice body; /* whole, without the handshake header */
};

/*
 * *version: of the ServerHello before, 0 when there was none; a ServerHello sets it. What is learned
 * goes into *sight as tls_handshake_feed says; TLS_MORE: nothing yet.
 */
enum tls_progress tls_message_read(const struct tls_message *m, uint16_t *version,
                                   struct tls_sight *sight);

/* TLS 1.3 and DTLS 1.3 encrypt the certificate. */
static inline bool tls_version_hides(uint16_t version)
{
    return version == 0x0304 || version == 0xfefc;
}

/* "1.2"; absent when it is none that exists. */
struct slice tls_version_text(uint16_t version);

/* The first DER of a list of certificates, taken off *list; absent at the end of the list. */
struct slice tls_certificates_next(struct slice *list);

#endif
