#include "probe/web/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

bool files_name(struct slice path, char out[EXCHANGE_PATH_MAX])
{
    struct slice rest = path;

    if (path.len == 0 || path.p[0] != '/' || path.len >= EXCHANGE_PATH_MAX)
        return false;
    rest.p++;
    rest.len--;
    if (rest.len == 0)
        rest = SLICE("index.html");
    memcpy(out, rest.p, rest.len);
    out[rest.len] = '\0';
    if (rest.p[rest.len - 1] == '/')
        return false;
    while (rest.len) {
        struct slice part = slice_cut(&rest, '/');

        if (part.len == 0 || part.p[0] == '.')
            return false;
        for (size_t i = 0; i < part.len; i++) {
            if (!is_name_char(part.p[i]))
                return false;
        }
    }
    return true;
}

const char *files_content_type(struct slice name)
{
    static const struct {
        struct slice extension;
        const char *type;
    } types[] = {
        { SLICE_INIT("html"), "text/html; charset=utf-8" },
        { SLICE_INIT("js"), "text/javascript; charset=utf-8" },
        { SLICE_INIT("mjs"), "text/javascript; charset=utf-8" },
        { SLICE_INIT("css"), "text/css; charset=utf-8" },
        { SLICE_INIT("json"), "application/json; charset=utf-8" },
        { SLICE_INIT("map"), "application/json; charset=utf-8" },
        { SLICE_INIT("webmanifest"), "application/manifest+json" },
        { SLICE_INIT("txt"), "text/plain; charset=utf-8" },
        { SLICE_INIT("svg"), "image/svg+xml" },
        { SLICE_INIT("png"), "image/png" },
        { SLICE_INIT("ico"), "image/x-icon" },
        { SLICE_INIT("woff2"), "font/woff2" },
        { SLICE_INIT("wav"), "audio/wav" },
    };
    size_t dot = name.len;

    while (dot > 0 && name.p[dot - 1] != '.' && name.p[dot - 1] != '/')
        dot--;
    for (size_t i = 0; dot > 0 && i < sizeof types / sizeof *types; i++) {
        if (slice_ieq(slice_of(name.p + dot, name.len - dot), types[i].extension))
            return types[i].type;
    }
    return "application/octet-stream";
}

/* 0 or −errno. */
static int read_all(int fd, struct strbuf *out)
{
    char bytes[READ_BYTES];

    for (;;) {
        ssize_t n = read(fd, bytes, sizeof bytes);

        if (n == 0)
            return out->failed ? -EFBIG : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        strbuf_add(out, bytes, (size_t)n);
        if (out->failed)
            return -EFBIG;
    }
}

static int open_file(const char *web_root, const char *name, struct stat *st)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", web_root, name);
    int fd;

    if (n < 0 || (size_t)n >= sizeof path)
        return -1;
    /* Not to hang on a FIFO that somebody put there. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

void files_answer(const char *web_root, struct exchange *x)
{
    char name[EXCHANGE_PATH_MAX];
    struct stat st;
    int fd = -1, err;

    if (web_root && files_name(slice_of_text(x->path), name))
        fd = open_file(web_root, name, &st);
    if (fd < 0) {
        exchange_fail(x, 404, "nothing at %s", x->path);
        return;
    }
    snprintf(x->etag, sizeof x->etag, "\"%llx.%lx-%llx\"", (unsigned long long)st.st_mtim.tv_sec,
             (unsigned long)st.st_mtim.tv_nsec, (unsigned long long)st.st_size);
    x->content_type = files_content_type(slice_of_text(name));
    x->status = 200;
    if (strcmp(x->etag, x->if_none_match) == 0) {
        x->status = 304;
    } else {
        err = read_all(fd, &x->body);
        if (err)
            exchange_fail(x, 500, "%s cannot be read (error %d)", x->path, -err);
    }
    close(fd);
}
