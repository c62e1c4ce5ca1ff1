/*
 * chunk_loader - reads chunks from where the index says they lie, media with its payloads joined in.
 *
 * The files that were read last stay open, so that the chunks of a call cost a read each.
 *
 * Ownership  chunk_loader_init/fini; store_dir outlives it.
 * Thread     One thread an instance.
 * Errors     By name. Payloads that are not there, or not what they should be, are no error: frames end
 *            behind their headers then, and h->cut_frames counts them.
 */
#ifndef STORAGE_PACKETS_CHUNK_LOADER_H
#define STORAGE_PACKETS_CHUNK_LOADER_H

#include "storage/packets/chunk_index.h"
#include "storage/packets/media_chunk.h"

struct loader_file {
    int32_t day;
    uint8_t kind;
    uint32_t segment;
    int fd; /* -1: none is open */
};

struct chunk_loader {
    const char *store_dir;
    struct loader_file chunks, payloads;
    uint8_t *stored, *audio; /* CHUNK_STORED_MAX each; NULL: not needed yet */
};

/* Unpacks a chunk into raw (CHUNK_RAW_MAX of room), its payloads joined in; stored and audio have
 * CHUNK_STORED_MAX of room. audio_fd -1: their segment is not there. One that cannot be read at all is
 * CHUNK_SHORT. */
enum chunk_parse chunk_read_joined(int fd, int audio_fd, const struct chunk_place *place,
                                   uint8_t *stored, uint8_t *audio, uint8_t *raw,
                                   struct chunk_header *h);

void chunk_loader_init(struct chunk_loader *l, const char *store_dir);
void chunk_loader_fini(struct chunk_loader *l);

/* The same of a chunk of that day and kind. */
enum chunk_parse chunk_loader_read(struct chunk_loader *l, int32_t day, uint8_t kind,
                                   const struct chunk_place *place, uint8_t *raw,
                                   struct chunk_header *h);

/* Are the payloads that a chunk speaks of where it says, and whole? CHUNK_SHORT: they cannot be read. */
enum chunk_parse chunk_loader_check_audio(struct chunk_loader *l, int32_t day,
                                          const struct media_audio *audio);

#endif
