#include "storage/upkeep/erase_audit.h"

#include "storage/audit/audit_scan.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

struct work {
    const struct number_forms *forms;
    enum erase_audit_mode mode;
    int fd;
    char text[AUDIT_WINDOW_BYTES]; /* of one line, to be changed */
};

static bool names(const struct work *w, struct slice text)
{
    return number_forms_count(w->forms, text) > 0;
}

/* What an erasure takes out. */
static bool is_named(const struct work *w, const struct audit_line *line)
{
    return names(w, line->call_id) || names(w, line->detail);
}

/* What it cannot: numbers and hashes of the chain may hold any digits, and are none's. */
static bool is_named_in_head(const struct work *w, const struct audit_line *line)
{
    return names(w, line->user) || names(w, line->token) || names(w, line->from) ||
           names(w, line->object);
}

static int put(const struct work *w, size_t len, uint64_t offset)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = pwrite(w->fd, w->text + done, len - done, (off_t)(offset + done));

        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* One whose erasure was stopped in the middle: its texts are finished off. */
static bool finish_begun(char *text, size_t len)
{
    static const struct slice hash = SLICE_INIT(",\"hash\":\""),
                              salt = SLICE_INIT(",\"salt\":null");
    struct slice rest = slice_of(text, len);
    struct audit_line line;
    struct strbuf whole = { .p = NULL };
    size_t at = 0, head;
    bool is_one;

    while (at < len && !slice_starts_with(slice_of(rest.p + at, len - at), hash))
        at++;
    head = at + hash.len + AUDIT_DIGEST_LEN + 1;
    if (head >= len || !slice_starts_with(slice_of(rest.p + head, len - head), salt))
        return false;
    strbuf_add(&whole, text, head);
    strbuf_add_text(&whole, ",\"salt\":null,\"call_id\":null,\"detail\":null}");
    is_one = !whole.failed && whole.len <= len &&
             audit_line_parse(&line, strbuf_slice(&whole)) == AUDIT_CHAINED &&
             audit_line_is_true(&line);
    if (is_one) {
        memset(text + head, ' ', len - head);
        memcpy(text, whole.p, whole.len - 1);
        text[len - 1] = '}';
    }
    strbuf_fini(&whole);
    return is_one;
}

static int erase_line(struct work *w, const struct audit_scan *scan, uint64_t *lines)
{
    size_t len = scan->text.len;
    struct audit_line line;
    enum audit_kind kind;
    bool changed;

    if (len == 0)
        return 0;
    kind = audit_line_parse(&line, scan->text);
    if (kind == AUDIT_CHAINED && w->mode == ERASE_AUDIT_LEFT)
        *lines += is_named(w, &line) || is_named_in_head(w, &line);
    if (kind == AUDIT_CHAINED ? !is_named(w, &line)
                              : w->mode == ERASE_AUDIT_LEFT && !names(w, scan->text))
        return 0;
    if (w->mode == ERASE_AUDIT_LEFT) {
        *lines += kind != AUDIT_CHAINED;
        return 0;
    }
    memcpy(w->text, scan->text.p, len);
    if (kind == AUDIT_CHAINED) {
        (void)audit_line_parse(&line, slice_of(w->text, len));
        changed = audit_line_erase(&line, w->text, len);
    } else {
        changed = (kind == AUDIT_NO_LINE && finish_begun(w->text, len)) ||
                  number_forms_blank(w->forms, w->text, len) > 0;
    }
    *lines += changed;
    return changed && w->mode == ERASE_AUDIT_NOW ? put(w, len, scan->offset) : 0;
}

static int erase_lines(struct work *w, uint64_t *lines)
{
    struct audit_scan scan;
    int found = 1, err = audit_scan_init(&scan, w->fd);

    while (err == 0 && (found = audit_scan_next(&scan)) > 0)
        err = erase_line(w, &scan, lines);
    audit_scan_close(&scan);
    return err ? err : found;
}

int erase_audit(const char *store_dir, const struct number_forms *forms, enum erase_audit_mode mode,
                uint64_t *lines)
{
    struct work *w;
    char path[STORE_PATH_MAX];
    int err, fd, n = snprintf(path, sizeof path, "%s/audit.jsonl", store_dir);

    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    fd = open(path, (mode == ERASE_AUDIT_NOW ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    w = malloc(sizeof *w);
    err = w ? 0 : -ENOMEM;
    while (err == 0 && flock(fd, mode == ERASE_AUDIT_NOW ? LOCK_EX : LOCK_SH) != 0)
        err = errno == EINTR ? 0 : -errno;
    if (err == 0) {
        w->forms = forms;
        w->mode = mode;
        w->fd = fd;
        err = erase_lines(w, lines);
    }
    if (err == 0 && mode == ERASE_AUDIT_NOW && fsync(fd) != 0)
        err = -errno;
    free(w);
    close(fd);
    return err;
}
