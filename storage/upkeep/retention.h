/*
 * retention - keeps a store within its limits while a probe writes to it, on a thread of its own.
 *
 * Every two seconds it asks how much room the disk has, and how the way to it does; once a minute, or
 * when there is too little room, it looks at everything and removes what has to go. What cannot be
 * made room for makes the packet log take in less (disk_guard.h).
 *
 * What others are to be told waits to be taken: the store's record once a minute, each change of the
 * step.
 *
 * Ownership  retention_start/stop. Options are copied, what they point to outlives it.
 * Thread     All functions from any thread; none of them waits for the disk, but for retention_stop,
 *            which waits for the removal of one file.
 */
#ifndef STORAGE_UPKEEP_RETENTION_H
#define STORAGE_UPKEEP_RETENTION_H

#include "analyzer/record.h"
#include "storage/upkeep/disk_guard.h"
#include "storage/upkeep/retention_plan.h"

struct packet_log;
struct writer;
struct retention;

enum { RETENTION_ALERT_PINS_MAX = 20 /* calls that one alert pins */ };

struct retention_options {
    const char *store_dir;
    struct retention_limits limits;
    struct writer *writer;
    struct packet_log *log;
    unsigned every_ms; /* between two glances; 0: 2000 */
};

/* A step that has changed. */
struct retention_change {
    int64_t time; /* ns, of the clock */
    enum disk_step from, to;
    enum disk_cause cause;
    int64_t disk_bytes, free_bytes, keep_free;
};

int retention_start(struct retention **rp, const struct retention_options *options);

/* Ends it behind a last look, of which the record can still be taken, and leaves everything as it is. */
void retention_stop(struct retention *r);

/* Stops it first, if nobody did. */
void retention_free(struct retention *r);

/* The newest packet's time, ns: what the clock is held against. */
void retention_note_packet(struct retention *r, int64_t time_ns);

/* Calls that prove an alert (JSON array of ids) are pinned soon. */
void retention_pin(struct retention *r, struct slice calls, struct slice by, struct slice reason);

/* The newest record, each once, to be freed with free(); NULL: none since. */
struct store_record *retention_take_record(struct retention *r);

/* The oldest change that was not taken yet; false: none. */
bool retention_take_change(struct retention *r, struct retention_change *out);

/* As it is now, for the live feed. */
enum disk_step retention_step(struct retention *r, enum disk_cause *cause);

#endif
