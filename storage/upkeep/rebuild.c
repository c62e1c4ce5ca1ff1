#include "storage/upkeep/rebuild.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/packets/chunk_loader.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment_file.h"
#include "storage/search/search_build.h"
#include "storage/upkeep/segment_walk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { REPORT_BYTES = 1 << 20 };

/* A chunk that got a row, by what is in it. */
struct told {
    uint64_t content;
    int64_t place;
};

/* Payloads that do not lie where their chunk of headers says, by their name. */
struct moved {
    uint64_t checksum;
    struct media_audio place;
};

struct rebuild {
    const char *store_dir;
    int32_t day;
    struct rebuild_progress *progress;
    rebuild_progress_fn show;
    void *ctx;
    uint64_t reported;
    struct rebuild_result *result;
    sqlite3 *db;
    sqlite3_stmt *insert;
    struct chunk_loader loader;
    struct told *told;
    size_t told_count, told_room;
    struct moved *moved;
    size_t moved_count, moved_room;
    bool moved_is_known;
};

uint64_t rebuild_bytes(const char *store_dir, int32_t day)
{
    uint64_t bytes = 0;

    for (uint8_t kind = 0; kind < PACKET_AUDIO; kind++) {
        uint32_t *numbers;
        size_t count;

        if (segment_file_list(store_dir, day, kind, &numbers, &count) != 0)
            continue;
        for (size_t i = 0; i < count; i++) {
            char path[STORE_PATH_MAX];
            struct stat st;

            if (segment_file_path(path, store_dir, day, kind, numbers[i]) == 0 &&
                stat(path, &st) == 0)
                bytes += (uint64_t)st.st_size;
        }
        free(numbers);
    }
    return bytes;
}

static int exec(struct rebuild *r, const char *sql)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : day_db_errno(r->db);
}

static bool is_whole(sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    bool whole = false;

    if (day_db_prepare(&s, db, SLICE("PRAGMA quick_check(1)")) != 0)
        return false;
    if (sqlite3_step(s) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(s, 0);

        whole = text && strcmp(text, "ok") == 0;
    }
    sqlite3_finalize(s);
    return whole;
}

/* How many have been set aside: whether one more was can be told. */
static unsigned aside_count(const struct rebuild *r)
{
    unsigned n = 0;
    char path[STORE_PATH_MAX], file[STORE_NAME_MAX];
    struct stat st;

    do
        snprintf(file, sizeof file, DAY_DB_FILE ".damaged-%u", ++n);
    while (store_dir_path(path, r->store_dir, r->day, file) == 0 && stat(path, &st) == 0);
    return n;
}

/* The day's database, whole: a damaged one is set aside, and one begun anew. */
static int open_database(struct rebuild *r)
{
    unsigned aside = aside_count(r);
    int err = day_db_open_write(&r->db, r->store_dir, r->day);

    if (err)
        return err;
    if (!is_whole(r->db)) {
        day_db_close(r->db);
        r->db = NULL;
        err = day_db_set_aside(r->store_dir, r->day);
        if (err == 0)
            err = day_db_open_write(&r->db, r->store_dir, r->day);
    }
    r->result->was_set_aside = aside_count(r) != aside;
    return err;
}

/* --- payloads ------------------------------------------------------------------------------- */

static int by_checksum(const void *a, const void *b)
{
    const struct moved *x = a, *y = b;

    return x->checksum < y->checksum ? -1 : x->checksum > y->checksum;
}

