/*
 * dtls - the handshakes that DTLS sends in clear, put together from their fragments per direction.
 *
 * Only handshake records of epoch 0 are looked at. A message may come in any number of fragments,
 * out of order, repeated, over several records and datagrams; bytes said twice count as first said.
 * Both sides of a call may show a certificate: the one who sends it is its server here.
 *
 * Ownership  dtls_new/free. What dtls_fn gets is lent for the time of the call.
 * Thread     One thread an instance.
 * Time       Of the packets. A direction that was silent for 30 s is forgotten.
 * Source     RFC 6347 §4.1, §4.2; RFC 9147 §5.3 (version 0xfefc: the certificate is encrypted)
 */
#ifndef PROBE_DECAP_DTLS_H
#define PROBE_DECAP_DTLS_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "probe/decap/tls_handshake.h"

struct dtls;

enum {
    DTLS_DIRECTIONS_MAX = 1024,        /* at a time: the longest silent one is let go */
    DTLS_MESSAGE_MAX_BYTES = 32 << 10, /* a longer one is not gathered */
    DTLS_HELD_MAX_BYTES = 8 << 20,     /* of all directions */
};

/* TLS_CERTIFICATES or TLS_HIDDEN, once a handshake and direction. server_name: of the other
 * direction's ClientHello, or absent. */
typedef void (*dtls_fn)(void *ctx, const struct datagram *last, struct slice server_name,
                        enum tls_progress what, const struct tls_sight *sight);

/* 0 or −ENOMEM. Refusals are counted in *counters, which outlives it. */
int dtls_new(struct dtls **dp, const uint64_t hash_key[2], struct counters *counters, dtls_fn fn,
             void *ctx);
void dtls_free(struct dtls *d);

/* Whether a payload begins like a DTLS handshake record: what dtls_see would look at. */
static inline bool dtls_looks_like(struct slice s)
{
    return s.len >= 5 && s.p[0] == 22 && (unsigned char)s.p[1] == 0xfe && s.p[3] == 0 &&
           s.p[4] == 0;
}

void dtls_see(struct dtls *d, const struct datagram *datagram);
void dtls_tick(struct dtls *d, int64_t now_ns);

/* Directions at a time, and the bytes that they hold. */
size_t dtls_directions(const struct dtls *d);
size_t dtls_held_bytes(const struct dtls *d);

#endif
