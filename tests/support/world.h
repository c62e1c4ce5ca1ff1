/*
 * world - what all that happens in a capture shares: options, clock, file, counts.
 *
 * Ownership  main opens and closes it; everyone else borrows it.
 */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include "tests/support/event_heap.h"
#include "tests/support/options.h"

#include "analyzer/base/strbuf.h"

#include <stdio.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

enum world_frame {
    WORLD_SIP,
    WORLD_RTP,
    WORLD_RTCP,
    WORLD_UDPTL,
    WORLD_DNS,
    WORLD_NTP,
    WORLD_TCP,
    WORLD_ICMP,
    WORLD_ARP,
    WORLD_FRAMES
};

/* Kinds of things with a random generator of their own (see rng_for). */
enum world_rng {
    WORLD_RNG_CALL = 1,
    WORLD_RNG_LEG,
    WORLD_RNG_REGISTER,
    WORLD_RNG_OPTIONS,
    WORLD_RNG_NOISE,
    WORLD_RNG_DIALER,
    WORLD_RNG_EXTRA_LEG,
    WORLD_RNG_FAX,
    WORLD_RNG_PLAY,
};

struct world_totals {
    int64_t frames[WORLD_FRAMES];
    int64_t packets, bytes;
    int64_t first_ns, last_ns;
    int64_t calls, answered, registers, options, streams;
    int64_t lost, duplicates, out_of_order;
};

struct world {
    struct options options;
    struct pcap_writer *pcap;
    struct audio *audio;
    FILE *truth; /* NULL: nobody asked */
    struct event_heap events;
    struct world_totals totals;
    int64_t start_ns, noise_end_ns;
    int64_t quantum_ns;          /* what the file can tell apart */
    struct strbuf message, body; /* scratch */
    struct rtp_flight *free_flights;
};

/* A time as the file will have it. */
static inline int64_t world_time(const struct world *w, int64_t time_ns)
{
    return time_ns - time_ns % w->quantum_ns;
}

static inline int64_t world_from_seconds(double s)
{
    return (int64_t)(s * 1e6 + 0.5) * 1000;
}

/* Zeroed memory; ends the program when there is none. */
void *world_alloc(size_t bytes);

void world_count(struct world *w, enum world_frame kind, int64_t time_ns, size_t bytes);

/* One frame into the file. */
void world_write(struct world *w, enum world_frame kind, struct flow *flow, int64_t time_ns,
                 const struct flow_part *head, const struct flow_part *body);

#endif
