/*
 * run_clock - the clock of a live run: whether it was set, and how the packets' stamps relate to it.
 *
 * A step of the system's clock tears calls apart: packets before and after it lie seconds from where
 * they belong. It shows against the clock that counts from the machine's start.
 *
 * Ownership  Embedded by value.
 * Time       real: CLOCK_REALTIME. boot: CLOCK_BOOTTIME, so that a machine that slept is no step.
 */
#ifndef PROBE_ENGINE_RUN_CLOCK_H
#define PROBE_ENGINE_RUN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Slewing moves a clock by half a millisecond a second; what jumps further was set. */
#define RUN_CLOCK_STEP_NS INT64_C(100000000)

struct run_clock {
    int64_t offset_ns;       /* real − boot, when last looked at */
    int64_t steps, moved_ns; /* how often it was set, and by how much, all in all */
    bool has_skew;
    int64_t skew_ns; /* of an adapter's clock: the newest stamp against the system's */
};

int64_t run_clock_real_ns(void);
int64_t run_clock_boot_ns(void);

void run_clock_start(struct run_clock *c);

/* About once a second. By how much the clock was set since; 0: it was not. A step is logged. */
int64_t run_clock_look(struct run_clock *c);

/* The same, for given times. */
int64_t run_clock_compare(struct run_clock *c, int64_t real_ns, int64_t boot_ns);

/* Once a second at most: the newest packet's stamp by an adapter's own clock. Packets may lie
 * around for a while, so the newest of all counts, and is forgotten slowly. */
void run_clock_note_stamp(struct run_clock *c, int64_t stamp_ns, int64_t real_ns);

/* What the packets' clock shows when the system's shows real_ns. */
static inline int64_t run_clock_stamp_ns(const struct run_clock *c, int64_t real_ns)
{
    return real_ns + c->skew_ns;
}

#endif
