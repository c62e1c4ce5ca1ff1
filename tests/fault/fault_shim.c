/*
 * fault_shim - a library to be preloaded: lets calls of the program under test fail, or be slow, and
 * keeps a log of what it has the disk do.
 *
 *     FAULT_STORE=DIR     calls on files below DIR alone are counted, failed, delayed, logged
 *     FAULT_KIND=KIND     alloc write sync name (creating, renaming, removing, making a folder)
 *     FAULT_AT=N          the N-th of that kind fails, counted from 1
 *     FAULT_MORE=N        and so do the N after it; "all": every one
 *     FAULT_ERROR=NAME    ENOSPC (default), EIO, or short: half of what was to be written is
 *     FAULT_DELAY_MS=N    every sync takes so much longer
 *     FAULT_COUNT=FILE    how often each kind was called, "KIND N" a line, written when it exits
 *     FAULT_LOG=FILE      the log: see fault_log.h
 *
 * Of allocations those alone count that the program itself asks for, or SQLite: what other libraries
 * do without memory is theirs to know.
 */
#define _GNU_SOURCE
#include "tests/fault/fault_log.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { FDS_MAX = 1024, EARLY_BYTES = 1 << 16, RANGES_MAX = 16 };

enum kind { ALLOC, WRITE, SYNC, NAME, KINDS };

static const char *const kind_names[KINDS] = { "alloc", "write", "sync", "name" };

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void (*free)(void *);
    size_t (*malloc_usable_size)(void *);
    int (*open)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    int (*close)(int);
    int (*dup)(int);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    int (*ftruncate)(int, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*rename)(const char *, const char *);
    int (*unlink)(const char *);
    int (*mkdir)(const char *, mode_t);
    int (*rmdir)(const char *);
} next;

static char early[EARLY_BYTES]; /* what the loader's own looking-up asks for */
static size_t early_used;
static bool ready, is_looking;

static _Atomic long calls[KINDS];
static const char *store;
static size_t store_len;
static int fault_kind = -1, fault_errno, log_fd = -1;
static long fault_at, fault_more, delay_ms;
static bool is_short;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the paths and the log */
static char *paths[FDS_MAX];                             /* below the store; NULL: another file */

static struct {
    uintptr_t from, to;
} ranges[RANGES_MAX];
static int range_count;

/* --- when ----------------------------------------------------------------------------------- */

static bool is_due(enum kind kind)
{
    long n = atomic_fetch_add(&calls[kind], 1) + 1;

    return fault_kind == (int)kind && n >= fault_at &&
           (fault_more < 0 || n <= fault_at + fault_more);
}

/* The program itself, and SQLite. */
static int note_ranges(struct dl_phdr_info *info, size_t size, void *ctx)
{
    bool first = ctx && range_count == 0;

    (void)size;
    if (!first && !strstr(info->dlpi_name, "libsqlite3"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum && range_count < RANGES_MAX; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];

        if (h->p_type != PT_LOAD || !(h->p_flags & PF_X))
            continue;
        ranges[range_count].from = info->dlpi_addr + h->p_vaddr;
        ranges[range_count++].to = info->dlpi_addr + h->p_vaddr + h->p_memsz;
    }
    return 0;
}

static bool counts(const void *caller)
{
    for (int i = 0; i < range_count; i++) {
        if ((uintptr_t)caller >= ranges[i].from && (uintptr_t)caller < ranges[i].to)
            return true;
    }
    return false;
}

/* --- the start ------------------------------------------------------------------------------ */

static long number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);

    if (text && strcmp(text, "all") == 0)
        return -1;
    return text ? strtol(text, NULL, 10) : otherwise;
}

#define LOOK_UP(name)                                                                              \
    do {                                                                                           \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        memcpy(&next.name, &found, sizeof found);                                                  \
    } while (0)

/* By the first call of all, which is another library's, before `start`. */
static void look_up(void)
{
    if (ready || is_looking)
        return;
    is_looking = true;
    LOOK_UP(malloc);
    LOOK_UP(calloc);
    LOOK_UP(realloc);
    LOOK_UP(aligned_alloc);
    LOOK_UP(free);
    LOOK_UP(malloc_usable_size);
    LOOK_UP(open);
    LOOK_UP(openat);
    LOOK_UP(close);
    LOOK_UP(dup);
    LOOK_UP(write);
    LOOK_UP(pwrite);
    LOOK_UP(ftruncate);
    LOOK_UP(fallocate);
    LOOK_UP(fsync);
    LOOK_UP(fdatasync);
    LOOK_UP(rename);
    LOOK_UP(unlink);
    LOOK_UP(mkdir);
    LOOK_UP(rmdir);
    ready = true;
}

