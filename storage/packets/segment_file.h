/*
 * segment_file - how the files of segments are called, and their bytes read and written whole.
 *
 * Errors  −errno.
 */
#ifndef STORAGE_PACKETS_SEGMENT_FILE_H
#define STORAGE_PACKETS_SEGMENT_FILE_H

#include "storage/store_dir.h"

/* "sip", "media", "audio" of an enum packet_kind. */
const char *segment_kind_name(uint8_t kind);

/* STORE/2026-11-21/media-000001.seg */
int segment_file_path(char out[STORE_PATH_MAX], const char *store_dir, int32_t day, uint8_t kind,
                      uint32_t number);

/* Is this the name of a segment of that kind, and which? */
bool segment_file_parse(const char *name, uint8_t kind, uint32_t *number);

/* The highest number in use; 0: none. */
int segment_file_newest(const char *store_dir, int32_t day, uint8_t kind, uint32_t *newest);

/* The numbers of those that are there, in order, in a block to be freed. 0 or −errno. */
int segment_file_list(const char *store_dir, int32_t day, uint8_t kind, uint32_t **numbers,
                      size_t *count);

bool segment_file_exists(const char *store_dir, int32_t day, uint8_t kind, uint32_t number);

/* Whole, or −errno; a file that ends before is −EIO. */
int segment_file_read(int fd, uint8_t *out, size_t len, uint64_t offset);

/* Whole, or −errno with less of it written. */
int segment_file_write(int fd, const uint8_t *p, size_t len, uint64_t offset);

#endif
