/*
 * doctor_checks - what can be asked without listening: the interface, the disk, the clock.
 *
 * Thread  Any. Changes nothing; what it writes to the disk to see how fast that is has no name, and is
 *         gone when it is closed.
 */
#ifndef PROBE_CMD_DOCTOR_CHECKS_H
#define PROBE_CMD_DOCTOR_CHECKS_H

#include "probe/cmd/doctor_report.h"

/* Link, speed, offloads, the adapter's own ring. Nothing for "any". */
void doctor_checks_interface(struct doctor_report *r, const char *interface);

struct doctor_disk {
    double bytes_per_s; /* NaN: not known */
    int64_t free_bytes; /* -1: not known */
};

/* The store's folder, or, while that is not there, the one that it would be made in. Writes for at
 * most two seconds. */
void doctor_checks_disk(struct doctor_report *r, const char *store, struct doctor_disk *out);

/* Whether the system's clock is kept right. */
void doctor_checks_clock(struct doctor_report *r);

#endif
