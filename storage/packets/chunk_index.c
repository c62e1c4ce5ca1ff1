#include "storage/packets/chunk_index.h"

#include "storage/day_db.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

const struct slice chunk_index_insert =
    SLICE_INIT("INSERT OR REPLACE INTO chunks(place,id,first_time,last_time,stored_bytes,frames,"
               "audio_segment,audio_offset,audio_bytes) VALUES(?,?,?,?,?,?,?,?,?)");

const struct slice chunk_index_remove =
    SLICE_INIT("DELETE FROM chunks WHERE place >= ?1 AND place < ?2");

static int bind_audio(sqlite3_stmt *insert, const struct chunk_row *row)
{
    const int64_t values[] = { row->audio_segment, (int64_t)row->audio_offset, row->audio_bytes };

    for (int i = 0; i < (int)(sizeof values / sizeof values[0]); i++) {
        int rc = row->audio_bytes ? sqlite3_bind_int64(insert, 7 + i, values[i])
                                  : sqlite3_bind_null(insert, 7 + i);

        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

int chunk_index_bind(sqlite3_stmt *insert, const struct chunk_row *row)
{
    const int64_t values[] = { chunk_place(row->kind, row->segment, row->offset),
                               (int64_t)row->id,
                               row->first_time,
                               row->last_time,
                               row->stored_bytes,
                               row->frames };

    for (int i = 0; i < (int)(sizeof values / sizeof values[0]); i++) {
        int rc = sqlite3_bind_int64(insert, i + 1, values[i]);

        if (rc != SQLITE_OK)
            return rc;
    }
    return bind_audio(insert, row);
}

int chunk_index_bind_removal(sqlite3_stmt *remove, const struct chunk_row *row)
{
    int rc = sqlite3_bind_int64(remove, 1, chunk_place(row->kind, 0, 0));

    if (rc != SQLITE_OK)
        return rc;
    return sqlite3_bind_int64(remove, 2, chunk_place(row->kind, row->segment, row->offset));
}

static struct chunk_place unpack(int64_t place, int64_t stored_bytes)
{
    uint64_t bits = (uint64_t)place;

    return (struct chunk_place){ .segment = (uint32_t)(bits >> 32) & CHUNK_SEGMENT_MAX,
                                 .offset = bits & UINT32_MAX,
                                 .stored_bytes = (uint32_t)stored_bytes };
}

/* Payloads have no rows of their own: those of the newest rows are the newest, but for a few that
 * several threads stored at a time. */
static const struct slice last_audio = SLICE_INIT(
    "SELECT audio_segment, audio_offset + audio_bytes FROM (SELECT audio_segment,"
    "audio_offset,audio_bytes FROM chunks WHERE audio_bytes IS NOT NULL "
    "ORDER BY place DESC LIMIT 64) ORDER BY audio_segment DESC, audio_offset DESC LIMIT 1");

static const struct slice last_chunk =
    SLICE_INIT("SELECT place >> 32 & 0xffffff, (place & 0xffffffff) + stored_bytes FROM chunks "
               "WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT 1");

int chunk_index_last(sqlite3 *db, uint8_t kind, uint32_t *segment, uint64_t *end)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, kind == PACKET_AUDIO ? last_audio : last_chunk);

    if (err)
        return err;
    if (kind != PACKET_AUDIO) {
        sqlite3_bind_int64(s, 1, chunk_place(kind, 0, 0));
        sqlite3_bind_int64(s, 2, chunk_place((uint8_t)(kind + 1), 0, 0));
    }
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        *segment = (uint32_t)sqlite3_column_int64(s, 0);
        *end = (uint64_t)sqlite3_column_int64(s, 1);
    } else {
        err = rc == SQLITE_DONE ? -ENOENT : day_db_errno(db);
    }
    sqlite3_finalize(s);
    return err;
}

static int collect(sqlite3 *db, sqlite3_stmt *s, struct chunk_place **places, size_t *count)
{
    struct chunk_place *list = NULL;
    size_t n = 0, room = 0;
    int rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (n == room) {
            struct chunk_place *grown = realloc(list, (room = room ? room * 2 : 64) * sizeof *list);

            if (!grown) {
                free(list);
                return -ENOMEM;
            }
            list = grown;
        }
        list[n] = unpack(sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1));
        list[n].first_time = sqlite3_column_int64(s, 2);
        list[n].audio_segment = (uint32_t)sqlite3_column_int64(s, 3);
        list[n].audio_offset = (uint64_t)sqlite3_column_int64(s, 4);
        list[n++].audio_bytes = (uint32_t)sqlite3_column_int64(s, 5);
    }
    if (rc != SQLITE_DONE) {
        free(list);
        return day_db_errno(db);
    }
    *places = list;
    *count = n;
    return 0;
}

int chunk_index_find(sqlite3 *db, uint64_t id, uint8_t kind, struct chunk_place **places,
                     size_t *count)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(&s, db,
                             SLICE("SELECT place,stored_bytes,first_time,audio_segment,"
                                   "audio_offset,audio_bytes FROM chunks WHERE id = ? AND "
                                   "place >= ? AND place < ? ORDER BY first_time,place"));

    if (err) /* a day of a version in which payloads never stood apart */
        err =
            day_db_prepare(&s, db,
                           SLICE("SELECT place,stored_bytes,first_time,0,0,0 FROM chunks WHERE "
                                 "id = ? AND place >= ? AND place < ? ORDER BY first_time,place"));
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)id);
    sqlite3_bind_int64(s, 2, chunk_place(kind, 0, 0));
    sqlite3_bind_int64(s, 3, chunk_place((uint8_t)(kind + 1), 0, 0));
    err = collect(db, s, places, count);
    sqlite3_finalize(s);
    return err;
}
