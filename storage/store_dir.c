#include "storage/store_dir.h"

#include "analyzer/base/log.h"
#include "analyzer/base/slice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct slice version_head = SLICE_INIT("earshot store ");

/* The version that the file names; 0 when it ends before it does (a probe was killed, or its disk was
 * full, right after it made the file); −EPROTO when it says something else. */
static int64_t read_version(int fd)
{
    char text[64];
    ssize_t n = pread(fd, text, sizeof text, 0);
    struct slice s;
    uint64_t version;

    if (n < 0)
        return -errno;
    s = slice_trim(slice_of(text, (size_t)n));
    if (s.len == 0 ||
        ((size_t)n < version_head.len && memcmp(text, version_head.p, (size_t)n) == 0))
        return 0;
    if (!slice_starts_with(s, version_head))
        return -EPROTO;
    s.p += version_head.len;
    s.len -= version_head.len;
    if (!slice_to_u64(s, INT32_MAX, &version) || version == 0)
        return -EPROTO;
    return (int64_t)version;
}

/* 0: good; 1: not written yet; or the errors of store_dir_open. */
static int check_version(const char *store_dir, int fd)
{
    int64_t version = read_version(fd);

    if (version > STORE_VERSION) {
        log_error("store: %s is of version %lld, made by a newer earshot; this one (%s) knows "
                  "version %d: use the newer earshot, or another --store",
                  store_dir, (long long)version, EARSHOT_VERSION, STORE_VERSION);
        return -EPROTO;
    }
    if (version == -EPROTO)
        log_error("store: %s/VERSION is not one of an earshot store: is this the right folder?",
                  store_dir);
    else if (version < 0)
        log_error("store: cannot read %s/VERSION: %s", store_dir, strerror((int)-version));
    if (version < 0)
        return (int)version;
    return version == 0;
}

static int version_path(char out[STORE_PATH_MAX], const char *store_dir)
{
    int n = snprintf(out, STORE_PATH_MAX, "%s/VERSION", store_dir);

    return n < 0 || n >= STORE_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Like mkdir -p: the folders above get the usual permissions, the store its own. */
static int make_folders(const char *store_dir)
{
    char path[STORE_PATH_MAX];
    size_t len = strlen(store_dir);

    if (len == 0 || len + STORE_NAME_MAX > sizeof path)
        return len ? -ENAMETOOLONG : -ENOENT;
    memcpy(path, store_dir, len + 1);
    for (size_t i = 1; i < len; i++) {
        if (path[i] != '/')
            continue;
        path[i] = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return -errno;
        path[i] = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -errno;
    return 0;
}

static int write_version(int fd)
{
    char line[64];
    int n = snprintf(line, sizeof line, "%s%d\n", version_head.p, STORE_VERSION);
    ssize_t written = pwrite(fd, line, (size_t)n, 0);

    if (written < 0)
        return -errno;
    return written == n ? 0 : -ENOSPC;
}

int store_dir_open(const char *store_dir, int *lock_fd)
{
    char path[STORE_PATH_MAX];
    int fd, err = make_folders(store_dir);

    if (err == 0)
        err = version_path(path, store_dir);
    if (err) {
        log_error("store: cannot make %s: %s", store_dir, strerror(-err));
        return err;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        err = -errno;
        log_error("store: cannot open %s: %s", path, strerror(-err));
        return err;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? -EBUSY : -errno;
        if (err == -EBUSY)
            log_error("store: another earshot is writing to %s: stop it, or use another --store",
                      store_dir);
        else
            log_error("store: cannot lock %s: %s", path, strerror(-err));
        goto close_fd;
    }
    err = check_version(store_dir, fd);
    if (err > 0) {
        err = write_version(fd);
        if (err)
            log_error("store: cannot write %s: %s", path, strerror(-err));
    }
    if (err)
        goto close_fd;
    *lock_fd = fd;
    return 0;

close_fd:
    close(fd);
    return err;
}

int store_dir_check(const char *store_dir)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    int fd, err;

    if (stat(store_dir, &st) != 0)
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return -ENOTDIR;
    err = version_path(path, store_dir);
    if (err)
        return err;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    err = check_version(store_dir, fd);
    close(fd);
    return err < 0 ? err : 0;
}

bool store_dir_day_name(int32_t day, char out[16])
{
    time_t at = (time_t)day * 86400;
    struct tm tm;

    if (day < 0 || !gmtime_r(&at, &tm) || tm.tm_year > 9999 - 1900)
        return false;
    return strftime(out, 16, "%Y-%m-%d", &tm) == 10;
}

int store_dir_path(char out[STORE_PATH_MAX], const char *store_dir, int32_t day, const char *file)
{
    char name[16];
    int n;

    if (!store_dir_day_name(day, name))
        return -EINVAL;
    n = snprintf(out, STORE_PATH_MAX, "%s/%s%s%s", store_dir, name, file ? "/" : "",
                 file ? file : "");
    return n < 0 || n >= STORE_PATH_MAX ? -ENAMETOOLONG : 0;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

    if (fd < 0)
        return -errno;
    /* Some file systems have nothing to say about folders. */
    if (fsync(fd) != 0 && errno != EINVAL)
        err = -errno;
    close(fd);
    return err;
}

int store_dir_sync_day(const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX];
    int err = store_dir_path(path, store_dir, day, NULL);

    if (err == 0)
        err = sync_folder(path);
    return err ? err : sync_folder(store_dir);
}

