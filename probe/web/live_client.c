#include "probe/web/live_client.h"

#include "analyzer/base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* In one go as much as the probe keeps back for a reader; no more, so that a fast one does not keep the
 * service thread from its clients. */
enum { READS_MAX = 64, READ_BYTES = 16 * 1024 };

int live_client_connect(const char *store_dir)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int n = snprintf(to.sun_path, sizeof to.sun_path, "%s/live.sock", store_dir);
    int fd, err;

    if (n < 0 || (size_t)n >= sizeof to.sun_path)
        return -ENAMETOOLONG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

int live_client_init(struct live_client *c)
{
    char *line = malloc(LIVE_LINE_MAX_BYTES);

    if (!line)
        return -ENOMEM;
    *c = (struct live_client){ .line = line };
    return 0;
}

void live_client_fini(struct live_client *c)
{
    free(c->line);
    *c = (struct live_client){ 0 };
}

void live_client_reset(struct live_client *c)
{
    c->len = 0;
    c->skipping = false;
}

static bool is_object_text(struct slice s)
{
    uint32_t code;

    if (s.len < 2 || s.p[0] != '{' || s.p[s.len - 1] != '}')
        return false;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = utf8_decode(s.p + i, s.len - i, &code);
        if (n == 0)
            return false;
    }
    return true;
}

static void end_line(struct live_client *c, live_line_fn line, void *ctx)
{
    struct slice s = slice_of(c->line, c->len);

    if (c->skipping || (s.len && !is_object_text(s)))
        c->refused++;
    else if (s.len)
        line(ctx, s);
    live_client_reset(c);
}

void live_client_feed(struct live_client *c, struct slice bytes, live_line_fn line, void *ctx)
{
    while (bytes.len) {
        size_t part = slice_find(bytes, '\n');
        bool ended = part < bytes.len;

        if (part > LIVE_LINE_MAX_BYTES - c->len)
            c->skipping = true;
        if (!c->skipping) {
            memcpy(c->line + c->len, bytes.p, part);
            c->len += part;
        }
        if (ended)
            end_line(c, line, ctx);
        part += ended;
        bytes.p += part;
        bytes.len -= part;
    }
}

int live_client_read(struct live_client *c, int fd, live_line_fn line, void *ctx)
{
    char bytes[READ_BYTES];

    for (int i = 0; i < READS_MAX; i++) {
        ssize_t n = read(fd, bytes, sizeof bytes);

        if (n == 0)
            return -EPIPE;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n < 0)
            return -errno;
        live_client_feed(c, slice_of(bytes, (size_t)n), line, ctx);
    }
    return 0;
}
