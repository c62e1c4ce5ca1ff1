/*
 * chunk_index - the rows of the table `chunks`: where the chunks of a call lie.
 *
 * A chunk's place, kind and segment and offset in one number, is its key: the same chunk told twice
 * (once by the log, once by a recovery) is one row, and the last chunk of a kind is found at once.
 */
#ifndef STORAGE_PACKETS_CHUNK_INDEX_H
#define STORAGE_PACKETS_CHUNK_INDEX_H

#include "storage/writer.h"

struct sqlite3;
struct sqlite3_stmt;

enum { CHUNK_SEGMENT_MAX = (1 << 24) - 1 };

static inline int64_t chunk_place(uint8_t kind, uint32_t segment, uint64_t offset)
{
    return (int64_t)((uint64_t)kind << 56 | (uint64_t)(segment & CHUNK_SEGMENT_MAX) << 32 |
                     (offset & UINT32_MAX));
}

extern const struct slice chunk_index_insert;

/* Binds every parameter of chunk_index_insert; 0 or an SQLite error code. */
int chunk_index_bind(struct sqlite3_stmt *insert, const struct chunk_row *row);

/* What a removal does, and its parameters. */
extern const struct slice chunk_index_remove;
int chunk_index_bind_removal(struct sqlite3_stmt *remove, const struct chunk_row *row);

/* Where the last chunk of the kind ends that the day's database knows: 0; −ENOENT when it knows
 * none; −errno. */
int chunk_index_last(struct sqlite3 *db, uint8_t kind, uint32_t *segment, uint64_t *end);

struct chunk_place {
    uint32_t segment;
    uint64_t offset;
    uint32_t stored_bytes;
    int64_t first_time;
    /* The payloads that stand apart; audio_bytes 0: there are none, or they were forgotten. */
    uint32_t audio_segment;
    uint64_t audio_offset;
    uint32_t audio_bytes;
};

/* The chunks of one id and kind by the time of their first packet, those of one time as they were
 * stored, in a block to be freed. */
int chunk_index_find(struct sqlite3 *db, uint64_t id, uint8_t kind, struct chunk_place **places,
                     size_t *count);

#endif
