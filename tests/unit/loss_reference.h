/*
 * loss_reference - what a whole series of heard and lost numbers is, told the slow way.
 *
 * Source  RFC 3611 §4.7.2, as docs/METRICS.md §3 has it
 */
#ifndef TESTS_UNIT_LOSS_REFERENCE_H
#define TESTS_UNIT_LOSS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loss_shape {
    int64_t lost, runs, longest_run;
    int64_t bursts, burst_packets, burst_losses;
};

/* The first number after `at` that is lost; n when none is. */
static inline size_t loss_after(const bool *heard, size_t n, size_t at)
{
    do
        at++;
    while (at < n && heard[at]);
    return at;
}

/* Adds one segment: nothing reaches from one into the next. */
static inline void loss_shape_add(struct loss_shape *shape, const bool *heard, size_t n)
{
    size_t run = 0;

    for (size_t i = 0; i < n; i++) {
        run = heard[i] ? 0 : run + 1;
        shape->lost += !heard[i];
        shape->runs += run == 1;
        if ((int64_t)run > shape->longest_run)
            shape->longest_run = (int64_t)run;
    }
    for (size_t i = 0; i < n;) {
        size_t last = i, losses = 1, next;

        if (heard[i]) {
            i++;
            continue;
        }
        while ((next = loss_after(heard, n, last)) < n && next - last - 1 < 16) {
            last = next;
            losses++;
        }
        if (losses > 1) {
            shape->bursts++;
            shape->burst_packets += (int64_t)(last - i + 1);
            shape->burst_losses += (int64_t)losses;
        }
        i = last + 1;
    }
}

#endif
