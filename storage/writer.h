/*
 * writer - the one thread that writes records into the day databases.
 *
 * Records go in through a bounded queue as clones; the thread batches them into transactions. A
 * record of a call, stream or alert that came before is replaced by its newer self (by id).
 * The day of a record is that of its id's time (see record_id.h), so a call stays in the folder
 * of the day on which it began, and its streams with it; a ledger's day is that of its start.
 *
 * Ownership  writer_start/stop. Records are cloned by writer_submit; the caller keeps its own.
 * Thread     writer_submit and writer_submit_chunk from any thread.
 * Commits    At least twice a second: a killed process loses no more than that.
 * Errors     A full queue refuses and counts (or waits, where the source can wait). A failed
 *            transaction counts its rows as failed, is logged once, and the next is tried anew.
 */
#ifndef STORAGE_WRITER_H
#define STORAGE_WRITER_H

#include "analyzer/record.h"

struct sqlite3;
struct writer;

struct writer_options {
    const char *store_dir; /* outlives the writer */
    bool wait_when_full;   /* replay: slow the source down instead of refusing */
};

struct writer_stats {
    uint64_t written;      /* rows committed, chunks included; a row that a newer one of the same
                       * batch replaces counts too */
    uint64_t refused;      /* records */
    uint64_t failed;       /* rows */
    int last_error;        /* negative errno of the newest failure, 0: none */
    uint64_t days_removed; /* folders that somebody removed while they were written to */
    uint64_t syncs_failed; /* times that the disk did not take what was committed */
    uint64_t queued;       /* records on their way to the thread, at the moment */
    uint64_t queued_max;   /* how many there may be */
};

/* Where a chunk of packets lies in the packet log. */
struct chunk_row {
    uint64_t id; /* of the call, or of the orphan stream */
    int64_t first_time, last_time;
    uint32_t segment; /* number of the segment file in the day folder */
    uint64_t offset;
    uint32_t stored_bytes; /* header and payload */
    uint32_t frames;
    int32_t day;  /* days since 1970 of the folder that holds the segment */
    uint8_t kind; /* enum packet_kind */
    /* Where the payload of this chunk's packets lies; audio_bytes 0: in the chunk, or nowhere. */
    uint32_t audio_segment;
    uint64_t audio_offset;
    uint32_t audio_bytes; /* header and payload, as stored_bytes */
    /* Not a chunk: what lies before this place of its day and kind is gone. */
    bool is_removal;
};

/* 0; −errno when the folder cannot be made or written; −EBUSY when another process writes to it;
 * −EPROTO when the store was made by a newer version. Each is named in the log. */
int writer_start(struct writer **wp, const struct writer_options *options);

/* Another answer to a full queue than that of the options, from now on: a live run that ends can
 * wait. For the one thread that submits. */
void writer_wait_when_full(struct writer *w, bool wait);

/* Commits what is queued and ends the thread. */
void writer_stop(struct writer *w);

/* A call goes in with its streams, in one transaction. False: refused (counted). */
bool writer_submit(struct writer *w, const struct record_type *type, const void *record);

/* Waits while the queue of chunks is full (it has its own): the packet log's thread can, and a
 * chunk that is stored must be found. False only while the writer stops. */
bool writer_submit_chunk(struct writer *w, const struct chunk_row *chunk);

/* Waits until what was submitted before is committed or has failed. */
void writer_flush(struct writer *w);

/*
 * What another thread has to do with a day that this one may have open. Waits until it is done: up to
 * a batch and the transaction it ends, 0.1 s in a quiet hour. The day's folder must exist.
 * Not from the writer's own thread; not while writer_stop runs.
 */
typedef int (*writer_task_fn)(void *ctx, struct sqlite3 *db);

/* Between two batches, in a transaction of its own, which is rolled back when the task says other
 * than 0. What was submitted before may be behind it. Returns what the task said, or −errno. */
int writer_run(struct writer *w, int32_t day, writer_task_fn task, void *ctx);

/* With the day closed and nothing of it open (db is NULL): its files may be moved away. */
int writer_run_closed(struct writer *w, int32_t day, writer_task_fn task, void *ctx);

/* Gives the disk what is committed; store_sync calls it. 0 or −errno, counted. */
int writer_sync(struct writer *w);

/* What stands before this place of a segment is on the disk: see run_mark.h. */
void writer_note_synced(struct writer *w, int32_t day, uint8_t kind, uint32_t segment,
                        uint64_t end);

void writer_read_stats(struct writer *w, struct writer_stats *stats);

#endif
