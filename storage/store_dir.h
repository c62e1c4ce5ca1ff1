/*
 * store_dir - the folder of a store: what is where.
 *
 *     STORE/VERSION                      "earshot store 1"; the probe that writes holds its lock
 *     STORE/RUNNING                      while a run writes, or after it died (run_mark.h)
 *     STORE/2026-11-21/calls.sqlite      the records of that day (UTC) and the index of its packets
 *     STORE/2026-11-21/sip-000001.seg    its packets, signalling and media apart
 *     STORE/2026-11-21/media-000001.seg
 *     STORE/2026-11-21/audio-000001.seg
 *
 * Folders are 0700 and files 0600: they hold what people said to whom. No name from the wire ever
 * becomes the name of a file.
 */
#ifndef STORAGE_STORE_DIR_H
#define STORAGE_STORE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What this program reads and writes. A store of a higher version is refused. */
enum { STORE_VERSION = 1 };

/* The most days a store may hold. Times come from packets: a capture full of nonsense must not
 * leave one folder a packet. Eleven years. */
enum { STORE_DAYS_MAX = 4096 };

/* A path of the store, and what it appends at most ("/2026-11-21/calls.sqlite-journal"). */
enum { STORE_PATH_MAX = 4096, STORE_NAME_MAX = 64 };

/* Makes the folder where there is none, checks its version and locks it for one writing process.
 * 0 with *lock_fd to be closed when done; −EBUSY: another process writes to it; −EPROTO: made by a
 * newer version; −errno. All are named in the log. */
int store_dir_open(const char *store_dir, int *lock_fd);

/* For readers. 0 (also when it is empty as yet); −EPROTO, named in the log; −ENOENT; −errno. */
int store_dir_check(const char *store_dir);

/* "2026-11-21"; false when the day lies outside of the years 1970 to 9999. */
bool store_dir_day_name(int32_t day, char out[16]);

/* The inverse; false when store_dir_day_name would never write this text. */
bool store_dir_parse_day(const char *name, int32_t *day);

/* STORE/<day>[/<file>]; −ENAMETOOLONG, −EINVAL. */
int store_dir_path(char out[STORE_PATH_MAX], const char *store_dir, int32_t day, const char *file);

/* Makes the folder of a day; −EDQUOT past STORE_DAYS_MAX. */
int store_dir_make_day(const char *store_dir, int32_t day);

/* The names in a day's folder, and its own, are on the disk once this says 0. */
int store_dir_sync_day(const char *store_dir, int32_t day);

/* The days that have a folder, oldest first, in a block to be freed. 0 or −errno. */
int store_dir_days(const char *store_dir, int32_t **days, size_t *count);

#endif
