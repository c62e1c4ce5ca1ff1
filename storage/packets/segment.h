/*
 * segment - the files that hold the chunks: appended to, recovered after a crash, read.
 *
 * One file a kind at a time, of at most 256 MiB; what was stored is never touched again. A chunk
 * that could not be written whole is cut off at once, and a tail that a killed probe left torn when
 * the file is opened next. Chunks that are whole but unknown to the day's database (the probe died
 * between the two) are told again.
 *
 * Ownership  segment_set_open/close.
 * Thread     segment_set_append from any thread; the chunks of one call in its order are the
 *            caller's concern. Reading: any process, at any time.
 */
#ifndef STORAGE_PACKETS_SEGMENT_H
#define STORAGE_PACKETS_SEGMENT_H

#include "storage/packets/chunk.h"
#include "storage/packets/chunk_index.h"

enum { SEGMENT_MAX_BYTES = 256 << 20 };

struct segment_set;

/* A chunk that was found by a recovery. */
typedef void (*segment_found_fn)(void *ctx, const struct chunk_row *row);

/* Behind it lies what this process appended, before it what was there already. */
typedef void (*segment_border_fn)(void *ctx, int32_t day, uint8_t kind, uint32_t segment,
                                  uint64_t offset);

/* The file behind this place was begun because somebody removed those before it. */
typedef void (*segment_removed_fn)(void *ctx, int32_t day, uint8_t kind, uint32_t segment,
                                   uint64_t offset);

/* What stands before this place is on the disk. */
typedef void (*segment_synced_fn)(void *ctx, int32_t day, uint8_t kind, uint32_t segment,
                                  uint64_t end);

struct segment_losses {
    uint64_t syncs_failed; /* files that were given up, because the disk did not take them */
    uint64_t removed;      /* files that somebody removed while they were written to */
};

int segment_set_open(struct segment_set **sp, const char *store_dir, segment_found_fn found,
                     void *ctx);
/* Before the first append. */
void segment_set_on_removed(struct segment_set *set, segment_removed_fn removed, void *ctx);
/* With what was appended on the disk. */
void segment_set_close(struct segment_set *set);

/* Gives the disk what was appended, and waits for it: no thread that stores does. 0 or −errno of the
 * newest failure; a file that fails is given up. */
int segment_set_sync(struct segment_set *set, segment_synced_fn synced, void *ctx);

/* Waits for nobody. */
void segment_set_read_losses(struct segment_set *set, struct segment_losses *losses);

/* Appends one encoded chunk; says where. After a failure the next second's appends fail at once
 * with the same error: a full disk is not asked once a chunk. 0 or −errno. */
int segment_set_append(struct segment_set *set, int32_t day, uint8_t kind, const uint8_t *chunk,
                       size_t bytes, uint32_t *segment, uint64_t *offset);

/* What is appended to that day from now on begins new files, so that those there are can be removed
 * once the rows of their chunks have settled. */
void segment_set_seal(struct segment_set *set, int32_t day);

/* For each day and kind that was appended to and had something before. */
void segment_set_borders(struct segment_set *set, segment_border_fn border, void *ctx);

/*
 * Forgets a stored chunk: what it held is overwritten with zeros on the disk and given back to the file
 * system, its header becomes a gravestone that says how long it was, so that who walks the segment
 * finds the next one. The row in the day's database is the caller's to delete, before this. The probe
 * may be appending to the segment. 0, also when the chunk or its whole segment is gone already;
 * −EUCLEAN: no chunk begins there; −errno.
 */
int segment_forget(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                   uint64_t offset);

/* The same without the wait for the disk: reads as zeros from now on and takes no room, but the disk
 * may still hold what it held, as behind any file that is removed. For what is forgotten to save room
 * alone. */
int segment_release(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                    uint64_t offset);

/* The same of chunks that lie one behind the other, `bytes` from the first header to the end of the last,
 * at most CHUNK_HEADER_BYTES + CHUNK_RAW_MAX: one gravestone stands for all of them, so that small ones give
 * room back, too. */
int segment_release_run(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment,
                        uint64_t offset, uint32_t bytes);

/* The descriptor, or −errno. */
int segment_open_read(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment);

/* Reads and unpacks a chunk; stored and raw have room for CHUNK_STORED_MAX and CHUNK_RAW_MAX. A
 * chunk that cannot be read at all is CHUNK_SHORT. */
enum chunk_parse segment_read(int fd, const struct chunk_place *place, uint8_t *stored,
                              uint8_t *raw, struct chunk_header *h);

#endif