static int note_payloads(struct rebuild *r, uint32_t segment, const struct segment_walk *w)
{
    if (r->moved_count == r->moved_room) {
        size_t room = r->moved_room ? r->moved_room * 2 : 1024;
        struct moved *grown = realloc(r->moved, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        r->moved = grown;
        r->moved_room = room;
    }
    r->moved[r->moved_count++] = (struct moved){ .checksum = w->header.checksum,
                                                 .place = { .segment = segment,
                                                            .offset = w->offset,
                                                            .stored_bytes = w->bytes,
                                                            .payload_bytes = w->header.raw_bytes,
                                                            .checksum = w->header.checksum } };
    return 0;
}

/* Every chunk of payloads that there is. Only when one is not where it should be. */
static int find_moved(struct rebuild *r)
{
    uint32_t *numbers;
    size_t count;
    int err;

    if (r->moved_is_known)
        return 0;
    r->moved_is_known = true;
    err = segment_file_list(r->store_dir, r->day, PACKET_AUDIO, &numbers, &count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct segment_walk w;

        if (segment_walk_open(&w, r->store_dir, r->day, PACKET_AUDIO, numbers[i]) != 0)
            continue;
        while (err == 0 && segment_walk_next(&w) == 1)
            err = note_payloads(r, numbers[i], &w);
        segment_walk_close(&w);
    }
    free(numbers);
    if (r->moved_count)
        qsort(r->moved, r->moved_count, sizeof r->moved[0], by_checksum);
    return err;
}

/* Where the payloads of the chunk in w are; none: row->audio_bytes stays 0. */
static int find_audio(struct rebuild *r, const struct segment_walk *w, struct chunk_row *row)
{
    struct moved key;
    const struct moved *found;
    struct media_audio audio;
    int err;

    media_chunk_audio(bytes_of(w->stored, w->bytes), &w->header, &audio);
    if (audio.stored_bytes == 0)
        return 0;
    if (chunk_loader_check_audio(&r->loader, r->day, &audio) != CHUNK_OK) {
        err = find_moved(r);
        if (err)
            return err;
        key.checksum = audio.checksum;
        found = r->moved_count ? bsearch(&key, r->moved, r->moved_count, sizeof key, by_checksum)
                               : NULL;
        if (!found) {
            r->result->silent++;
            return 0;
        }
        audio = found->place;
    }
    row->audio_segment = audio.segment;
    row->audio_offset = audio.offset;
    row->audio_bytes = audio.stored_bytes;
    return 0;
}

/* --- rows ----------------------------------------------------------------------------------- */

static int insert_row(struct rebuild *r, const struct chunk_row *row)
{
    int rc = chunk_index_bind(r->insert, row);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(r->insert);
    sqlite3_reset(r->insert);
    return rc == SQLITE_DONE ? 0 : day_db_errno(r->db);
}

static int tell_chunk(struct rebuild *r, const struct segment_walk *w, uint32_t segment)
{
    struct chunk_row row = { .id = w->header.id,
                             .first_time = w->header.first_time,
                             .last_time = w->header.last_time,
                             .segment = segment,
                             .offset = w->offset,
                             .stored_bytes = w->bytes,
                             .frames = w->header.frames,
                             .day = r->day,
                             .kind = w->header.kind };
    int err = find_audio(r, w, &row);

    if (err == 0 && r->told_count == r->told_room) {
        size_t room = r->told_room ? r->told_room * 2 : 1024;
        struct told *grown = realloc(r->told, room * sizeof *grown);

        err = grown ? 0 : -ENOMEM;
        r->told = grown ? grown : r->told;
        r->told_room = grown ? room : r->told_room;
    }
    if (err == 0)
        err = insert_row(r, &row);
    if (err)
        return err;
    r->told[r->told_count++] = (struct told){ media_chunk_content(w->stored, &w->header),
                                              chunk_place(row.kind, segment, w->offset) };
    r->result->chunks++;
    r->result->frames += w->header.frames;
    return 0;
}

static void show_progress(struct rebuild *r, uint64_t done)
{
    r->progress->done_bytes += done;
    r->progress->chunks++;
    if (r->progress->done_bytes - r->reported < REPORT_BYTES)
        return;
    r->reported = r->progress->done_bytes;
    r->show(r->ctx, r->progress);
}

static int tell_segment(struct rebuild *r, uint8_t kind, uint32_t segment)
{
    struct segment_walk w;
    uint64_t at = 0;
    int n, err = segment_walk_open(&w, r->store_dir, r->day, kind, segment);

    if (err)
        return err == -ENOENT ? 0 : err;
    while (err == 0 && (n = segment_walk_next(&w)) != 0) {
        err = n < 0 ? n : tell_chunk(r, &w, segment);
        r->progress->frames += w.header.frames;
        show_progress(r, w.at - at);
        at = w.at;
    }
    r->result->damaged_bytes += w.damaged_bytes;
    segment_walk_close(&w);
    return err;
}

static int by_content(const void *a, const void *b)
{
    const struct told *x = a, *y = b;

    if (x->content != y->content)
        return x->content < y->content ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Of chunks that are the same the last one stays. */
static int forget_repeated(struct rebuild *r)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(&s, r->db, SLICE("DELETE FROM chunks WHERE place = ?"));

    if (r->told_count)
        qsort(r->told, r->told_count, sizeof r->told[0], by_content);
    for (size_t i = 0; err == 0 && i + 1 < r->told_count; i++) {
        if (r->told[i].content != r->told[i + 1].content)
            continue;
        sqlite3_bind_int64(s, 1, r->told[i].place);
        if (sqlite3_step(s) != SQLITE_DONE)
            err = day_db_errno(r->db);
        sqlite3_reset(s);
        r->result->repeated++;
        r->result->chunks--;
    }
    sqlite3_finalize(s);
    return err;
}

/* The ids of this day that have packets and no row. Those of other days are looked at there. */
static int find_missing(struct rebuild *r)
{
    struct rebuild_result *result = r->result;
    sqlite3_stmt *s = NULL;
    size_t room = 0;
    int rc = SQLITE_DONE,
        err = day_db_prepare(
            &s, r->db,
            SLICE("SELECT DISTINCT id FROM chunks k WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE "
                  "c.id = k.id) AND NOT EXISTS (SELECT 1 FROM streams t WHERE t.id = k.id) "
                  "ORDER BY id"));

    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);

        if (record_id_day(id) != r->day)
            continue;
        if (result->missing_count == room) {
            uint64_t *grown =
                realloc(result->missing, (room = room ? room * 2 : 256) * sizeof *grown);

            if (!grown) {
                err = -ENOMEM;
                break;
            }
            result->missing = grown;
        }
        result->missing[result->missing_count++] = id;
    }
    if (err == 0 && rc != SQLITE_DONE)
        err = day_db_errno(r->db);
    sqlite3_finalize(s);
    return err;
}