int store_dir_make_day(const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX];
    int32_t *days;
    size_t count;
    int err = store_dir_path(path, store_dir, day, NULL);

    if (err)
        return err;
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? 0 : -errno;
    /* Counted here alone, so that nothing needs to be remembered: a new day is rare. */
    err = store_dir_days(store_dir, &days, &count);
    if (err == 0) {
        free(days);
        if (count > STORE_DAYS_MAX)
            err = -EDQUOT;
    }
    if (err)
        rmdir(path);
    return err;
}

bool store_dir_parse_day(const char *name, int32_t *day)
{
    static const uint16_t before_month[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334
    };
    enum { DAYS_TO_1970 = 719527 }; /* by the formula below */
    struct slice text = slice_of_text(name);
    uint64_t year, month, date, leap_year;
    char again[16];

    if (text.len != 10 || !slice_to_u64(slice_of(name, 4), 9999, &year) ||
        !slice_to_u64(slice_of(name + 5, 2), 12, &month) ||
        !slice_to_u64(slice_of(name + 8, 2), 31, &date) || year < 1970 || month == 0 || date == 0)
        return false;
    leap_year = month > 2 ? year : year - 1; /* the last one whose 29 February is behind */
    *day = (int32_t)(year * 365 + leap_year / 4 - leap_year / 100 + leap_year / 400 +
                     before_month[month - 1] + date - 1) -
           DAYS_TO_1970;
    return store_dir_day_name(*day, again) && strcmp(again, name) == 0;
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

int store_dir_days(const char *store_dir, int32_t **days, size_t *count)
{
    DIR *dir = opendir(store_dir);
    struct dirent *entry;
    int32_t *list = NULL;
    size_t n = 0, room = 0;

    if (!dir)
        return -errno;
    while ((entry = readdir(dir)) != NULL) {
        int32_t day;

        if (!store_dir_parse_day(entry->d_name, &day))
            continue;
        if (n == room) {
            int32_t *grown = realloc(list, (room = room ? room * 2 : 32) * sizeof *list);

            if (!grown) {
                free(list);
                closedir(dir);
                return -ENOMEM;
            }
            list = grown;
        }
        list[n++] = day;
    }
    closedir(dir);
    if (n)
        qsort(list, n, sizeof *list, by_number);
    *days = list;
    *count = n;
    return 0;
}
