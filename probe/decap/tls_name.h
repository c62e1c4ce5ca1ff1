/*
 * tls_name - does a certificate stand for the name that a client asked for?
 *
 * Its DNS names count, with a wildcard as the whole leftmost label, and the hosts of its SIP URIs. The
 * subject's common name counts only where there is neither, as in many old gateways' certificates.
 *
 * Thread  Pure.
 * Source  RFC 6125 §6.4, RFC 9525 §6.3 (the wildcard is a whole label), RFC 5922 §7.2 (SIP URIs)
 */
#ifndef PROBE_DECAP_TLS_NAME_H
#define PROBE_DECAP_TLS_NAME_H

#include "analyzer/base/slice.h"

/* alt_names: a JSON array of texts as tls_cert has it; absent: they cannot be read. common_name:
 * absent: none. has_more: there are names that the array has no room for. 1, 0; −1: no name was asked
 * for, or it cannot be told. */
int8_t tls_name_matches(struct slice asked, struct slice alt_names, struct slice common_name,
                        bool has_more);

#endif
