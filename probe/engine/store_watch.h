/*
 * store_watch - what retention has to tell, in the words of records and alerts.
 *
 * Ownership  store_watch_start/finish/free. Borrows the store's folder, the writer and the log.
 * Thread     The analysis thread; the work is done on retention's own.
 */
#ifndef PROBE_ENGINE_STORE_WATCH_H
#define PROBE_ENGINE_STORE_WATCH_H

#include "storage/upkeep/retention.h"

struct store_watch {
    struct retention *retention; /* NULL: none runs, nothing is told then */
    const char *store_dir;       /* whose calls are pinned; NULL: none are */
    uint64_t alert;              /* that fires; 0: none */
    int64_t since;
};

struct store_watch_sink {
    void *ctx;
    void (*alert)(void *ctx, const struct alert_record *alert);
    void (*record)(void *ctx, const struct store_record *record);
};

/* 0 or −errno. */
int store_watch_start(struct store_watch *w, const struct retention_options *options);

/* Nothing is removed and nothing told, as in a replay: calls are pinned alone, at once. */
void store_watch_start_pins(struct store_watch *w, const char *store_dir);

/* About once a second: what there is to tell is told. */
void store_watch_beat(struct store_watch *w, const struct store_watch_sink *sink,
                      int64_t packet_ns);

/* Ends retention, and tells the rest. */
void store_watch_finish(struct store_watch *w, const struct store_watch_sink *sink);
void store_watch_free(struct store_watch *w);

/* The calls that prove it are kept for as long as somebody wants. */
void store_watch_pin(struct store_watch *w, const struct alert_record *alert);

#endif
