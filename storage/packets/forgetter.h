/*
 * forgetter - takes chunks of an id out of the store again: rows first, then bytes.
 *
 * A thread of its own, because it waits for the writer; what it is told comes together for a moment,
 * so that a thousand calls that end cost a few transactions.
 *
 * Ownership  forgetter_start/stop. An order is made with malloc; it belongs to the forgetter from
 *            forgetter_put on.
 * Thread     forgetter_put from any thread.
 * Errors     What could not be deleted stays, whole, and is named in the log.
 */
#ifndef STORAGE_PACKETS_FORGETTER_H
#define STORAGE_PACKETS_FORGETTER_H

#include "storage/packets/inbox.h"
#include "storage/writer.h"

struct forgetter;

struct forget_order {
    struct inbox_item item;
    uint64_t id;
    int32_t first_day, last_day; /* folders that its chunks may lie in */
    uint8_t kinds;               /* 1 << enum packet_kind; a chunk of media goes with its audio */
    bool is_secret;              /* must not have been stored: overwritten, not only given back */
    uint64_t unless_pin;         /* stays if that call is pinned; 0: in any case */
    const char *kept, *kept_by;  /* what the row of the call says then; NULL: the same. Static */
};

int forgetter_start(struct forgetter **fp, const char *store_dir, struct writer *writer);
/* Does what is left; give_up: ends after the transaction at hand. What is not done stays in the store,
 * and its rows say so. */
void forgetter_stop(struct forgetter *f, bool give_up);

/* Chunks of the id that were stored before must have been told to the writer before. */
void forgetter_put(struct forgetter *f, struct forget_order *order);

/* Waits until so many orders, of all that were ever put, are done, or the time is up; −1: for ever. */
void forgetter_wait(struct forgetter *f, uint64_t orders, int64_t timeout_ms);

/* Frames of the chunks that went. */
uint64_t forgetter_frames(const struct forgetter *f);

#endif
