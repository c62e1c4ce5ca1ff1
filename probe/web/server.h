/*
 * server - the web process: HTTP API, live feed and static files, as docs/API.md says.
 *
 * Ownership  server_open/close. Borrows the strings of its options until close.
 * Thread     Everything happens in server_run, on the caller's thread, and on the workers that
 *            it owns. server_stop may be called from any thread and from a signal handler.
 * Errors     −EINVAL: `listen` is no address and port; −EKEYREJECTED: the certificate or its key is
 *            no good, the log says why; −EADDRINUSE, −EACCES, −EADDRNOTAVAIL as bind() has them. libwebsockets ignores SIGPIPE for the whole process.
 */
#ifndef PROBE_WEB_SERVER_H
#define PROBE_WEB_SERVER_H

#include "analyzer/privacy/privacy.h"

#include <stdbool.h>

struct access;
struct about;
struct outbox;
struct server;
struct state_db;
struct trail;

/* What one client, one address, and all together may take. */
struct server_limits {
    unsigned connections, per_address, local, live_clients;
    size_t header_bytes, body_bytes;            /* of a request */
    unsigned header_s, body_s, idle_s, stall_s; /* stall: nothing of an answer is taken */
};

struct server_options {
    const char *store_dir;
    const char *web_root;        /* NULL: the API alone */
    const char *listen;          /* "127.0.0.1:8080", "[::1]:0"; port 0: any free one */
    const char *tls_certificate; /* NULL: plain HTTP */
    const char *tls_key;         /* NULL: in the certificate's file */
    bool behind_tls;             /* a proxy before it speaks TLS */
    bool needs_probe;            /* without one it is not ready */
    bool metrics_open;           /* /metrics needs no token, where only this machine connects */
    const struct server_limits *limits; /* NULL: what is usual; copied */
    const char *const
        *host_names;           /* NULL-terminated: also right in Host, behind a proxy; or NULL */
    bool listen_to_calls;      /* may the sound of calls be heard? */
    const char *config_file;   /* NULL: none; for the program that makes the sound */
    const char *sound_program; /* NULL: this very program */
    unsigned sound_time_max_s; /* 0: what is usual */
    const struct privacy *privacy; /* how the store is masked; NULL: it is not */
    const char *rules_dir;         /* NULL: none; those that are shown */
    const struct about *about;     /* what it is made of; NULL: nobody says */
    struct access *access;         /* who may; NULL: nobody may anything */
    struct trail *trail;           /* who does what; NULL: nothing is written down */
    struct state_db *state;        /* acknowledgements, silences; NULL: another process has them */
    struct outbox *outbox;         /* deliveries; likewise */
    void (*wake)(
        void *ctx); /* the notifier is to look again; from any thread; NULL: there is none */
    void *wake_ctx;
    /* Once a second: whether the certificate is to be read anew, changed or not; NULL: never. */
    bool (*take_reload)(void *ctx);
    void *take_reload_ctx;
    /* Each line of the probe's live feed; from the service thread; NULL: nobody wants to hear them. */
    void (*hear)(void *ctx, struct slice line);
    void *hear_ctx;
};

/* Listens from here on. */
int server_open(struct server **sp, const struct server_options *options);
void server_close(struct server *s);

/* "127.0.0.1:8080", with the real port. */
const char *server_address(const struct server *s);

bool server_is_secure(const struct server *s); /* https? */

/* Serves until server_stop; 0 or −errno. */
int server_run(struct server *s);
void server_stop(struct server *s);

/* A message for the live feed, one JSON object: an alert that this process raises itself, what became of a
 * delivery. From any thread, while server_run runs or before; never blocks for long. */
void server_tell(struct server *s, struct slice line);

#endif