static void read_environment(void)
{
    const char *kind = getenv("FAULT_KIND"), *error = getenv("FAULT_ERROR"),
               *log = getenv("FAULT_LOG");

    store = getenv("FAULT_STORE");
    store_len = store ? strlen(store) : 0;
    for (int i = 0; kind && i < KINDS; i++) {
        if (strcmp(kind, kind_names[i]) == 0)
            fault_kind = i;
    }
    fault_at = number_of("FAULT_AT", 1);
    fault_more = number_of("FAULT_MORE", 0);
    delay_ms = number_of("FAULT_DELAY_MS", 0);
    is_short = error && strcmp(error, "short") == 0;
    fault_errno = error && strcmp(error, "EIO") == 0 ? EIO : ENOSPC;
    if (log)
        log_fd = next.open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((constructor)) static void start(void)
{
    look_up();
    dl_iterate_phdr(note_ranges, &ranges);
    read_environment();
}

__attribute__((destructor)) static void finish(void)
{
    const char *path = getenv("FAULT_COUNT");
    int fd = path ? next.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    char line[64];

    if (fd < 0)
        return;
    for (int i = 0; i < KINDS; i++) {
        int n = snprintf(line, sizeof line, "%s %ld\n", kind_names[i], calls[i]);

        if (next.write(fd, line, (size_t)n) != n)
            break;
    }
    next.close(fd);
}

/* --- the log -------------------------------------------------------------------------------- */

/* Under `lock`. */
static void put(enum fault_op op, const char *path, const char *to, uint64_t offset,
                const void *bytes, size_t len)
{
    struct fault_record r = { .op = (uint32_t)op,
                              .path_bytes = (uint32_t)strlen(path) + 1,
                              .offset = offset,
                              .bytes = to ? strlen(to) + 1 : len };

    if (log_fd < 0)
        return;
    if (next.write(log_fd, &r, sizeof r) < 0 || next.write(log_fd, path, r.path_bytes) < 0 ||
        (r.bytes && (to || bytes) && next.write(log_fd, to ? to : bytes, r.bytes) < 0))
        abort();
}

/* The path below the store; NULL: another. */
static const char *below(const char *path)
{
    if (!store || strncmp(path, store, store_len) != 0 ||
        (path[store_len] != '/' && path[store_len] != '\0'))
        return NULL;
    return path[store_len] ? path + store_len + 1 : ".";
}

static const char *path_of(int fd)
{
    return fd >= 0 && fd < FDS_MAX ? paths[fd] : NULL;
}

static void remember(int fd, const char *path)
{
    size_t len = path ? strlen(path) + 1 : 0;

    if (fd < 0 || fd >= FDS_MAX)
        return;
    next.free(paths[fd]);
    paths[fd] = path ? next.malloc(len) : NULL;
    if (paths[fd])
        memcpy(paths[fd], path, len);
}

static int fail(void)
{
    errno = fault_errno;
    return -1;
}

/* --- memory --------------------------------------------------------------------------------- */

static void *take_early(size_t size)
{
    size_t at = (early_used + 15) & ~(size_t)15;

    if (at + size > sizeof early)
        abort();
    early_used = at + size;
    return early + at;
}

static bool is_early(const void *p)
{
    return (const char *)p >= early && (const char *)p < early + sizeof early;
}

static bool alloc_is_due(const void *caller)
{
    if (!counts(caller) || !is_due(ALLOC))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    look_up();
    if (!ready)
        return take_early(size);
    return alloc_is_due(__builtin_return_address(0)) ? NULL : next.malloc(size);
}

void *calloc(size_t count, size_t size)
{
    look_up();
    if (!ready)
        return take_early(count * size); /* never used before, so zero */
    return alloc_is_due(__builtin_return_address(0)) ? NULL : next.calloc(count, size);
}

void *realloc(void *p, size_t size)
{
    look_up();
    if (!ready || is_early(p)) {
        void *fresh = ready ? next.malloc(size) : take_early(size);

        if (p && fresh)
            memcpy(fresh, p, size); /* of early memory: reads behind it, within it */
        return fresh;
    }
    return alloc_is_due(__builtin_return_address(0)) ? NULL : next.realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    look_up();
    return alloc_is_due(__builtin_return_address(0)) ? NULL : next.aligned_alloc(alignment, size);
}

void free(void *p)
{
    if (!is_early(p) && ready)
        next.free(p);
}

/* --- names ---------------------------------------------------------------------------------- */

static int open_file(int dir, const char *path, int flags, mode_t mode, bool at)
{
    const char *name = dir == AT_FDCWD ? below(path) : NULL;
    bool is_new = false;
    struct stat st;
    int fd;

    look_up();
    if (name && (flags & O_CREAT)) {
        if (is_due(NAME))
            return fail();
        is_new = stat(path, &st) != 0;
    }
    fd = at ? next.openat(dir, path, flags, mode) : next.open(path, flags, mode);
    if (fd < 0)
        return fd;
    pthread_mutex_lock(&lock);
    remember(fd, name);
    if (name && is_new)
        put(FAULT_CREATE, name, NULL, 0, NULL, 0);
    else if (name && (flags & O_TRUNC))
        put(FAULT_TRUNCATE, name, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define TAKE_MODE(flags, mode)                                                                     \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        if ((flags) & (O_CREAT | O_TMPFILE))                                                       \
            (mode) = va_arg(arguments, mode_t);                                                    \
        va_end(arguments);                                                                         \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_file(AT_FDCWD, path, flags, mode, false);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_file(AT_FDCWD, path, flags, mode, false);
}

int openat(int dir, const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_file(dir, path, flags, mode, true);
}

int close(int fd)
{
    look_up();
    pthread_mutex_lock(&lock);
    remember(fd, NULL);
    pthread_mutex_unlock(&lock);
    return next.close(fd);
}

int dup(int fd)
{
    int copy = next.dup(fd);

    pthread_mutex_lock(&lock);
    remember(copy, path_of(fd));
    pthread_mutex_unlock(&lock);
    return copy;
}

int rename(const char *from, const char *to)
{
    const char *name = below(from), *fresh = below(to);
    int result;

    if (name && is_due(NAME))
        return fail();
    pthread_mutex_lock(&lock);
    result = next.rename(from, to);
    if (result == 0 && name && fresh)
        put(FAULT_RENAME, name, fresh, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

static int change_name(enum fault_op op, const char *path, int (*change)(const char *))
{
    const char *name = below(path);
    int result;

    if (name && is_due(NAME))
        return fail();
    pthread_mutex_lock(&lock);
    result = change(path);
    if (result == 0 && name)
        put(op, name, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path)
{
    return change_name(FAULT_UNLINK, path, next.unlink);
}

int rmdir(const char *path)
{
    return change_name(FAULT_UNLINK, path, next.rmdir);
}

int mkdir(const char *path, mode_t mode)
{
    const char *name = below(path);
    int result;

    if (name && is_due(NAME))
        return fail();
    pthread_mutex_lock(&lock);
    result = next.mkdir(path, mode);
    if (result == 0 && name)
        put(FAULT_MKDIR, name, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

/* --- bytes ---------------------------------------------------------------------------------- */

/* 1: go on; else what the call says. */
static ssize_t before_write(const char *name, size_t *len)
{
    if (!name || !is_due(WRITE))
        return 1;
    if (!is_short || *len < 2)
        return fail();
    *len /= 2;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    const char *name = path_of(fd);
    ssize_t done;
    off_t at;

    if (!name)
        return next.write(fd, bytes, len);
    if (before_write(name, &len) != 1)
        return -1;
    pthread_mutex_lock(&lock);
    done = next.write(fd, bytes, len);
    at = lseek(fd, 0, SEEK_CUR);
    if (done > 0)
        put(FAULT_WRITE, name, NULL, (uint64_t)(at - done), bytes, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    const char *name = path_of(fd);
    ssize_t done;

    if (!name)
        return next.pwrite(fd, bytes, len, offset);
    if (before_write(name, &len) != 1)
        return -1;
    pthread_mutex_lock(&lock);
    done = next.pwrite(fd, bytes, len, offset);
    if (done > 0)
        put(FAULT_WRITE, name, NULL, (uint64_t)offset, bytes, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
    return pwrite(fd, bytes, len, offset);
}

int ftruncate(int fd, off_t size)
{
    const char *name = path_of(fd);
    int result;

    if (name && is_due(WRITE))
        return fail();
    pthread_mutex_lock(&lock);
    result = next.ftruncate(fd, size);
    if (result == 0 && name)
        put(FAULT_TRUNCATE, name, NULL, (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    if (path_of(fd) && is_due(WRITE))
        return fail();
    return next.fallocate(fd, mode, offset, len);
}

int fallocate64(int fd, int mode, off_t offset, off_t len)
{
    return fallocate(fd, mode, offset, len);
}

/* Written down before it is done: what came after is not promised by it. */
static int sync_file(int fd, int (*sync)(int))
{
    const char *name = path_of(fd);
    struct timespec delay = { delay_ms / 1000, delay_ms % 1000 * 1000000 };
    int result;

    if (!name)
        return sync(fd);
    if (delay_ms)
        nanosleep(&delay, NULL);
    if (is_due(SYNC))
        return fail();
    pthread_mutex_lock(&lock);
    put(FAULT_SYNC, name, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    result = log_fd >= 0 ? 0 : sync(fd); /* who keeps a log does not need the disk */
    return result;
}

int fsync(int fd)
{
    return sync_file(fd, next.fsync);
}

int fdatasync(int fd)
{
    return sync_file(fd, next.fdatasync);
}
