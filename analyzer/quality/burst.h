/*
 * burst - where in a sequence the losses lie: runs, their lengths, and bursts as RFC 3611 has them.
 *
 * Fed in sequence order, 64 numbers at a time. A burst begins and ends with a loss and holds no 16
 * received in a row; a lone loss belongs to the gap.
 *
 * Ownership  Embedded by value; zeroed is empty.
 * Source     RFC 3611 §4.7.2 (Gmin 16), counted directly; ITU-T G.107 (BurstR)
 */
#ifndef ANALYZER_QUALITY_BURST_H
#define ANALYZER_QUALITY_BURST_H

#include <stdbool.h>
#include <stdint.h>

/* Just enough for the E-model. */
struct loss_runs {
    uint32_t lost;
    uint32_t runs;
    bool in_run;
};

/* How long runs of losses are: 1, 2, 3, 4, 5 to 9, 10 to 19, 20 and more. */
enum { LOSS_LENGTHS = 7 };
struct loss_lengths {
    uint32_t runs[LOSS_LENGTHS]; /* that are over */
    uint32_t run;                /* under way; 0: none is */
};

/* The whole shape. */
struct burst {
    int64_t position; /* numbers fed so far */
    int64_t start, last_loss;
    uint32_t losses; /* of the burst that may be under way; 0: none is */
    uint32_t run, longest_run;
    uint32_t bursts;
    int64_t burst_packets, burst_losses;
};

struct burst_report {
    uint32_t bursts, longest_run;
    double density_ratio;    /* share lost within bursts; NaN without bursts */
    double duration_packets; /* mean of a burst; NaN without bursts */
    double gap_packets;      /* mean of a gap; NaN before anything was fed */
};

/* Bit i of `valid`: the i-th number counts; of `present`: it was received in time. */
void loss_runs_add(struct loss_runs *r, uint64_t valid, uint64_t present);
void loss_lengths_add(struct loss_lengths *l, uint64_t valid, uint64_t present);
void burst_add(struct burst *b, uint64_t valid, uint64_t present);

/* The sequence breaks off here: what follows continues neither a run nor a burst. */
void loss_runs_break(struct loss_runs *r);
void loss_lengths_break(struct loss_lengths *l);
void burst_break(struct burst *b);

struct burst_report burst_report(const struct burst *b);

/* G.107: mean loss run × (1 − p), at least 1. expected > 0. */
double loss_runs_burst_ratio(const struct loss_runs *r, int64_t expected);

#endif
