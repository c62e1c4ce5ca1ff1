/*
 * certificate_watch - the certificates of servers that no call asked today, and of those behind TLS
 * 1.3: certificates.watch.
 *
 * A thread of the web process, never of the probe, opens a TLS connection to each of them every few
 * hours, looks at what it shows and hangs up. What it saw is a certificate record of origin `watch`,
 * kept in the state_db (watched.h); it stands until the next look, and is told to the shipped rules
 * every few minutes like one that passed by. Their alerts become own alerts.
 *
 * Ownership  certificate_watch_start/stop. Copies its options; borrows the state_db.
 * Thread     Its own.
 * Time       The wall clock.
 */
#ifndef PROBE_WATCH_CERTIFICATE_WATCH_H
#define PROBE_WATCH_CERTIFICATE_WATCH_H

#include "probe/state/state_db.h"

enum { CERTIFICATE_WATCH_MAX = 256 };

struct certificate_watch;

struct certificate_watch_options {
    struct state_db *state;
    const char *rules_dir;      /* NULL: no alerts */
    const char *const *targets; /* watch_target.h */
    size_t target_count;
    int64_t every_ms;        /* between two looks at a server, ±20 %; 0: 4 h */
    int64_t repeat_ms;       /* how often what was seen is told to the rules; 0: 5 min */
    int64_t timeout_ms;      /* of a look; 0: 10 s */
    void (*told)(void *ctx); /* there is something for the notifier; NULL: nobody cares */
    void *ctx;
};

/* Without a target *wp is NULL, and what was known of those of before is over. 0; −EINVAL: a target is
 * none (named in the log); −E2BIG; −ENOMEM; −errno. */
int certificate_watch_start(struct certificate_watch **wp,
                            const struct certificate_watch_options *options);
void certificate_watch_stop(struct certificate_watch *w);

#endif
