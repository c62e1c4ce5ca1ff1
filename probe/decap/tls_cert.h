/*
 * tls_cert - a certificate's DER, and what a person wants to know of it.
 *
 * The only file that knows OpenSSL. Nothing is verified: whether to trust a certificate is for
 * those it was shown to.
 *
 * Ownership  tls_cert_fini frees what tls_cert_read filled in.
 * Thread     Any.
 * Errors     enum tls_cert_parse; a field that cannot be read is unknown, the others stand.
 * Source     RFC 5280 §4.1, §4.2.1.6; RFC 4514
 */
#ifndef PROBE_DECAP_TLS_CERT_H
#define PROBE_DECAP_TLS_CERT_H

#include "analyzer/base/strbuf.h"

enum {
    TLS_CERT_MAX_BYTES = 32 << 10,
    TLS_CERT_NAME_MAX_BYTES = 2048, /* of subject and issuer; cut there */
    TLS_CERT_ALT_NAMES_MAX = 64,    /* the first so many */
    TLS_CERT_ALT_NAME_MAX_BYTES = 512,
    TLS_CERT_SERIAL_MAX_BYTES = 64, /* RFC 5280 wants at most 20 */
    TLS_CERT_FINGERPRINT_BYTES = 32,
    TLS_CERT_KEY_TYPE_MAX = 48,
    TLS_CERT_COMMON_NAME_MAX = 256, /* a name of a host has 253 */
};

enum tls_cert_parse {
    TLS_CERT_OK,
    TLS_CERT_TOO_LONG,
    TLS_CERT_NOT_DER,  /* not an X.509 certificate */
    TLS_CERT_TRAILING, /* bytes after it */
    TLS_CERT_NO_MEMORY,
};

struct tls_cert {
    struct strbuf subject, issuer; /* RFC 4514; "": names nobody; p NULL: unknown */
    struct strbuf alt_names; /* JSON array: DNS names, addresses, URIs, e-mail; empty: unknown */
    bool has_more_names;     /* than alt_names has room for */
    char common_name[TLS_CERT_COMMON_NAME_MAX]; /* of the subject, the last; "": none */
    char
        serial[2 * TLS_CERT_SERIAL_MAX_BYTES + 2]; /* hex, '-' before a negative one; "": unknown */
    /* RECORD_NONE: cannot be read. What 64 bits of nanoseconds do not hold ends at 2262-04-11: the
     * year 9999 stands for "no end" (RFC 5280 §4.1.2.5). */
    int64_t not_before_ns, not_after_ns;
    char key_type[TLS_CERT_KEY_TYPE_MAX]; /* RSA, EC, Ed25519, …; an OID's dots; "": unknown */
    int64_t key_bits;                     /* RECORD_NONE: unknown */
};

enum tls_cert_parse tls_cert_read(struct slice der, struct tls_cert *out);
void tls_cert_fini(struct tls_cert *cert);

/* SHA-256 of the DER; false without memory. */
bool tls_cert_fingerprint(struct slice der, uint8_t out[TLS_CERT_FINGERPRINT_BYTES]);

/* Of the library that it stands on, as that says it. */
const char *tls_cert_library_version(void);

#endif
