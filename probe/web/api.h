/*
 * api - the routes of docs/API.md: a request in, an answer out.
 *
 * Knows no sockets. Reads the store and the files of the web root, which takes its time: it runs
 * on a worker, never on the service thread.
 *
 * Ownership  api_open/close. Borrows its options' strings.
 * Thread     One thread a struct api; open several.
 */
#ifndef PROBE_WEB_API_H
#define PROBE_WEB_API_H

#include "probe/web/exchange.h"

#include <stdatomic.h>

struct about;
struct access;
struct api;
struct latest_line;
struct outbox;
struct privacy;
struct sound;
struct state_db;
struct tally;
struct tls;
struct trail;

struct api_options {
    const char *store_dir;
    const char *web_root;          /* NULL: no static files */
    struct sound *sound;           /* NULL: nobody may listen to calls */
    const atomic_bool *live;       /* is a probe connected? */
    const struct privacy *privacy; /* how the store is masked; NULL: it is not */
    atomic_uint *exports;      /* how many searches are being given out; NULL: they have no cap */
    struct access *access;     /* who may; NULL: nobody may anything */
    bool plain_cookie;         /* see credentials.h */
    struct trail *trail;       /* who does what; NULL: nothing is written down (in tests) */
    struct state_db *state;    /* NULL: another process has it */
    struct latest_line *rules; /* the newest "rules" of the feed; NULL: none */
    struct latest_line *stats; /* the newest "stats" likewise */
    struct tally *tally;       /* what /metrics counts; NULL: nothing is counted */
    struct tls *tls;           /* the certificate; NULL: plain HTTP */
    bool metrics_open;         /* /metrics needs no token from this machine */
    bool needs_probe;          /* without one this process is of little use */
    const struct about *about; /* NULL: nobody says */
    const char *rules_dir;     /* NULL: none */
    const char *program, *config_file; /* of `earshot rules test`; NULL: this very one; none */
    struct outbox *outbox;             /* likewise */
    /* The notifier is to look again: acknowledgements, silences or deliveries have changed. NULL: there
     * is none. */
    void (*wake)(void *ctx);
    void *wake_ctx;
    /* A line of JSON for the live feed; from any thread; NULL: nobody listens. */
    void (*tell)(void *ctx, struct slice line);
    void *tell_ctx;
};

/* 0 or −ENOMEM. The store is opened with the first request that needs it. */
int api_open(struct api **ap, const struct api_options *options);
void api_close(struct api *a);

/* Fills in the answer; of an exchange that wants more, its next piece. */
void api_answer(struct api *a, struct exchange *x);

#endif
