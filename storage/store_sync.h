/*
 * store_sync - gives the disk what a run has stored, every few seconds, on a thread of its own.
 *
 * A kill takes nothing that was written; a power cut takes what the kernel still held. Packets first,
 * then the rows that point to them, then the mark that says how far both are safe (run_mark.h). Nobody
 * but this thread waits for the disk.
 *
 * Ownership  store_sync_start/stop. Writer and packet log outlive it.
 * Errors     Counted by the writer and the segments, named in the log once until it works again.
 */
#ifndef STORAGE_STORE_SYNC_H
#define STORAGE_STORE_SYNC_H

#include <stdint.h>

struct store_sync;
struct writer;
struct packet_log;

/* 0 or −errno. every_ms 0: never, and *sp is NULL. */
int store_sync_start(struct store_sync **sp, struct writer *writer, struct packet_log *log,
                     int64_t every_ms);
/* The thread ends; who closes log and writer syncs them once more. NULL is fine. */
void store_sync_stop(struct store_sync *s);

#endif
