/*
 * A small day of the pinned calls is built aside, then exchanged with the day itself: others see the
 * one or the other.
 */
#define _GNU_SOURCE /* renameat2 */
#include "storage/upkeep/day_removal.h"

#include "analyzer/base/log.h"
#include "storage/packets/packet_log.h"
#include "storage/store_dir.h"
#include "storage/upkeep/kept_chunks.h"
#include "storage/upkeep/kept_day.h"
#include "storage/upkeep/packet_removal.h"
#include "storage/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRASH_TRIES = 1000 };

#define TRASH    ".trash-"
#define BUILDING ".building"
#define KEPT     ".kept-"

bool day_removal_goes_on(const struct day_removal *r, const char *step)
{
    return !r->goes_on || r->goes_on(r->ctx, step);
}

/* --- folders that nobody looks into -------------------------------------------------------------- */

static int store_path(char out[STORE_PATH_MAX], const struct day_removal *r, const char *format,
                      const char *name, int n)
{
    char tail[STORE_NAME_MAX];
    int len;

    if (n)
        snprintf(tail, sizeof tail, "%s%s-%d", format, name, n);
    else
        snprintf(tail, sizeof tail, "%s%s", format, name);
    len = snprintf(out, STORE_PATH_MAX, "%s/%s", r->store_dir, tail);
    return len < 0 || len >= STORE_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Out of sight, under a name that nothing has yet. */
static int throw_away(const struct day_removal *r, const char *path, int32_t day)
{
    char name[16] = "", trash[STORE_PATH_MAX];
    int err = store_dir_day_name(day, name) ? 0 : -EINVAL;

    for (int n = 1; n < TRASH_TRIES && err == 0; n++) {
        err = store_path(trash, r, TRASH, name, n);
        if (err == 0 && renameat2(AT_FDCWD, path, AT_FDCWD, trash, RENAME_NOREPLACE) == 0)
            return 0;
        if (err == 0 && errno != EEXIST)
            err = -errno;
    }
    return err ? err : -EEXIST;
}

/* Everything below a folder, and the folder. Two levels are all there is: a day and its pins. */
static int unlink_tree(const struct day_removal *r, int at, const char *name, int depth)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
    struct dirent *entry;
    DIR *dir;

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    dir = fdopendir(fd);
    if (!dir) {
        err = -errno;
        close(fd);
        return err;
    }
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!day_removal_goes_on(r, "unlink"))
            err = -EINTR;
        else if (unlinkat(fd, entry->d_name, 0) != 0 && errno != ENOENT)
            err = errno == EISDIR && depth > 0 ? unlink_tree(r, fd, entry->d_name, depth - 1)
                                               : -errno;
    }
    closedir(dir);
    if (err)
        return err;
    return unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

/* The small day was whole, and the day is gone: between two renames, where a file system cannot
 * exchange two names. */
static int put_kept_day(const struct day_removal *r, int at, const char *name)
{
    const char *day = name + sizeof KEPT - 1;

    if (renameat2(at, name, at, day, RENAME_NOREPLACE) == 0) {
        log_warn("retention: %s/%s, of pinned calls alone, was left aside and is back",
                 r->store_dir, day);
        return 0;
    }
    return errno == EEXIST ? unlink_tree(r, at, name, 2) : -errno;
}

int day_removal_clean(const struct day_removal *r)
{
    int at = open(r->store_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
    struct dirent *entry;
    DIR *dir;

    if (at < 0)
        return -errno;
    dir = fdopendir(at);
    if (!dir) {
        err = -errno;
        close(at);
        return err;
    }
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        struct slice name = slice_of_text(entry->d_name);

        if (slice_starts_with(name, SLICE(TRASH)) || slice_eq(name, SLICE(BUILDING)))
            err = unlink_tree(r, at, entry->d_name, 2);
        else if (slice_starts_with(name, SLICE(KEPT)))
            err = put_kept_day(r, at, entry->d_name);
    }
    closedir(dir);
    return err;
}

/* --- a day -------------------------------------------------------------------------------------- */

