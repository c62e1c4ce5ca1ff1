#include "storage/packets/lost_chunks.h"

#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A walk through the chunks of a day, as the index tells them. */
struct search {
    const char *store_dir;
    int32_t day;
    uint8_t *stored; /* CHUNK_STORED_MAX */
    int fds[PACKET_KINDS];
    uint32_t open[PACKET_KINDS]; /* the segment of each; 0: none */
};

/* --- the files ------------------------------------------------------------------------------ */

enum { LOOK_BYTES = 64 << 10 };

/* Of the chunk or gravestone that begins at `at`; 0: none does. */
static uint64_t length_at(struct search *s, int fd, uint64_t at, uint64_t size)
{
    enum chunk_parse is;
    struct chunk_header h;
    uint64_t len = CHUNK_HEADER_BYTES;

    if (size - at < len || segment_file_read(fd, s->stored, (size_t)len, at) != 0)
        return 0;
    is = chunk_parse_header(bytes_of(s->stored, (size_t)len), &h);
    len += h.payload_bytes;
    if ((is != CHUNK_OK && is != CHUNK_FORGOTTEN) || size - at < len)
        return 0;
    if (is == CHUNK_OK && (segment_file_read(fd, s->stored, (size_t)len, at) != 0 ||
                           chunk_check(bytes_of(s->stored, (size_t)len), &h) != CHUNK_OK))
        return 0;
    return len;
}

/* The first place behind `at` where one begins; `size`: nowhere. */
static uint64_t next_whole(struct search *s, int fd, uint64_t at, uint64_t size)
{
    static const char magic[3] = { 'E', 'S', 'C' };
    uint8_t block[LOOK_BYTES];

    for (at++; size - at >= CHUNK_HEADER_BYTES;) {
        size_t n = size - at < sizeof block ? (size_t)(size - at) : sizeof block;

        if (segment_file_read(fd, block, n, at) != 0)
            return size;
        for (size_t i = 0; i + sizeof magic <= n; i++) {
            if (memcmp(block + i, magic, sizeof magic) == 0 && length_at(s, fd, at + i, size))
                return at + i;
        }
        at += n - sizeof magic + 1;
    }
    return size;
}

/* Gravestones for what is no longer a chunk; the bytes behind their headers stay as they are. */
static int bridge(int fd, uint8_t kind, uint64_t from, uint64_t to)
{
    while (from < to) {
        uint8_t stone[CHUNK_HEADER_BYTES];
        uint64_t len = to - from;
        int err;

        if (len > CHUNK_STORED_MAX)
            len = len < 2 * (uint64_t)CHUNK_STORED_MAX ? len / 2 : CHUNK_STORED_MAX;
        if (len <= CHUNK_HEADER_BYTES)
            return -EUCLEAN;
        chunk_put_gravestone(stone, kind, (uint32_t)(len - CHUNK_HEADER_BYTES));
        err = segment_file_write(fd, stone, sizeof stone, from);
        if (err)
            return err;
        from += len;
    }
    return 0;
}

/* From `at` on, so that a walk goes from chunk to chunk again: what is broken is bridged, or cut off
 * at the end. */
static int mend(struct search *s, int fd, uint8_t kind, uint64_t at)
{
    bool changed = false;
    struct stat st;
    uint64_t size;
    int err = 0;

    if (fstat(fd, &st) != 0)
        return -errno;
    for (size = (uint64_t)st.st_size; err == 0 && at < size;) {
        uint64_t len = length_at(s, fd, at, size), next;

        if (len) {
            at += len;
            continue;
        }
        next = next_whole(s, fd, at, size);
        if (next == size)
            err = ftruncate(fd, (off_t)at) == 0 ? 0 : -errno;
        else
            err = bridge(fd, kind, at, next);
        changed = true;
        at = next;
    }
    if (err == 0 && changed && fdatasync(fd) != 0)
        err = -errno;
    return err;
}

/* Every segment of the kind that is not known to be on the disk. */
static int mend_kind(struct search *s, const struct run_mark_day *day, uint8_t kind)
{
    const struct run_mark_end *e = &day->synced[kind];
    uint32_t newest, n = e->segment ? e->segment : 1;
    int err = segment_file_newest(s->store_dir, s->day, kind, &newest);

    for (; err == 0 && n <= newest; n++) {
        char path[STORE_PATH_MAX];
        int fd;

        err = segment_file_path(path, s->store_dir, s->day, kind, n);
        fd = err ? -1 : open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            continue;
        err = mend(s, fd, kind, n == e->segment ? e->end : 0);
        close(fd);
    }
    return err;
}

/* --- the rows ------------------------------------------------------------------------------- */

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
        err = mend_kind(&s, day, kind);
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
