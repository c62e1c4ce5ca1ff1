#define _GNU_SOURCE /* memrchr */
#include "storage/audit/audit_scan.h"

#include "storage/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int audit_scan_init(struct audit_scan *s, int fd)
{
    struct stat st;

    *s = (struct audit_scan){ .fd = fd };
    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    s->window = malloc(AUDIT_WINDOW_BYTES);
    s->size = (uint64_t)st.st_size;
    return s->window ? 0 : -ENOMEM;
}

/* Its size is asked for when nobody writes: a line in the writing would pass for a torn one. */
static int lock_shared(int fd)
{
    int err;

    do {
        err = flock(fd, LOCK_SH);
    } while (err != 0 && errno == EINTR);
    return err == 0 ? 0 : -errno;
}

int audit_scan_open(struct audit_scan *s, const char *store_dir)
{
    char path[STORE_PATH_MAX];
    int err, fd, n = snprintf(path, sizeof path, "%s/audit.jsonl", store_dir);

    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    err = lock_shared(fd);
    if (err == 0) {
        err = audit_scan_init(s, fd);
        flock(fd, LOCK_UN);
    }
    if (err)
        close(fd);
    else
        s->owns = true;
    return err;
}

void audit_scan_close(struct audit_scan *s)
{
    free(s->window);
    s->window = NULL;
    if (s->owns)
        close(s->fd);
    s->owns = false;
}

/* The window from there on, as far as the file goes. */
static int fill(struct audit_scan *s, uint64_t at)
{
    uint64_t left = s->size - at;
    size_t want = left < AUDIT_WINDOW_BYTES ? (size_t)left : AUDIT_WINDOW_BYTES;

    s->at = at;
    s->len = 0;
    while (s->len < want) {
        ssize_t n = pread(s->fd, s->window + s->len, want - s->len, (off_t)(at + s->len));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0) { /* it was cut meanwhile */
            s->size = at + s->len;
            break;
        }
        s->len += (size_t)n;
    }
    return 0;
}

static void lend(struct audit_scan *s, uint64_t from, uint64_t to, bool has_end)
{
    s->offset = from;
    s->text = slice_of(s->window + (from - s->at), (size_t)(to - from));
    s->has_end = has_end;
}

/* The end of the line at the position, in the window. */
static const char *find_end(const struct audit_scan *s)
{
    const char *begin;

    if (s->position < s->at || s->position >= s->at + s->len)
        return NULL;
    begin = s->window + (s->position - s->at);
    return memchr(begin, '\n', (size_t)(s->window + s->len - begin));
}

int audit_scan_next(struct audit_scan *s)
{
    const char *end = find_end(s);
    uint64_t to;
    int err;

    if (s->position >= s->size)
        return 0;
    if (!end) {
        err = fill(s, s->position);
        if (err)
            return err;
        if (s->len == 0)
            return 0;
        end = find_end(s);
    }
    to = s->at + (end ? (size_t)(end - s->window) : s->len);
    lend(s, s->position, to, end != NULL);
    s->position = to + (end != NULL);
    return 1;
}

int audit_scan_previous(struct audit_scan *s)
{
    uint64_t end = s->position, from;
    const char *before = NULL;
    bool has_end;

    if (end == 0)
        return 0;
    for (int tries = 0; tries < 2; tries++) {
        bool in_window = s->len && end > s->at && end <= s->at + s->len;

        /* The '\n' before its own. */
        if (in_window && end - 1 > s->at)
            before = memrchr(s->window, '\n', (size_t)(end - 1 - s->at));
        if (before || (in_window && s->at == 0))
            break;
        if (tries == 0) {
            int err = fill(s, end > AUDIT_WINDOW_BYTES ? end - AUDIT_WINDOW_BYTES : 0);

            if (err)
                return err;
            if (s->at + s->len < end)
                return -EIO;
        }
    }
    from = before ? s->at + (size_t)(before + 1 - s->window) : s->at;
    has_end = s->window[end - 1 - s->at] == '\n';
    lend(s, from, end - has_end, has_end);
    s->position = from;
    return 1;
}
