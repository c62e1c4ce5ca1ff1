/*
 * verify_parts - what the files of verify share: a look at one day.
 */
#ifndef STORAGE_UPKEEP_VERIFY_PARTS_H
#define STORAGE_UPKEEP_VERIFY_PARTS_H

#include "storage/packets/chunk_loader.h"
#include "storage/upkeep/verify.h"

#include <stddef.h>

struct sqlite3;

/* A row of the table chunks. */
struct verify_row {
    int64_t place; /* chunk_place */
    uint64_t id;
    int64_t first_time, last_time;
    uint64_t audio_offset;
    uint32_t stored_bytes, frames;
    uint32_t audio_segment, audio_bytes;
    bool found; /* a whole chunk begins there */
};

/* A chunk of payloads that a row points to. */
struct verify_payload {
    uint32_t segment, bytes;
    uint64_t offset;
};

struct verify {
    const struct verify_options *options;
    struct verify_result *result;
    struct verify_progress progress;
    uint64_t reported_bytes; /* progress was told then */

    /* The day that is looked at. */
    int32_t day;
    char day_name[16];
    struct sqlite3 *db; /* NULL: it has none */
    struct verify_row *rows;
    size_t row_count, row_room;
    struct verify_payload *payloads;
    size_t payload_count, payload_room;
    struct chunk_loader loader;
    uint8_t *stored, *raw; /* CHUNK_STORED_MAX, CHUNK_RAW_MAX */
};

extern const char verify_rebuild_advice[];

void verify_fault(struct verify *v, const char *file, int64_t offset, const char *what,
                  const char *advice);
void verify_note(struct verify *v, const char *file, int64_t offset, const char *what);
void verify_done(struct verify *v, uint64_t bytes);

/* verify_rows.c: what the day's database says. 0; −errno: the look itself failed. */
int verify_rows_tables(struct verify *v);
int verify_rows_load(struct verify *v);

/* A row that a probe has taken away since it was read is no fault. */
bool verify_rows_has(struct verify *v, const struct verify_row *row);

/* verify_segments.c: the segments of the day, and what the rows say of them. */
int verify_segments(struct verify *v);

#endif
