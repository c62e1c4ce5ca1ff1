/*
 * tls_server - a TLS server on loopback that shows a certificate made for it.
 *
 * Takes one connection after the other, shakes hands, and waits for the other side to go; whatever
 * came after the handshake is counted.
 *
 * Ownership  tls_server_start/stop.
 * Thread     Its own.
 */
#ifndef TESTS_UNIT_TLS_SERVER_H
#define TESTS_UNIT_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_server;

struct tls_server_options {
    const char *name;        /* of its certificate */
    long from_days, to_days; /* from now: when that is good */
    bool old_version;        /* TLS 1.2, no newer */
    bool wants_certificate;  /* … of the client, and fails without */
};

struct tls_server *tls_server_start(const struct tls_server_options *options);
void tls_server_stop(struct tls_server *s);

uint16_t tls_server_port(const struct tls_server *s);
/* The name that the newest client asked for; "": none. Handshakes so far; bytes after them. */
void tls_server_read(struct tls_server *s, char name[256], unsigned *handshakes, size_t *bytes);

#endif