struct day_move {
    const struct day_removal *r;
    int32_t day;
    bool has_kept; /* a small day stands ready to take its place */
};

/* Not by which the writer has the day open. */
static int move_day(void *ctx, struct sqlite3 *db)
{
    struct day_move *m = ctx;
    char path[STORE_PATH_MAX], kept[STORE_PATH_MAX], name[16] = "";
    int err = store_dir_path(path, m->r->store_dir, m->day, NULL);

    (void)db;
    store_dir_day_name(m->day, name);
    if (err == 0)
        err = store_path(kept, m->r, KEPT, name, 0);
    if (err)
        return err;
    if (!day_removal_goes_on(m->r, "move"))
        return -EINTR;
    if (!m->has_kept)
        return throw_away(m->r, path, m->day);
    if (renameat2(AT_FDCWD, kept, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
        if (!day_removal_goes_on(m->r, "exchanged"))
            return -EINTR;
        return throw_away(m->r, kept, m->day);
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    err = throw_away(m->r, path, m->day);
    if (err == 0 && !day_removal_goes_on(m->r, "between"))
        return -EINTR;
    if (err == 0 && rename(kept, path) != 0)
        err = -errno;
    return err;
}

/* The pinned calls of it, aside: 0 with m->has_kept when there are some. */
static int build_kept(const struct day_removal *r, int32_t day, const struct kept_ids *ids,
                      struct day_move *m)
{
    char dir[STORE_PATH_MAX], built[STORE_PATH_MAX], kept[STORE_PATH_MAX], name[16] = "";
    bool has_some = false;
    int err = store_path(dir, r, BUILDING, "", 0);

    store_dir_day_name(day, name);
    if (err == 0)
        err = store_path(kept, r, KEPT, name, 0);
    if (err == 0 && mkdir(dir, 0700) != 0 && errno != EEXIST)
        err = -errno;
    if (err == 0)
        err = kept_day_build(r->store_dir, dir, day, ids, &has_some);
    if (err || !has_some)
        return err;
    if (!day_removal_goes_on(r, "built"))
        return -EINTR;
    err = store_dir_path(built, dir, day, NULL);
    if (err == 0 && rename(built, kept) != 0)
        err = -errno;
    m->has_kept = err == 0;
    return err;
}

static void measure(const struct day_removal *r, int32_t day, struct day_removed *removed, int sign)
{
    struct store_day d;

    if (store_size_read_day(r->store_dir, day, &d) != 0)
        return;
    for (int k = 0; k < STORE_KINDS; k++)
        removed->bytes[k] += sign * d.bytes[k];
}

int day_removal_day(const struct day_removal *r, int32_t day, struct day_removed *removed)
{
    struct day_move move = { .r = r, .day = day };
    struct kept_ids ids = { .count = 0 };
    int err, clean_err;

    *removed = (struct day_removed){ .is_settled = false };
    if (r->log)
        packet_log_seal_day(r->log, day);
    err = packet_removal_is_quiet(r, day);
    if (err == 0)
        err = day_removal_clean(r);
    if (err == 0)
        err = kept_ids_read(&ids, r->store_dir, day);
    if (err == 0 && ids.count)
        err = kept_day_is_settled(r->store_dir, day, &ids, &removed->is_settled);
    if (err || removed->is_settled)
        goto fini_ids;
    measure(r, day, removed, 1);
    if (ids.count)
        err = build_kept(r, day, &ids, &move);
    if (err == 0)
        err =
            r->writer ? writer_run_closed(r->writer, day, move_day, &move) : move_day(&move, NULL);
    if (err)
        *removed = (struct day_removed){ .is_settled = false };
    else
        measure(r, day, removed, -1);
    if (err != -EINTR) {
        clean_err = day_removal_clean(r);
        if (clean_err && clean_err != -EINTR)
            log_warn("retention: %s: what was removed is still there: %s", r->store_dir,
                     strerror(-clean_err));
    }

fini_ids:
    kept_ids_fini(&ids);
    return err;
}
