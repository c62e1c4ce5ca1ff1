/*
 * erase_segments - every chunk of a day's segments, whether a row points to it or not.
 *
 * Ownership  A chunk is lent for the time of the call.
 * Errors     −errno. A segment that goes on as no chunk does ends there.
 */
#ifndef STORAGE_UPKEEP_ERASE_SEGMENTS_H
#define STORAGE_UPKEEP_ERASE_SEGMENTS_H

#include "storage/packets/chunk.h"
#include "storage/upkeep/number_forms.h"

struct erase_chunk {
    int32_t day;
    uint8_t kind;
    uint32_t segment;
    uint64_t offset;
    struct chunk_header header;
    int fd;
    uint8_t *stored, *raw; /* CHUNK_STORED_MAX and CHUNK_RAW_MAX of room */
};

typedef int (*erase_chunk_fn)(void *ctx, struct erase_chunk *chunk);

/* Those that were forgotten already are left out, and so are chunks that are appended meanwhile. */
int erase_segments_walk(const char *store_dir, int32_t day, uint8_t kind, erase_chunk_fn each,
                        void *ctx);

/* Reads it, and unpacks its entries, or the payloads of one of sound; false: it is damaged. */
bool erase_chunk_load(struct erase_chunk *c);

/* Masks the number wherever it stands in the entries; checksums of UDP follow. */
void erase_mask_entries(const struct number_forms *forms, uint8_t *raw, size_t len);

#endif
