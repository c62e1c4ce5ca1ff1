/*
 * observer - what an ideal observer at the capture point would say of one RTP stream.
 *
 * The truth against which Earshot is held, so it shares no code with it and has what no real
 * observer has: sequence numbers and timestamps that never wrap, straight from the sender.
 *
 * Ownership  Embedded by value; holds no pointers.
 * Time       Of the packet, as the capture file has it.
 * Source     docs/METRICS.md §2 (loss, jitter), §3 (bursts), §4 (playout)
 */
#ifndef TESTS_SUPPORT_OBSERVER_H
#define TESTS_SUPPORT_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

enum observer_model {
    OBSERVER_JB20,
    OBSERVER_JB50,
    OBSERVER_JB60,
    OBSERVER_JB120,
    OBSERVER_JB200,
    OBSERVER_PLAYOUTS
};

enum {
    OBSERVER_WINDOW = 512,
    OBSERVER_RUN_CLASSES = 7, /* 1, 2, 3, 4, 5 to 9, 10 to 19, 20 and more */
    OBSERVER_JITTER_BINS = 1450,
};

/* Losses in order of sequence number. */
struct observer_runs {
    int64_t lost, runs, longest;
    int64_t run; /* the one that lasts */
    int64_t classes[OBSERVER_RUN_CLASSES];
};

struct observer_bursts {
    int64_t bursts, packets, losses; /* finished ones */
    int64_t start, end, group;       /* the losses that stand close together now */
};

struct observer_playout {
    double anchor_ms; /* transit time of the anchor */
    int64_t late;
    int late_in_a_row;
};

struct observer {
    uint32_t clock_hz;
    int64_t ticks_per_packet;

    int64_t first, highest; /* sequence numbers, not wrapped */
    int64_t packets, duplicates, out_of_order;
    int64_t first_ns, last_ns, delta_max_ns;

    /* The last packet that was not a telephone event: the reference of jitter. */
    bool has_reference;
    int64_t reference_ns, reference_seq, reference_timestamp;
    int64_t base_ns, base_timestamp, highest_timestamp;
    double jitter_ticks, jitter_sum_ticks, jitter_max_ticks;
    int64_t jitter_count;
    uint32_t jitter_bins[OBSERVER_JITTER_BINS]; /* each 1 % wide, from a microsecond to 1.8 s */
    int64_t talkspurts, comfort_noise;

    struct observer_playout playouts[OBSERVER_PLAYOUTS];
    struct observer_runs runs[1 + OBSERVER_PLAYOUTS]; /* raw, then one a playout model */
    struct observer_bursts bursts;                    /* of what is lost or late behind 200 ms */
    uint8_t slots[OBSERVER_WINDOW];
};

struct observer_packet {
    int64_t seq, timestamp;
    int64_t time_ns;
    bool marker;
    bool event; /* RFC 4733 */
    bool noise; /* comfort noise */
};

struct observer_report {
    int64_t expected, lost;
    double jitter_ms_mean, jitter_ms_p95, jitter_ms_max; /* NaN under two packets */
    double delta_ms_mean, delta_ms_max;
    struct observer_runs runs[1 + OBSERVER_PLAYOUTS];
    double burst_ratio[1 + OBSERVER_PLAYOUTS];
    int64_t bursts;
    double burst_density; /* NaN without bursts */
};

void observer_init(struct observer *o, uint32_t clock_hz, int64_t ticks_per_packet);
void observer_arrive(struct observer *o, const struct observer_packet *p);

/* What it would say if nothing more came. Changes nothing. */
struct observer_report observer_report(const struct observer *o);

/* How many numbers up to that one have not been seen so far; at most 256 behind the highest. */
int64_t observer_missing_up_to(const struct observer *o, int64_t seq);

static inline int64_t observer_expected(const struct observer *o)
{
    return o->packets ? o->highest - o->first + 1 : 0;
}

#endif
