/*
 * engine - carries each frame from its source to the end: decap, analysis, packet log, records.
 *
 * Run to completion on one thread: no queue before the analysis, no allocation and no lock per
 * packet. What leaves the thread is a full chunk (to the packet log) or a record (to the writer).
 *
 * Ownership  engine_open/close. Options are copied; their strings are borrowed until close.
 * Thread     One thread.
 * Time       Of the packets; live runs let it pass with engine_idle when none come.
 * Errors     −errno with a sentence in engine_error; what happens later is counted in the ledger.
 */
#ifndef PROBE_ENGINE_ENGINE_H
#define PROBE_ENGINE_ENGINE_H

#include "analyzer/analyzer.h"
#include "analyzer/frame.h"
#include "analyzer/privacy/privacy.h"
#include "probe/decap/decap.h"
#include "probe/engine/keep_policy.h"
#include "storage/upkeep/retention_plan.h"

struct engine;

enum { ENGINE_ERROR_TEXT_MAX = 1024 };

struct engine_error {
    char text[ENGINE_ERROR_TEXT_MAX];
};

/* Records as they are done, for a command that prints them. */
typedef void (*engine_record_fn)(void *ctx, const struct record_type *type, const void *record);

struct engine_options {
    const char *store_dir; /* NULL: nothing is stored */
    const char *rules_dir; /* NULL: no alerts */
    const char *source;    /* what the ledger calls it */
    bool live;             /* a network does not wait: queues refuse instead of slowing it down */
    /* All zero: the defaults. The engine's own: hash_key and certificate. */
    struct decap_options decap;
    bool no_classify;          /* unknown flows are counted by their bin alone */
    uint8_t inband_dtmf;       /* enum inband_dtmf: when sound is listened to for keys */
    bool keep_digits;          /* keys stand in records; else they are masked */
    bool keep_video;           /* packets of video are stored */
    struct keep_options keep;  /* what of whose packets is stored; all zero: everything. Borrowed */
    size_t chunk_memory_bytes; /* that packets may take before they are on the disk; 0: 512 MiB */
    int64_t sync_ms;           /* how often the disk is told of what was stored; 0: never */
    struct retention_limits retention; /* of the store, in a live run */
    const struct plan *plan; /* trunks, numbers, destinations; NULL: none. Borrowed, as the next */
    const struct slice *leg_headers; /* whose values both legs of a B2BUA carry */
    size_t leg_header_count;
    uint8_t hours_from,
        hours_to; /* of the day, UTC, in which calls abroad are usual; both 0: all */
    struct privacy
        privacy; /* what is masked before a record or a packet leaves; all zero: nothing */
    engine_record_fn record;
    void *record_ctx;
};

/* What one source took in and lost; RECORD_NONE: it cannot tell. */
struct engine_interface {
    const char *name;
    int64_t frames, kernel_dropped, interface_dropped;
};

/* What the sources lost, as they know it; RECORD_NONE: they cannot tell. */
struct engine_losses {
    int64_t kernel_dropped, interface_dropped;
    int64_t clock_steps;    /* how often the system's clock was set while packets came */
    int64_t clock_moved_ns; /* and by how much, all in all */
    const struct engine_interface *interfaces; /* borrowed for the call */
    size_t interface_count;
};

struct engine_progress {
    int64_t frames, bytes;
    uint64_t calls, open_calls, alerts;
};

int engine_open(struct engine **ep, const struct engine_options *options,
                struct engine_error *error);

/* Reads the rules anew. 0, and what changed is said; else the old ones stay in force, and why is said:
 * the file, line and column. */
int engine_reload_rules(struct engine *e, struct engine_error *said);

/* Takes one frame; a frame_fn. */
void engine_frame(void *engine, const struct frame *frame);

/* No packet came lately: time passes all the same. wall_ns: now, as the packets count it. */
void engine_idle(struct engine *e, int64_t wall_ns);

/* About once a second of real time: the feed moves on, the ledger is told what the sources lost. */
void engine_heartbeat(struct engine *e, int64_t wall_ns, const struct engine_losses *losses);

/* The end of the packets: everything open is closed, written and reported, the ledger last. */
void engine_finish(struct engine *e);
void engine_close(struct engine *e);

void engine_progress_read(const struct engine *e, struct engine_progress *out);

/* True once something could not be stored. */
bool engine_store_failed(struct engine *e, struct engine_error *error);

#endif
