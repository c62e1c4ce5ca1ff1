/*
 * disk_guard - how much of the media is taken in while the disk cannot have everything.
 *
 *     full  -->  headers  -->  metrics        down as soon as a cause asks for it
 *     full  <--  headers  <--  metrics        up one step for each minute without one
 *
 * Signalling and rows are taken in as long as anything can be written. Decides, and does nothing.
 *
 * Thread     Pure functions on a struct of the caller's.
 * Time       Monotonic, an argument.
 */
#ifndef STORAGE_UPKEEP_DISK_GUARD_H
#define STORAGE_UPKEEP_DISK_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DISK_GUARD_HOLD_MS = 60000, /* so long must be quiet before a step up: a disk that is slow for a
                                 * backup would otherwise make calls of alternating halves */
    DISK_GUARD_SLOW_MS = 3000,  /* a queue this long over the mark is no stall of a moment (an SSD's
                                 * housekeeping, 2 s), and the queue holds some seconds more */
    DISK_GUARD_SLOW_PERCENT = 75, /* of the queue to the disk */
    DISK_GUARD_EASY_PERCENT = 50, /* below it the disk keeps up; between the two nothing changes */
    DISK_GUARD_ERROR_MS =
        10000, /* an error this long ago is over: writes are tried once a second */
};

enum disk_step { DISK_STEP_FULL, DISK_STEP_HEADERS, DISK_STEP_METRICS };

enum disk_cause {
    DISK_CAUSE_NONE,
    DISK_CAUSE_FULL,
    DISK_CAUSE_BUDGET,
    DISK_CAUSE_SLOW,
    DISK_CAUSE_ERROR,
    DISK_CAUSES,
};

/* "full" "headers" "metrics"; "disk_full" "budget" "disk_slow" "disk_error", NULL for none. */
const char *disk_step_name(enum disk_step step);
const char *disk_cause_name(enum disk_cause cause);

/* What is so now. */
struct disk_facts {
    int64_t now_ms;
    int64_t free_bytes, keep_free; /* keep_free 0: nobody asks for room */
    bool nothing_to_remove;        /* retention has made the room that it can */
    bool audio_over, media_over;   /* today's own data is over its size limit */
    unsigned queue_percent;        /* how full the way to the disk is */
    uint64_t errors;               /* writes that failed so far: ENOSPC, EIO */
    bool errors_are_full;          /* the newest was for want of room */
};

struct disk_guard {
    enum disk_step step;
    enum disk_cause cause;
    uint64_t changes; /* of the step, since the probe began */
    /* Its own. */
    int64_t slow_since_ms, quiet_since_ms, error_at_ms; /* 0: not so */
    uint64_t errors;
    bool errors_are_full;
};

/* True when the step has changed. */
bool disk_guard_look(struct disk_guard *g, const struct disk_facts *facts);

#endif
