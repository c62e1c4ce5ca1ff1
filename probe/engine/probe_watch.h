/*
 * probe_watch - how the probe itself does, once a second of a live run, as a record.
 *
 * Ownership  Embedded by value; probe_watch_start in place.
 * Thread     The analysis thread.
 * Time       wall: CLOCK_REALTIME, which may be set. boot: CLOCK_BOOTTIME, which only goes on.
 */
#ifndef PROBE_ENGINE_PROBE_WATCH_H
#define PROBE_ENGINE_PROBE_WATCH_H

#include "probe/engine/ledger.h"

enum { PROBE_WATCH_BEATS = 64 }; /* a minute of them, and some */

/* What is seen in one beat. */
struct probe_sight {
    int64_t wall_ns, boot_ns;
    int64_t clock_moved_ns;    /* by how much the clock was set since the start, all in all */
    int8_t clock_synchronised; /* 1, 0, −1: it cannot be told */
    int64_t newest_packet_ns;  /* its stamp; RECORD_NONE: none came yet */
    double sip_date_offset_ms; /* NaN: too few say */
    int64_t sip_dates;
    int64_t received;
    int64_t kernel_dropped, interface_dropped; /* RECORD_NONE: the source cannot tell */
    int64_t own_dropped;
    int64_t store_queued; /* RECORD_NONE: nothing is stored */
};

struct probe_watch {
    int64_t start_boot_ns;
    struct {
        int64_t boot_ns, moved_ns;
    } beats[PROBE_WATCH_BEATS]; /* a ring; the oldest at `next` once it is full */
    unsigned count, next;
};

void probe_watch_start(struct probe_watch *w, int64_t boot_ns);
/* All but the three times. The ledger knows what the sources lost. */
void probe_watch_see(struct probe_sight *sight, const struct ledger *ledger,
                     const struct analyzer *analyzer);

void probe_watch_look(struct probe_watch *w, const struct probe_sight *sight,
                      struct probe_record *out);

/* Whether somebody (NTP, PTP, a host below) keeps the system's clock right, as the kernel was told:
 * 1, 0; −1: it does not say. */
int8_t probe_watch_is_synchronised(void);

#endif
