/*
 * tls_handshake - what a TLS or DTLS handshake says in clear: version, server name, certificates.
 *
 * Takes the bytes of one direction as they come (a record may be cut anywhere, a handshake message
 * may span records), and stops at the first encrypted byte. Nothing is decrypted.
 *
 * Ownership  tls_handshake_init/fini in place; at most TLS_HANDSHAKE_MAX_BYTES are gathered.
 * Thread     One thread an instance.
 * Source     RFC 5246 §6.2, §7.4; RFC 8446 §4.1.3, §4.2.1 (supported_versions); RFC 6066 §3 (SNI)
 */
#ifndef PROBE_DECAP_TLS_HANDSHAKE_H
#define PROBE_DECAP_TLS_HANDSHAKE_H

#include "analyzer/base/slice.h"

enum { TLS_HANDSHAKE_MAX_BYTES = 64 << 10, TLS_SERVER_NAME_MAX = 255 };

enum tls_progress {
    TLS_MORE,         /* not there yet */
    TLS_CLIENT_HELLO, /* server_name is filled in, if the client gave one; nothing else is to come */
    TLS_CERTIFICATES, /* version and certificates are filled in; nothing else is to come */
    TLS_HIDDEN,       /* version is filled in: TLS 1.3, the certificate is encrypted; or resumed */
    TLS_DAMAGED,      /* not a handshake, or one that lies: nothing else is to come */
};

struct tls_handshake {
    uint8_t *gathered; /* of the handshake message that is not whole; NULL: none */
    size_t gathered_bytes, gathered_room;
    uint8_t record_header[5];
    uint8_t record_header_bytes;
    uint16_t record_left; /* payload bytes of the record that are to come */
    uint16_t version;     /* 0x0303, 0x0304, …: of the ServerHello; 0: none yet */
    bool ended;
};

struct tls_sight {
    uint16_t version;
    struct slice server_name;
    struct slice certificates; /* the certificate_list: 3 bytes of length and DER, repeated */
};

/* Whether the first bytes of a direction can be TLS: a handshake record. Wants 3. */
static inline bool tls_handshake_looks_like(struct slice s)
{
    return s.len >= 3 && s.p[0] == 22 && s.p[1] == 3 && (unsigned char)s.p[2] <= 4;
}

void tls_handshake_init(struct tls_handshake *h);
void tls_handshake_fini(struct tls_handshake *h);

/* The next bytes of the direction, in order. *sight is valid until the next call. After anything but
 * TLS_MORE the rest of the direction is not wanted. */
enum tls_progress tls_handshake_feed(struct tls_handshake *h, struct slice bytes,
                                     struct tls_sight *sight);

#endif
