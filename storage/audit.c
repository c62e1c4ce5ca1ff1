#include "storage/audit.h"

#include "analyzer/base/jsonw.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_MAX_BYTES = 256,
    CALL_ID_MAX_BYTES = 1024,
    NS_PER_S = 1000000000,
};

static void add_text(struct jsonw *j, const char *key, struct slice text, size_t max)
{
    jsonw_key(j, key);
    jsonw_text(j, text.len > max ? slice_of(text.p, max) : text);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void make_line(struct strbuf *line, const struct audit_entry *e)
{
    struct jsonw j = jsonw_to(line);
    char id[24];

    snprintf(id, sizeof id, "%016llx", (unsigned long long)e->call);
    jsonw_object_open(&j);
    jsonw_key(&j, "time");
    jsonw_time(&j, e->time_ns ? e->time_ns : now_ns());
    add_text(&j, "action", e->action, NAME_MAX_BYTES);
    add_text(&j, "call", e->call ? slice_of_text(id) : SLICE_ABSENT, NAME_MAX_BYTES);
    add_text(&j, "call_id", e->call_id, CALL_ID_MAX_BYTES);
    add_text(&j, "by", e->by, NAME_MAX_BYTES);
    add_text(&j, "from", e->from, NAME_MAX_BYTES);
    add_text(&j, "format", e->format, NAME_MAX_BYTES);
    jsonw_object_close(&j);
    strbuf_add_char(line, '\n');
}

/* Did the last line get its end? An empty file has. Asked under the lock: a file's size may be seen
 * to grow before its bytes are, and another's line in the writing would pass for a torn one. */
static bool is_whole(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char last = '\n';

    return end <= 0 || pread(fd, &last, 1, end - 1) != 1 || last == '\n';
}

static int write_line(int fd, const struct strbuf *line)
{
    ssize_t n;

    do {
        n = write(fd, line->p, line->len);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return (size_t)n == line->len ? 0 : -ENOSPC;
}

/* Waits for the others who write a line; closing the file lets go. */
static int lock_file(int fd)
{
    int err;

    do {
        err = flock(fd, LOCK_EX);
    } while (err != 0 && errno == EINTR);
    return err == 0 ? 0 : -errno;
}

int audit_append(const char *store_dir, const struct audit_entry *entry)
{
    static char newline[] = "\n";
    const struct strbuf torn_end = { .p = newline, .len = 1 };
    struct strbuf line = { .p = NULL };
    char path[STORE_PATH_MAX];
    int err, fd, n = snprintf(path, sizeof path, "%s/audit.jsonl", store_dir);

    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    make_line(&line, entry);
    err = line.failed ? -ENOMEM : lock_file(fd);
    if (err == 0 && !is_whole(fd))
        err = write_line(fd, &torn_end);
    if (err == 0)
        err = write_line(fd, &line);
    strbuf_fini(&line);
    if (close(fd) != 0 && err == 0)
        err = -errno;
    return err;
}
