/*
 * tcp_tls - TLS handshakes in TCP connections: the server's certificates, under the name that the
 * client asked for.
 *
 * The two directions are heard on their own; the name waits for the server's answer.
 *
 * Ownership  tcp_tls_new/free. A direction's handshake is given back with tcp_tls_end.
 * Thread     One thread an instance.
 */
#ifndef PROBE_DECAP_TCP_TLS_H
#define PROBE_DECAP_TCP_TLS_H

#include "probe/decap/certificates.h"
#include "probe/decap/tcp_content.h"

/* 0 or −ENOMEM. certificates may be NULL: nothing is followed. */
int tcp_tls_new(struct tcp_tls **tp, const uint64_t hash_key[2], struct certificates *certificates);
void tcp_tls_free(struct tcp_tls *t);

/* The next bytes of a direction, in order, at the time of the packet. What is gathered is paid as
 * segments are. False: that is all that can be learned from it. */
bool tcp_tls_feed(struct tcp_tls *t, struct tls_handshake **handshake, struct tcp_delivery *d,
                  int64_t time_ns, struct slice bytes);

void tcp_tls_end(struct tcp_tls *t, struct tls_handshake **handshake, struct tcp_delivery *d);

/* Names that no server answered are forgotten. */
void tcp_tls_tick(struct tcp_tls *t, int64_t now_ns);

#endif
