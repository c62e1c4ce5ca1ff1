/*
 * tally - what /metrics counts: calls as the live feed tells them, and requests.
 *
 * A call counts twice: with "settled", once its outcome is known (outcome, delay, status, by trunk), and
 * with "closed" (duration, how it sounded). Counters begin at 0 with the web process.
 *
 * Ownership  tally_init/fini in place.
 * Thread     Any.
 * Bounded    Trunks have names of the configuration; beyond TALLY_TRUNKS_MAX they are not told apart.
 */
#ifndef PROBE_WEB_TALLY_H
#define PROBE_WEB_TALLY_H

#include "analyzer/base/slice.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    TALLY_TRUNKS_MAX = 256,
    TALLY_TRUNK_NAME_MAX = 64,
    TALLY_BUCKETS_MAX = 12,
    TALLY_ROUTES_MAX = 128, /* 0: what was refused before a route was looked for */
    TALLY_ROUTE_FILE = TALLY_ROUTES_MAX - 1,
    TALLY_CLASSES = 6,       /* 1xx is 1 */
    TALLY_REGISTRATIONS = 5, /* states of enum registration_state */
};

enum tally_outcome {
    TALLY_SUCCESS,
    TALLY_FAILURE,
    TALLY_BUSY,
    TALLY_CANCEL,
    TALLY_NOT_FOUND,
    TALLY_OTHER,
    TALLY_OUTCOMES
};

struct tally_spread {
    uint64_t
        buckets[TALLY_BUCKETS_MAX]; /* of each bound those at or below it, none of the one before */
    uint64_t count;
    double sum;
};

enum tally_what {
    TALLY_DURATION_S,
    TALLY_DELAY_S, /* post dial delay */
    TALLY_MOS,
    TALLY_LOSS,
    TALLY_JITTER_S,
    TALLY_SPREADS
};

/* In rising order, ends with 0. */
extern const double tally_bounds[TALLY_SPREADS][TALLY_BUCKETS_MAX + 1];

struct tally_sum {
    double sum;
    uint64_t count;
};

struct tally_trunk {
    char name[TALLY_TRUNK_NAME_MAX];
    bool is_outbound;
    uint64_t settled, answered,
        effective; /* ITU-T E.425: ASR is answered, NER effective of settled */
    struct tally_sum delay_s, mos, duration_s;
};

struct tally_calls {
    uint64_t outcomes[TALLY_OUTCOMES];
    uint64_t effective, one_way;
    uint64_t statuses[TALLY_CLASSES + 1]; /* final ones of INVITE; 0: none came */
    uint64_t rtp_packets;
    struct tally_spread spreads[TALLY_SPREADS];
    struct tally_trunk trunks[2 * TALLY_TRUNKS_MAX];
    size_t trunk_count;
};

/* Of the service thread. */
enum tally_figure {
    TALLY_CONNECTIONS,
    TALLY_EVICTED,
    TALLY_REFUSED,
    TALLY_LIVE_CLIENTS,
    TALLY_LIVE_MESSAGES,
    TALLY_FIGURES
};

struct tally {
    pthread_mutex_t lock;
    struct tally_calls calls; /* these three under the lock */
    int64_t registrations_ms; /* when they were counted; 0: never */
    uint64_t registrations[TALLY_REGISTRATIONS];
    atomic_uint_fast64_t figures[TALLY_FIGURES];
    atomic_uint_fast64_t requests[TALLY_ROUTES_MAX][TALLY_CLASSES];
};

int tally_init(struct tally *t); /* 0 or −errno */
void tally_fini(struct tally *t);

/* A line of the probe's feed, of whatever kind. */
void tally_take(struct tally *t, struct slice line);
void tally_request(struct tally *t, size_t route, int status);

void tally_read(struct tally *t, struct tally_calls *out);

/* What somebody counted not long ago; false: it is older, or there is nothing. */
bool tally_read_registrations(struct tally *t, int64_t now_ms, int64_t age_max_ms,
                              uint64_t counts[TALLY_REGISTRATIONS]);
void tally_set_registrations(struct tally *t, int64_t now_ms,
                             const uint64_t counts[TALLY_REGISTRATIONS]);

const char *tally_outcome_name(enum tally_outcome outcome);

#endif
