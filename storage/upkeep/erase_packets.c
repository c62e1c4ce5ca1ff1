/*
 * Packets that name the number. Segments are walked from their beginning, so chunks that no row knows of
 * are found, too.
 */
#include "storage/packets/chunk_index.h"
#include "storage/packets/media_chunk.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"
#include "storage/upkeep/erase_segments.h"
#include "storage/upkeep/erase_work.h"

#include "storage/day_db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

static int run_one(sqlite3 *db, const char *sql, int64_t value, int *rows)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, slice_of_text(sql));

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, value);
    rc = sqlite3_step(s);
    *rows = rc == SQLITE_ROW ? 1 : sqlite3_changes(db);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = day_db_errno(db);
    if (rc == SQLITE_DONE && sqlite3_column_count(s) > 0)
        *rows = 0;
    sqlite3_finalize(s);
    return err;
}

static int64_t place_of(const struct erase_chunk *c)
{
    return chunk_place(c->kind, c->segment, c->offset);
}

/* The row goes first: nothing may point to nothing. */
static int forget(struct erase *e, const struct erase_chunk *c)
{
    struct erase_result *r = e->result;
    uint64_t *counts[] = { &r->sip_chunks, &r->media_chunks, &r->audio_chunks };
    int rows, err = 0;

    ++*counts[c->kind];
    r->bytes += CHUNK_HEADER_BYTES + c->header.payload_bytes;
    if (e->options->dry_run)
        return 0;
    if (e->db)
        err = run_one(e->db, "DELETE FROM chunks WHERE place=?", place_of(c), &rows);
    return err ? err : segment_forget(e->dir, c->day, c->kind, c->segment, c->offset);
}

/* A chunk that a killed probe left without a row: it would be passed over once another stands behind. */
static void take_found(void *ctx, const struct chunk_row *row)
{
    struct erase *e = ctx;
    sqlite3_stmt *s = NULL;

    if (!e->db || erase_has_id(e, row->id) || day_db_prepare(&s, e->db, chunk_index_insert) != 0)
        return;
    if (chunk_index_bind(s, row) == SQLITE_OK)
        sqlite3_step(s);
    sqlite3_finalize(s);
}

static int append(struct erase *e, const struct erase_chunk *c, const uint8_t *chunk, size_t bytes,
                  struct chunk_row *row)
{
    int err;

    if (!e->segments) {
        err = segment_set_open(&e->segments, e->dir, take_found, e);
        if (err)
            return err;
    }
    err =
        segment_set_append(e->segments, c->day, c->kind, chunk, bytes, &row->segment, &row->offset);
    return err ? err : segment_set_sync(e->segments, NULL, NULL);
}

/* One row in the place of the other, in one step. */
static int move_row(struct erase *e, const struct erase_chunk *c, const struct chunk_row *row)
{
    sqlite3_stmt *s = NULL;
    int rows, err = 0;

    if (sqlite3_exec(e->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return day_db_errno(e->db);
    err = run_one(e->db, "DELETE FROM chunks WHERE place=?", place_of(c), &rows);
    if (err == 0)
        err = day_db_prepare(&s, e->db, chunk_index_insert);
    if (err == 0 && (chunk_index_bind(s, row) != SQLITE_OK || sqlite3_step(s) != SQLITE_DONE))
        err = day_db_errno(e->db);
    sqlite3_finalize(s);
    if (sqlite3_exec(e->db, err ? "ROLLBACK" : "COMMIT", NULL, NULL, NULL) != SQLITE_OK && !err)
        err = day_db_errno(e->db);
    return err;
}

/* The same entries with X for the digits, behind the last chunk of the day. */
static int store_masked(struct erase *e, struct erase_chunk *c)
{
    struct chunk_header h = c->header;
    size_t room = CHUNK_HEADER_BYTES + chunk_bound(h.raw_bytes), bytes;
    uint8_t *out = malloc(room);
    struct chunk_row row = { .id = h.id,
                             .first_time = h.first_time,
                             .last_time = h.last_time,
                             .frames = h.frames,
                             .day = c->day,
                             .kind = c->kind };
    int err;

    if (!out)
        return -ENOMEM;
    erase_mask_entries(e->forms, c->raw, h.raw_bytes);
    bytes = chunk_encode(&h, c->raw, out, room);
    row.stored_bytes = (uint32_t)bytes;
    err = append(e, c, out, bytes, &row);
    free(out);
    if (err == 0)
        err = move_row(e, c, &row);
    if (err == 0)
        err = segment_forget(e->dir, c->day, c->kind, c->segment, c->offset);
    return err;
}

static int forget_audio(struct erase *e, const struct erase_chunk *c)
{
    struct media_audio audio = { .stored_bytes = 0 };

    media_chunk_audio(bytes_of(c->stored, CHUNK_HEADER_BYTES + c->header.payload_bytes), &c->header,
                      &audio);
    if (audio.stored_bytes == 0)
        return 0;
    e->result->audio_chunks++;
    e->result->bytes += audio.stored_bytes;
    if (e->options->dry_run)
        return 0;
    return segment_forget(e->dir, c->day, PACKET_AUDIO, audio.segment, audio.offset);
}

static int take_chunk(void *ctx, struct erase_chunk *c)
{
    struct erase *e = ctx;
    int rows = 0, err = 0;

    erase_progress(e, "packets", CHUNK_HEADER_BYTES + c->header.payload_bytes);
    if (erase_has_id(e, c->header.id))
        return forget(e, c);
    if (c->kind == PACKET_AUDIO || !erase_chunk_load(c) ||
        number_forms_count(e->forms, slice_of(c->raw, c->header.raw_bytes)) == 0)
        return 0;
    if (e->db)
        err = run_one(e->db, "SELECT 1 FROM chunks WHERE place=?", place_of(c), &rows);
    if (err)
        return err;
    if (c->kind == PACKET_SIP && (rows || e->options->dry_run)) {
        e->result->chunks_masked++;
        return e->options->dry_run ? 0 : store_masked(e, c);
    }
    if (c->kind == PACKET_MEDIA)
        err = forget_audio(e, c);
    return err ? err : forget(e, c);
}

int erase_packets(struct erase *e, int32_t day)
{
    int err = 0;

    for (uint8_t kind = 0; err == 0 && kind < PACKET_KINDS; kind++)
        err = erase_segments_walk(e->dir, day, kind, take_chunk, e);
    return err;
}
