/*
 * What is neither a row of a day nor a packet: pins, the audit trail, the web process's database.
 */
#include "storage/day_db.h"
#include "storage/store_dir.h"
#include "storage/upkeep/erase_audit.h"
#include "storage/upkeep/erase_work.h"
#include "storage/upkeep/pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The whole file as bytes; *len 0: it is empty. */
static int map_file(int fd, int protection, char **bytes, size_t *len)
{
    struct stat st;

    *len = 0;
    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return 0;
    *bytes = mmap(NULL, (size_t)st.st_size, protection, MAP_SHARED, fd, 0);
    if (*bytes == MAP_FAILED)
        return -errno;
    *len = (size_t)st.st_size;
    return 0;
}

/* The digits of the number become X where they stand: the file keeps its length and its lines. */
static int mask_file(const struct erase *e, const char *path, uint64_t *times)
{
    int err, fd = open(path, (e->options->dry_run ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    char *bytes;
    size_t len;

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    err = e->options->dry_run || flock(fd, LOCK_EX) == 0 ? 0 : -errno;
    if (err == 0)
        err = map_file(fd, e->options->dry_run ? PROT_READ : PROT_READ | PROT_WRITE, &bytes, &len);
    if (err == 0 && len) {
        *times += e->options->dry_run ? number_forms_count(e->forms, slice_of(bytes, len))
                                      : number_forms_blank(e->forms, bytes, len);
        if (!e->options->dry_run && msync(bytes, len, MS_SYNC) != 0)
            err = -errno;
        munmap(bytes, len);
    }
    close(fd);
    return err;
}

int erase_files_names(const struct erase *e, const char *path, bool *names)
{
    int err, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *bytes;
    size_t len;

    *names = false;
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    err = map_file(fd, PROT_READ, &bytes, &len);
    if (err == 0 && len) {
        *names = number_forms_count(e->forms, slice_of(bytes, len)) > 0;
        munmap(bytes, len);
    }
    close(fd);
    return err;
}

/* A database that was set aside because it was damaged: nobody can take a row out of it. */
int erase_files_set_aside(struct erase *e, int32_t day)
{
    char folder[STORE_PATH_MAX], path[STORE_PATH_MAX + 300];
    struct dirent *entry;
    DIR *dir;
    int err = store_dir_path(folder, e->dir, day, NULL);

    if (err)
        return err;
    dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        bool names;

        if (!slice_starts_with(slice_of_text(entry->d_name), SLICE(DAY_DB_FILE ".damaged-")))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        err = erase_files_names(e, path, &names);
        if (err || !names)
            continue;
        e->result->set_aside++;
        if (!e->options->dry_run && unlink(path) != 0)
            err = -errno;
    }
    closedir(dir);
    return err;
}

static int drop_pins(struct erase *e, int32_t day)
{
    uint64_t *calls = NULL;
    size_t count = 0;
    int err = pins_of_day(e->dir, day, &calls, &count);

    for (size_t i = 0; err == 0 && i < count; i++) {
        if (!erase_has_id(e, calls[i]))
            continue;
        e->result->pins++;
        if (!e->options->dry_run)
            err = pins_remove(e->dir, calls[i]);
    }
    free(calls);
    return err == -ENOENT ? 0 : err;
}

/* Others' pins may say why, and name it. */
int erase_files_pins(struct erase *e, int32_t day)
{
    char folder[STORE_PATH_MAX], path[STORE_PATH_MAX + 300];
    struct dirent *entry;
    uint64_t times = 0;
    DIR *dir;
    int err = drop_pins(e, day);

    if (err == 0)
        err = store_dir_path(folder, e->dir, day, "pins");
    if (err)
        return err;
    dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        err = mask_file(e, path, &times);
    }
    closedir(dir);
    e->result->rows_masked += times;
    return err;
}

int erase_files_audit(struct erase *e)
{
    return erase_audit(e->dir, e->forms, e->options->dry_run ? ERASE_AUDIT_COUNT : ERASE_AUDIT_NOW,
                       &e->result->audit_lines);
}

/* As long as another process has it open, a database in WAL mode gives nobody an exclusive lock. */
static int mask_state(struct erase *e, sqlite3 *db)
{
    int err;

    sqlite3_busy_timeout(db, 500);
    if (sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", NULL, NULL,
                     NULL) != SQLITE_OK)
        return day_db_errno(db);
    err = erase_rows_mask(e, db, &e->result->state_rows);
    return err ? err : erase_rows_compact(db);
}

int erase_files_state(struct erase *e)
{
    char path[STORE_PATH_MAX];
    sqlite3 *db = NULL;
    int err;

    if ((size_t)snprintf(path, sizeof path, "%s/state.sqlite", e->dir) >= sizeof path)
        return -ENAMETOOLONG;
    if (access(path, F_OK) != 0 || e->options->dry_run)
        return 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
        err = db ? day_db_errno(db) : -ENOMEM;
    else
        err = mask_state(e, db);
    sqlite3_close_v2(db);
    e->result->is_state_held = err == -EBUSY;
    return err == -EBUSY ? 0 : err;
}
