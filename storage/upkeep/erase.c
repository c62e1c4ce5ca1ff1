#include "storage/upkeep/erase.h"

#include "storage/audit/audit_log.h"
#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/store_dir.h"
#include "storage/upkeep/erase_work.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEGUN_FILE "erasing"

int erase_ids_add(struct erase *e, uint64_t id)
{
    if (e->id_count == e->id_room) {
        size_t room = e->id_room ? 2 * e->id_room : 256;
        uint64_t *ids = realloc(e->ids, room * sizeof *ids);

        if (!ids)
            return -ENOMEM;
        e->ids = ids;
        e->id_room = room;
    }
    e->ids[e->id_count++] = id;
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

void erase_ids_sort(struct erase *e)
{
    size_t kept = 0;

    if (e->id_count == 0)
        return;
    qsort(e->ids, e->id_count, sizeof *e->ids, compare_ids);
    for (size_t i = 0; i < e->id_count; i++) {
        if (kept == 0 || e->ids[kept - 1] != e->ids[i])
            e->ids[kept++] = e->ids[i];
    }
    e->id_count = kept;
}

bool erase_has_id(const struct erase *e, uint64_t id)
{
    return e->id_count && bsearch(&id, e->ids, e->id_count, sizeof *e->ids, compare_ids) != NULL;
}

void erase_progress(struct erase *e, const char *step, uint64_t more_bytes)
{
    e->done_bytes += more_bytes;
    if (e->options->progress)
        e->options->progress(e->options->ctx, step, e->done_bytes, e->total_bytes);
}

/* What there is to read: segments twice and three times, all else once. */
static void measure(struct erase *e)
{
    char *paths[] = { (char *)(uintptr_t)e->dir, NULL };
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;

    while (tree && (entry = fts_read(tree)) != NULL) {
        size_t n = entry->fts_namelen;
        bool segment = n > 4 && strcmp(entry->fts_name + n - 4, ".seg") == 0;

        if (entry->fts_info == FTS_F)
            e->total_bytes +=
                (uint64_t)entry->fts_statp->st_size * (segment ? (e->options->dry_run ? 1 : 3) : 1);
    }
    if (tree)
        fts_close(tree);
}

static int begun_path(const struct erase *e, char path[STORE_PATH_MAX])
{
    int n = snprintf(path, STORE_PATH_MAX, "%s/" BEGUN_FILE, e->dir);

    return n > 0 && n < STORE_PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint64_t read_id(const char *line)
{
    uint64_t id = 0;

    for (int i = 0; i < 16; i++) {
        if (hex_of(line[i]) < 0)
            return 0;
        id = id << 4 | (uint64_t)hex_of(line[i]);
    }
    return id;
}

/* The ids of an erasure that was not finished. */
static int read_begun(struct erase *e)
{
    char path[STORE_PATH_MAX], line[64];
    int err = begun_path(e, path);
    FILE *f;

    if (err)
        return err;
    f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? 0 : -errno;
    e->result->was_begun = true;
    while (err == 0 && fgets(line, sizeof line, f)) {
        uint64_t id = read_id(line);

        if (id)
            err = erase_ids_add(e, id);
    }
    fclose(f);
    erase_ids_sort(e);
    return err;
}

/* Ids name nobody: they are what a row is called. On the disk before the first of them is gone. */
static int write_begun(const struct erase *e)
{
    char path[STORE_PATH_MAX];
    int fd, err = begun_path(e, path);

    if (err || e->id_count == 0)
        return err;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    for (size_t i = 0; err == 0 && i < e->id_count; i++) {
        if (dprintf(fd, "%016" PRIx64 "\n", e->ids[i]) != 17)
            err = -EIO;
    }
    if (err == 0 && fsync(fd) != 0)
        err = -errno;
    close(fd);
    return err;
}

static int end_begun(const struct erase *e)
{
    char path[STORE_PATH_MAX];
    int err = begun_path(e, path);

    if (err == 0 && unlink(path) != 0 && errno != ENOENT)
        err = -errno;
    return err;
}

static int find(struct erase *e)
{
    int err = read_begun(e);

    for (size_t d = 0; err == 0 && d < e->day_count; d++) {
        erase_progress(e, "rows", 0);
        err = erase_rows_find(e, e->days[d]);
    }
    return err;
}

/* Rows that were changed long ago may have left the number in pages that are free now. */
static int compact(struct erase *e, sqlite3 *db, int32_t day, bool changed)
{
    static const char *const files[] = { DAY_DB_FILE, DAY_DB_FILE "-wal" };
    char path[STORE_PATH_MAX];
    int err = 0;

    if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        err = day_db_errno(db);
    for (size_t i = 0; err == 0 && !changed && i < sizeof files / sizeof files[0]; i++) {
        err = store_dir_path(path, e->dir, day, files[i]);
        if (err == 0)
            err = erase_files_names(e, path, &changed);
    }
    erase_progress(e, "free pages", 0);
    return err || !changed ? err : erase_rows_compact(db);
}

static int erase_day(struct erase *e, int32_t day)
{
    char path[STORE_PATH_MAX];
    bool changed = e->result->was_begun;
    int err = store_dir_path(path, e->dir, day, DAY_DB_FILE);

    if (err == 0 && access(path, F_OK) != 0)
        return erase_packets(e, day);
    if (err == 0)
        err = day_db_open_write(&e->db, e->dir, day);
    if (err)
        return err;
    err = erase_rows_remove(e, e->db, &changed);
    if (err == 0)
        err = erase_packets(e, day);
    if (err == 0)
        err = compact(e, e->db, day, changed);
    day_db_close(e->db);
    e->db = NULL;
    if (err == 0)
        err = erase_files_set_aside(e, day);
    return err ? err : erase_files_pins(e, day);
}

static int audit(struct erase *e)
{
    const struct audit_entry entry = { .deed = SLICE("erase"),
                                       .user = e->options->by,
                                       .from = SLICE("cli") };

    return audit_append(e->dir, &entry, AUDIT_SYNC, NULL);
}

/* The line is written first, as for whoever listens: what cannot be accounted for is not done. */
static int remove_all(struct erase *e)
{
    int err = audit(e);

    if (err == 0)
        err = write_begun(e);
    for (size_t d = 0; err == 0 && d < e->day_count; d++)
        err = erase_day(e, e->days[d]);
    if (err == 0)
        err = erase_files_audit(e);
    if (err == 0)
        err = erase_files_state(e);
    if (e->segments)
        segment_set_close(e->segments);
    e->segments = NULL;
    if (err == 0)
        err = erase_proof_make(e);
    return err ? err : end_begun(e);
}

static int look_only(struct erase *e)
{
    int err = 0;

    for (size_t d = 0; err == 0 && d < e->day_count; d++) {
        err = erase_packets(e, e->days[d]);
        if (err == 0)
            err = erase_files_set_aside(e, e->days[d]);
        if (err == 0)
            err = erase_files_pins(e, e->days[d]);
    }
    return err ? err : erase_files_audit(e);
}

int erase_number(const struct erase_options *options, struct erase_result *result)
{
    struct erase e = {
        .options = options, .result = result, .dir = options->store_dir, .forms = options->forms
    };
    int lock = -1, err = store_dir_check(options->store_dir);

    memset(result, 0, sizeof *result);
    if (err == 0 && !options->dry_run)
        err = store_dir_open(options->store_dir, &lock);
    if (err == 0)
        err = store_dir_days(options->store_dir, &e.days, &e.day_count);
    if (err == 0) {
        result->days = e.day_count;
        measure(&e);
        err = find(&e);
    }
    if (err == 0)
        err = options->dry_run ? look_only(&e) : remove_all(&e);
    free(e.days);
    free(e.ids);
    if (lock >= 0)
        close(lock);
    return err;
}
