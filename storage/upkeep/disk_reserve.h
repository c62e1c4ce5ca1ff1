/*
 * disk_reserve - some room on the disk for the work that makes room.
 *
 *     STORE/.reserve    16 MiB of nothing
 *
 * Before packets can go their rows must, and to change a row takes some pages. On a disk that something
 * else has filled to the last byte there are none: then the reserve is given up for them.
 *
 * Thread     One a store.
 */
#ifndef STORAGE_UPKEEP_DISK_RESERVE_H
#define STORAGE_UPKEEP_DISK_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

/* A batch of rows (packet_removal.c) and a WAL that is checkpointed every 4 MiB. */
enum { DISK_RESERVE_BYTES = 16 << 20 };

/* Sets it aside where there is none yet and plenty of room. */
void disk_reserve_make(const char *store_dir, int64_t spare_bytes);

/* Gives it up; false: there is none. */
bool disk_reserve_release(const char *store_dir);

#endif
