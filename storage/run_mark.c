#include "storage/run_mark.h"

#include "analyzer/base/log.h"
#include "analyzer/base/slice.h"
#include "analyzer/base/strbuf.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment_file.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)RUN_MARK_KINDS == (int)PACKET_KINDS, "an end for each kind");

enum { FILE_MAX_BYTES = 1 << 20 }; /* of 4,096 days, with all their ends */

static const struct slice head = SLICE_INIT("earshot run 1");

static int mark_path(char out[STORE_PATH_MAX], const char *store_dir, const char *name)
{
    int n = snprintf(out, STORE_PATH_MAX, "%s/%s", store_dir, name);

    return n < 0 || n >= STORE_PATH_MAX ? -ENAMETOOLONG : 0;
}

/* "unknown" where the kernel does not tell: then each start believes that it is a new one. */
static void read_boot(char out[RUN_MARK_BOOT_MAX])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, RUN_MARK_BOOT_MAX - 1);

    if (fd >= 0)
        close(fd);
    if (n < 0)
        n = 0;
    out[n] = '\0';
    out[strcspn(out, " \n")] = '\0';
    if (!out[0])
        snprintf(out, RUN_MARK_BOOT_MAX, "unknown");
}

void run_mark_init(struct run_mark *m)
{
    memset(m, 0, sizeof *m);
    read_boot(m->boot);
}

void run_mark_fini(struct run_mark *m)
{
    free(m->days);
    memset(m, 0, sizeof *m);
}

bool run_mark_is_of_this_boot(const struct run_mark *m)
{
    char now[RUN_MARK_BOOT_MAX];

    read_boot(now);
    return strcmp(now, m->boot) == 0 && strcmp(now, "unknown") != 0;
}

struct run_mark_day *run_mark_find(struct run_mark *m, int32_t day)
{
    for (size_t i = m->count; i-- > 0;) { /* the newest are the ones in use */
        if (m->days[i].day == day)
            return &m->days[i];
    }
    return NULL;
}

static int add(struct run_mark *m, int32_t day)
{
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2 : 4;
        struct run_mark_day *grown = realloc(m->days, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        m->days = grown;
        m->room = room;
    }
    m->days[m->count++] = (struct run_mark_day){ .day = day };
    return 0;
}

/* The next word of a line; absent at its end. */
static struct slice next_word(struct slice *line)
{
    struct slice word = *line;
    const char *space = line->len ? memchr(line->p, ' ', line->len) : NULL;

    word.len = space ? (size_t)(space - line->p) : line->len;
    line->p += word.len + (space ? 1 : 0);
    line->len -= word.len + (space ? 1 : 0);
    return word;
}

static bool read_day(struct slice word, int32_t *day)
{
    char name[16];

    if (word.len != 10)
        return false;
    memcpy(name, word.p, 10);
    name[10] = '\0';
    return store_dir_parse_day(name, day);
}

static bool read_synced(struct run_mark *m, struct slice line)
{
    struct run_mark_day *d;
    struct slice kind;
    uint64_t segment, end;
    int32_t day;

    if (!read_day(next_word(&line), &day) || !(d = run_mark_find(m, day)))
        return false;
    kind = next_word(&line);
    if (!slice_to_u64(next_word(&line), UINT32_MAX, &segment) ||
        !slice_to_u64(next_word(&line), INT64_MAX, &end))
        return false;
    for (uint8_t k = 0; k < RUN_MARK_KINDS; k++) {
        if (slice_eq(kind, slice_of_text(segment_kind_name(k))))
            d->synced[k] = (struct run_mark_end){ (uint32_t)segment, end };
    }
    return true;
}

static int read_line(struct run_mark *m, struct slice line)
{
    struct slice word = next_word(&line);
    int32_t day;

    if (slice_eq(word, SLICE("boot"))) {
        if (line.len >= sizeof m->boot)
            return -EUCLEAN;
        memcpy(m->boot, line.p, line.len);
        m->boot[line.len] = '\0';
        return 0;
    }
    if (slice_eq(word, SLICE("day"))) {
        if (!read_day(next_word(&line), &day))
            return -EUCLEAN;
        return run_mark_find(m, day) ? 0 : add(m, day);
    }
    if (slice_eq(word, SLICE("synced")))
        return read_synced(m, line) ? 0 : -EUCLEAN;
    return 0; /* of a later version */
}