static int tell_kind(struct rebuild *r, uint8_t kind)
{
    uint32_t *numbers;
    size_t count;
    int err = segment_file_list(r->store_dir, r->day, kind, &numbers, &count);

    for (size_t i = 0; err == 0 && i < count; i++)
        err = tell_segment(r, kind, numbers[i]);
    free(numbers);
    return err;
}

/* In one transaction: whoever reads meanwhile has the old index or the new one. */
static int replace_index(struct rebuild *r)
{
    int err = exec(r, "BEGIN IMMEDIATE");

    if (err)
        return err;
    err = exec(r, "DELETE FROM chunks");
    if (err == 0)
        err = day_db_prepare(&r->insert, r->db, chunk_index_insert);
    for (uint8_t kind = 0; err == 0 && kind < PACKET_AUDIO; kind++)
        err = tell_kind(r, kind);
    sqlite3_finalize(r->insert);
    if (err == 0)
        err = forget_repeated(r);
    if (err == 0)
        err = exec(r, "COMMIT");
    if (err)
        exec(r, "ROLLBACK");
    return err;
}

int rebuild_day(const char *store_dir, int32_t day, struct rebuild_progress *progress,
                rebuild_progress_fn show, void *ctx, struct rebuild_result *result)
{
    struct rebuild r = { .store_dir = store_dir,
                         .day = day,
                         .progress = progress,
                         .show = show,
                         .ctx = ctx,
                         .reported = progress->done_bytes,
                         .result = result };
    int err;

    *result = (struct rebuild_result){ .chunks = 0 };
    chunk_loader_init(&r.loader, store_dir);
    err = open_database(&r);
    if (err == 0)
        err = replace_index(&r);
    if (err == 0)
        err = find_missing(&r);
    if (r.db)
        day_db_close(r.db);
    chunk_loader_fini(&r.loader);
    free(r.told);
    free(r.moved);
    if (err)
        rebuild_result_fini(result);
    return err;
}

void rebuild_result_fini(struct rebuild_result *result)
{
    free(result->missing);
    result->missing = NULL;
    result->missing_count = 0;
}

static bool go_on(void *ctx, uint64_t calls_done)
{
    (void)ctx;
    (void)calls_done;
    return true;
}

int rebuild_search(const char *store_dir, int32_t day)
{
    sqlite3 *db;
    int err = day_db_open_write(&db, store_dir, day);

    if (err)
        return err;
    err = search_build_all(db, go_on, NULL);
    day_db_close(db);
    return err;
}
