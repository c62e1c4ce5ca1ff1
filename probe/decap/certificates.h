/*
 * certificates - the certificates that servers showed: one record per server and certificate.
 *
 * A server is its transport, address and port. Where TLS 1.3 hides the certificate, the record says
 * so. The same packets give the same records with the same ids.
 *
 * Ownership  certificates_new/free. Records are lent for the time of the call.
 * Thread     One thread an instance.
 * Time       Of the packets. A record is reported when it is new, then when it changed, at most once
 *            a minute, and at the end.
 */
#ifndef PROBE_DECAP_CERTIFICATES_H
#define PROBE_DECAP_CERTIFICATES_H

#include "probe/decap/decap.h"
#include "probe/decap/tls_handshake.h"

struct certificates;

enum {
    CERTIFICATES_MAX = 10000, /* at a time: the longest unseen is let go, reported and counted */
    CERTIFICATES_MAX_BYTES = 20 << 20, /* with their texts */
    /* Read in a second; those beyond are counted, and read when they are shown again. OpenSSL takes
     * 100 to 250 us for one, and an attacker can make a new one with every datagram. */
    CERTIFICATES_NEW_PER_SECOND = 500,
};

/* 0 or −ENOMEM. Takes its sink and key from the options; refusals are counted in *counters, which
 * outlives it. */
int certificates_new(struct certificates **cp, const struct decap_options *options,
                     struct counters *counters);
void certificates_free(struct certificates *c);

/* What the server's direction of a TLS connection said: TLS_CERTIFICATES or TLS_HIDDEN; of a session
 * resumed nothing is recorded, nor of anything else (TLS_DAMAGED is the caller's to count).
 * server_name: of the client's direction, absent when it was not heard. */
void certificates_see(struct certificates *c, int64_t time_ns, const struct addr *server,
                      struct slice server_name, enum tls_progress what,
                      const struct tls_sight *sight);

/* A UDP datagram that may be DTLS (dtls_looks_like): handshakes are followed per
 * direction, their fragments joined. */
void certificates_dtls(struct certificates *c, const struct datagram *d);

void certificates_tick(struct certificates *c, int64_t now_ns);
void certificates_finish(struct certificates *c);

#endif