static int read_lines(struct run_mark *m, struct slice text)
{
    bool first = true;

    while (text.len) {
        const char *end = memchr(text.p, '\n', text.len);
        struct slice line = slice_of(text.p, end ? (size_t)(end - text.p) : 0);
        int err = -EUCLEAN;

        if (!end)
            return first ? -EUCLEAN : 0; /* a last line that was not written to its end */
        if (first ? slice_eq(line, head) : true)
            err = first ? 0 : read_line(m, line);
        if (err)
            return err;
        first = false;
        text.p += line.len + 1;
        text.len -= line.len + 1;
    }
    return first || !m->boot[0] ? -EUCLEAN : 0;
}

int run_mark_read(struct run_mark *m, const char *store_dir)
{
    char path[STORE_PATH_MAX], *text = NULL;
    int fd, err = mark_path(path, store_dir, "RUNNING");
    off_t size;

    memset(m, 0, sizeof *m);
    if (err)
        return err;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size = lseek(fd, 0, SEEK_END);
    if (size < 0 || size > FILE_MAX_BYTES) {
        err = size < 0 ? -errno : -EUCLEAN;
        goto close_fd;
    }
    text = malloc((size_t)size + 1);
    err = text ? segment_file_read(fd, (uint8_t *)text, (size_t)size, 0) : -ENOMEM;
    if (err == 0)
        err = read_lines(m, slice_of(text, (size_t)size));
    if (err)
        run_mark_fini(m);
close_fd:
    free(text);
    close(fd);
    return err;
}

static void print_day(struct strbuf *out, const struct run_mark_day *d)
{
    char name[16] = "";

    store_dir_day_name(d->day, name);
    strbuf_addf(out, "day %s\n", name);
    for (uint8_t k = 0; k < RUN_MARK_KINDS; k++) {
        if (d->synced[k].segment)
            strbuf_addf(out, "synced %s %s %u %llu\n", name, segment_kind_name(k),
                        (unsigned)d->synced[k].segment, (unsigned long long)d->synced[k].end);
    }
}

int run_mark_write(const struct run_mark *m, const char *store_dir)
{
    char path[STORE_PATH_MAX], fresh[STORE_PATH_MAX];
    struct strbuf text = { 0 };
    int fd, err = mark_path(path, store_dir, "RUNNING");

    if (err == 0)
        err = mark_path(fresh, store_dir, "RUNNING.new");
    if (err)
        return err;
    strbuf_addf(&text, "%s\nboot %s\n", head.p, m->boot);
    for (size_t i = 0; i < m->count; i++)
        print_day(&text, &m->days[i]);
    if (text.failed) {
        err = -ENOMEM;
        goto free_text;
    }
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        err = -errno;
        goto free_text;
    }
    err = segment_file_write(fd, (const uint8_t *)text.p, text.len, 0);
    if (err == 0 && fdatasync(fd) != 0)
        err = -errno;
    close(fd);
    if (err == 0 && rename(fresh, path) != 0)
        err = -errno;
    if (err)
        unlink(fresh);
free_text:
    strbuf_fini(&text);
    return err;
}

void run_mark_remove(const char *store_dir)
{
    char path[STORE_PATH_MAX];

    if (mark_path(path, store_dir, "RUNNING") == 0 && unlink(path) != 0 && errno != ENOENT)
        log_warn("store: cannot remove %s: %s", path, strerror(errno));
}

int run_mark_add_day(struct run_mark *m, const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX], line[32], name[16];
    int fd, n, err;

    if (run_mark_find(m, day))
        return 0;
    err = store_dir_day_name(day, name) ? mark_path(path, store_dir, "RUNNING") : -EINVAL;
    if (err == 0)
        err = add(m, day);
    if (err)
        return err;
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return run_mark_write(m, store_dir);
    n = snprintf(line, sizeof line, "day %s\n", name);
    if (write(fd, line, (size_t)n) != n || fdatasync(fd) != 0)
        err = errno ? -errno : -ENOSPC;
    close(fd);
    return err;
}
