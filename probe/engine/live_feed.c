#include "probe/engine/live_feed.h"

#include "analyzer/base/log.h"
#include "analyzer/base/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Below this a line waits for the next poll, so that many leave in one call. */
enum { SEND_AT_BYTES = 64 * 1024, ACCEPTS_MAX = 8, SOCKET_MODE = 0600 };

struct reader {
    int fd;                /* −1: free */
    struct strbuf backlog; /* whole lines; the first `sent` bytes have gone */
    size_t sent;
    uint64_t dropped; /* lines since the backlog was full, not yet told */
};

struct live_feed {
    int fd;
    struct sockaddr_un at;
    struct stat file; /* which one is ours */
    size_t reader_count;
    struct reader readers[LIVE_FEED_READERS_MAX];
};

/* ---- the socket file ---- */

static bool someone_listens(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool connected;

    if (fd < 0)
        return true; /* not known: touch nothing */
    connected = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN;
    close(fd);
    return connected;
}

static int bind_fresh(int fd, const struct sockaddr_un *at)
{
    struct stat st;

    if (bind(fd, (const struct sockaddr *)at, sizeof *at) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return -errno;
    if (lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return -EEXIST;
    if (someone_listens(at))
        return -EADDRINUSE;
    log_info("live_feed: replacing the socket of a run that has ended");
    if (unlink(at->sun_path) != 0 || bind(fd, (const struct sockaddr *)at, sizeof *at) != 0)
        return -errno;
    return 0;
}

int live_feed_open(struct live_feed **fp, const char *store_dir)
{
    struct live_feed *f = calloc(1, sizeof *f);
    int n, err;

    if (!f)
        return -ENOMEM;
    for (size_t i = 0; i < LIVE_FEED_READERS_MAX; i++)
        f->readers[i].fd = -1;
    f->at.sun_family = AF_UNIX;
    n = snprintf(f->at.sun_path, sizeof f->at.sun_path, "%s/live.sock", store_dir);
    err = -ENAMETOOLONG;
    if (n < 0 || (size_t)n >= sizeof f->at.sun_path)
        goto free_feed;
    f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    err = -errno;
    if (f->fd < 0)
        goto free_feed;
    err = bind_fresh(f->fd, &f->at);
    if (err)
        goto close_socket;
    if (chmod(f->at.sun_path, SOCKET_MODE) != 0 || listen(f->fd, LIVE_FEED_READERS_MAX) != 0 ||
        stat(f->at.sun_path, &f->file) != 0) {
        err = -errno;
        goto remove_file;
    }
    *fp = f;
    return 0;

remove_file:
    unlink(f->at.sun_path);
close_socket:
    close(f->fd);
free_feed:
    free(f);
    return err;
}

/* ---- readers ---- */

static void drop_reader(struct live_feed *f, struct reader *r)
{
    close(r->fd);
    strbuf_fini(&r->backlog);
    *r = (struct reader){ .fd = -1 };
    f->reader_count--;
}

void live_feed_close(struct live_feed *f)
{
    struct stat st;

    if (!f)
        return;
    live_feed_poll(f);
    for (size_t i = 0; i < LIVE_FEED_READERS_MAX; i++) {
        if (f->readers[i].fd >= 0)
            drop_reader(f, &f->readers[i]);
    }
    /* Not that of somebody who has replaced it. */
    if (stat(f->at.sun_path, &st) == 0 && st.st_ino == f->file.st_ino &&
        st.st_dev == f->file.st_dev)
        unlink(f->at.sun_path);
    close(f->fd);
    free(f);
}

bool live_feed_has_readers(const struct live_feed *f)
{
    return f->reader_count > 0;
}

static void accept_readers(struct live_feed *f)
{
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        int fd = accept(f->fd, NULL, NULL);
        struct reader *slot = NULL;

        if (fd < 0)
            return;
        for (size_t r = 0; r < LIVE_FEED_READERS_MAX && !slot; r++)
            slot = f->readers[r].fd < 0 ? &f->readers[r] : NULL;
        if (!slot) {
            close(fd);
            continue;
        }
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        *slot = (struct reader){ .fd = fd, .backlog.max_bytes = LIVE_FEED_BACKLOG_BYTES };
        f->reader_count++;
    }
}

/* What has been sent leaves the buffer; not before it is worth moving the rest. */
static bool make_room(struct reader *r, size_t len)
{
    if (len <= LIVE_FEED_BACKLOG_BYTES - r->backlog.len)
        return true;
    if (r->sent < LIVE_FEED_BACKLOG_BYTES / 2)
        return false;
    memmove(r->backlog.p, r->backlog.p + r->sent, r->backlog.len - r->sent);
    strbuf_chop(&r->backlog, r->sent);
    r->sent = 0;
    return len <= LIVE_FEED_BACKLOG_BYTES - r->backlog.len;
}

static void flush(struct live_feed *f, struct reader *r)
{
    while (r->sent < r->backlog.len) {
        ssize_t n = send(r->fd, r->backlog.p + r->sent, r->backlog.len - r->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0) {
            drop_reader(f, r);
            return;
        }
        r->sent += (size_t)n;
    }
    if (r->sent == r->backlog.len) {
        strbuf_reset(&r->backlog);
        r->sent = 0;
    }
}

/* ---- lines ---- */

static bool add_line(struct reader *r, struct slice line)
{
    size_t before;
    bool added;

    if (line.len >= LIVE_FEED_BACKLOG_BYTES || !make_room(r, line.len + 1))
        return false;
    before = r->backlog.len;
    strbuf_add_slice(&r->backlog, line);
    strbuf_add_char(&r->backlog, '\n');
    added = !r->backlog.failed;
    if (!added) { /* without memory: as it was, whole lines only */
        strbuf_chop(&r->backlog, r->backlog.len - before);
        r->backlog.failed = false;
    }
    return added;
}

/* True when nothing is left to be told. */
static bool tell_dropped(struct reader *r)
{
    char text[80];
    int n;

    if (r->dropped == 0)
        return true;
    n = snprintf(text, sizeof text, "{\"type\":\"dropped\",\"messages\":%" PRIu64 "}", r->dropped);
    if (n < 0 || !add_line(r, slice_of(text, (size_t)n)))
        return false;
    r->dropped = 0;
    return true;
}

void live_feed_publish(struct live_feed *f, struct slice json_line)
{
    for (size_t i = 0; f->reader_count && i < LIVE_FEED_READERS_MAX; i++) {
        struct reader *r = &f->readers[i];

        if (r->fd < 0)
            continue;
        if (!tell_dropped(r) || !add_line(r, json_line))
            r->dropped++;
        if (r->backlog.len - r->sent >= SEND_AT_BYTES)
            flush(f, r);
    }
}

void live_feed_poll(struct live_feed *f)
{
    accept_readers(f);
    for (size_t i = 0; f->reader_count && i < LIVE_FEED_READERS_MAX; i++) {
        struct reader *r = &f->readers[i];

        if (r->fd < 0)
            continue;
        flush(f, r);
        if (r->fd >= 0 && r->dropped && tell_dropped(r))
            flush(f, r);
    }
}
