#include "storage/upkeep/disk_reserve.h"

#include "analyzer/base/log.h"
#include "storage/store_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PLENTY = 16 /* times as much */ };

static bool make_path(char out[STORE_PATH_MAX], const char *store_dir)
{
    int n = snprintf(out, STORE_PATH_MAX, "%s/.reserve", store_dir);

    return n > 0 && n < STORE_PATH_MAX;
}

void disk_reserve_make(const char *store_dir, int64_t spare_bytes)
{
    char path[STORE_PATH_MAX];
    int fd;

    if (spare_bytes / PLENTY < DISK_RESERVE_BYTES || !make_path(path, store_dir))
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    /* Half of it would be half a promise. */
    if (posix_fallocate(fd, 0, DISK_RESERVE_BYTES) != 0)
        unlink(path);
    close(fd);
}

bool disk_reserve_release(const char *store_dir)
{
    char path[STORE_PATH_MAX];

    if (!make_path(path, store_dir) || unlink(path) != 0)
        return false;
    log_warn(
        "retention: %s: the disk is full to the last byte: the room that was set aside for this "
        "is used to make room",
        store_dir);
    return true;
}
