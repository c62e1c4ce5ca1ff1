#include "storage/packets/lost_chunks.h"

#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

/* A walk through the chunks of a day, as the index tells them. */
struct search {
    const char *store_dir;
    int32_t day;
    uint8_t *stored; /* CHUNK_STORED_MAX */
    int fds[PACKET_KINDS];
    uint32_t open[PACKET_KINDS]; /* the segment of each; 0: none */
};

static bool is_whole(struct search *s, uint8_t kind, uint32_t segment, uint64_t offset,
                     uint64_t bytes)
{
    struct chunk_header h;

    if (s->open[kind] != segment) {
        if (s->fds[kind] >= 0)
            close(s->fds[kind]);
        s->fds[kind] = segment_open_read(s->store_dir, s->day, kind, segment);
        s->open[kind] = segment;
    }
    return s->fds[kind] >= 0 && bytes >= CHUNK_HEADER_BYTES && bytes <= CHUNK_STORED_MAX &&
           segment_file_read(s->fds[kind], s->stored, (size_t)bytes, offset) == 0 &&
           chunk_check(bytes_of(s->stored, (size_t)bytes), &h) == CHUNK_OK && h.kind == kind &&
           CHUNK_HEADER_BYTES + (uint64_t)h.payload_bytes == bytes;
}

static bool is_synced(const struct run_mark_day *day, uint8_t kind, uint32_t segment, uint64_t end)
{
    const struct run_mark_end *e = &day->synced[kind];

    return segment < e->segment || (segment == e->segment && end <= e->end);
}

enum { SELECT_CHUNKS, DELETE_CHUNK, FORGET_AUDIO, STATEMENTS };

static const struct slice statements[STATEMENTS] = {
    [SELECT_CHUNKS] = SLICE_INIT("SELECT place,stored_bytes,frames,audio_segment,audio_offset,"
                                 "audio_bytes FROM chunks WHERE place >= ? AND place < ?"),
    [DELETE_CHUNK] = SLICE_INIT("DELETE FROM chunks WHERE place = ?"),
    [FORGET_AUDIO] = SLICE_INIT("UPDATE chunks SET audio_segment = NULL, audio_offset = NULL, "
                                "audio_bytes = NULL WHERE place = ?"),
};

static int change(sqlite3 *db, sqlite3_stmt *s, int64_t place)
{
    int err = 0;

    sqlite3_bind_int64(s, 1, place);
    if (sqlite3_step(s) != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_reset(s);
    return err;
}

/* The row that SELECT_CHUNKS stands on. */
static int judge_row(struct search *s, sqlite3 *db, sqlite3_stmt *const st[STATEMENTS],
                     const struct run_mark_day *day, struct lost_chunks *lost)
{
    sqlite3_stmt *row = st[SELECT_CHUNKS];
    int64_t place = sqlite3_column_int64(row, 0), bytes = sqlite3_column_int64(row, 1);
    uint64_t bits = (uint64_t)place, offset = bits & UINT32_MAX;
    uint32_t segment = (uint32_t)(bits >> 32) & CHUNK_SEGMENT_MAX;
    uint8_t kind = (uint8_t)(bits >> 56);
    uint32_t audio_segment = (uint32_t)sqlite3_column_int64(row, 3);
    uint64_t audio_offset = (uint64_t)sqlite3_column_int64(row, 4);
    int64_t audio_bytes = sqlite3_column_int64(row, 5);

    if (!is_synced(day, kind, segment, offset + (uint64_t)bytes) &&
        !is_whole(s, kind, segment, offset, (uint64_t)bytes)) {
        lost->chunks++;
        lost->frames += (uint64_t)sqlite3_column_int64(row, 2);
        return change(db, st[DELETE_CHUNK], place);
    }
    if (audio_bytes &&
        !is_synced(day, PACKET_AUDIO, audio_segment, audio_offset + (uint64_t)audio_bytes) &&
        !is_whole(s, PACKET_AUDIO, audio_segment, audio_offset, (uint64_t)audio_bytes)) {
        lost->chunks++;
        return change(db, st[FORGET_AUDIO], place);
    }
    return 0;
}

/* Where the first chunk can lie that is not known to be on the disk. Payload is synced with its
 * headers, or before. */
static int64_t first_place(const struct run_mark_day *day, uint8_t kind)
{
    const struct run_mark_end *e = &day->synced[kind];

    return chunk_place(kind, e->segment, e->segment ? e->end : 0);
}

static int judge_kind(struct search *s, sqlite3 *db, sqlite3_stmt *const st[STATEMENTS],
                      const struct run_mark_day *day, uint8_t kind, struct lost_chunks *lost)
{
    sqlite3_stmt *rows = st[SELECT_CHUNKS];
    int rc, err = 0;

    sqlite3_bind_int64(rows, 1, first_place(day, kind));
    sqlite3_bind_int64(rows, 2, chunk_place((uint8_t)(kind + 1), 0, 0));
    while (err == 0 && (rc = sqlite3_step(rows)) != SQLITE_DONE)
        err = rc == SQLITE_ROW ? judge_row(s, db, st, day, lost) : day_db_errno(db);
    sqlite3_reset(rows);
    return err;
}

int lost_chunks_remove(sqlite3 *db, const char *store_dir, const struct run_mark_day *day,
                       struct lost_chunks *lost)
{
    struct search s = { .store_dir = store_dir, .day = day->day, .fds = { -1, -1, -1 } };
    sqlite3_stmt *st[STATEMENTS] = { NULL };
    int err = 0;

    s.stored = malloc(CHUNK_STORED_MAX);
    if (!s.stored)
        return -ENOMEM;
    for (int i = 0; i < STATEMENTS && err == 0; i++)
        err = day_db_prepare(&st[i], db, statements[i]);
    for (uint8_t kind = 0; kind < PACKET_KINDS && err == 0; kind++)
        err = judge_kind(&s, db, st, day, kind, lost);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(st[i]);
    for (int i = 0; i < PACKET_KINDS; i++) {
        if (s.fds[i] >= 0)
            close(s.fds[i]);
    }
    free(s.stored);
    return err;
}
