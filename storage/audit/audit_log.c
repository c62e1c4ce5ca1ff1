#include "storage/audit/audit_log.h"

#include "storage/audit/audit_scan.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TORN_MAX_BYTES = 1 << 20 };

static int write_bytes(int fd, struct slice bytes)
{
    ssize_t n;

    do {
        n = write(fd, bytes.p, bytes.len);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return (size_t)n == bytes.len ? 0 : -ENOSPC;
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

static void begin_chain(struct audit_link *link)
{
    link->seq = 1;
    memset(link->prev, '0', AUDIT_DIGEST_LEN);
    link->prev[AUDIT_DIGEST_LEN] = '\0';
}

/* The last line that is one. *lacks_end: the file does not end in '\n'. */
static int find_link(int fd, struct audit_link *link, bool *lacks_end)
{
    struct audit_scan scan;
    struct audit_line line;
    enum audit_kind kind = AUDIT_NO_LINE;
    uint64_t torn = 0;
    int found, err = audit_scan_init(&scan, fd);

    scan.position = scan.size;
    begin_chain(link);
    *lacks_end = false;
    while (err == 0 && kind == AUDIT_NO_LINE) {
        found = audit_scan_previous(&scan);
        if (found <= 0) {
            err = found;
            torn = 0; /* old lines may be torn: there is nothing to be chained to */
            break;
        }
        *lacks_end = *lacks_end || (scan.position + scan.text.len == scan.size && !scan.has_end);
        kind = audit_line_parse(&line, scan.text);
        if (kind == AUDIT_NO_LINE)
            torn = scan.size - scan.offset;
        if (torn > TORN_MAX_BYTES)
            err = -EBADMSG;
    }
    if (err == 0 && kind == AUDIT_CHAINED) {
        link->seq = line.seq + 1;
        memcpy(link->prev, line.hash.p + 1, AUDIT_DIGEST_LEN);
        link->torn = torn ? torn + *lacks_end : 0;
    }
    audit_scan_close(&scan);
    return err;
}

/* Under the lock. The file is as it was when that fails, as far as it can be. */
static int append_locked(int fd, const struct audit_entry *entry, struct strbuf *line)
{
    char salt[AUDIT_SALT_LEN + 1], hash[AUDIT_DIGEST_LEN + 1] = "";
    struct audit_link link = { .seq = 0 };
    bool lacks_end = false;
    struct stat before;
    int err = audit_digest_salt(salt);

    if (err == 0)
        err = find_link(fd, &link, &lacks_end);
    if (err == 0 && fstat(fd, &before) != 0)
        err = -errno;
    if (err)
        return err;
    if (lacks_end)
        strbuf_add_char(line, '\n');
    audit_line_write(line, entry, &link, salt, hash);
    if (line->failed)
        return -ENOMEM;
    err = write_bytes(fd, strbuf_slice(line));
    if (err && ftruncate(fd, before.st_size) != 0)
        return err; /* a torn line: the next one says so */
    return err;
}

/* Made by root's shell, it is to be the store's all the same: else the server could write no line. */
static void give_away(int fd, const char *store_dir)
{
    struct stat file, folder;

    if (geteuid() == 0 && fstat(fd, &file) == 0 && file.st_size == 0 && file.st_uid == 0 &&
        stat(store_dir, &folder) == 0 && folder.st_uid != 0 &&
        fchown(fd, folder.st_uid, folder.st_gid) != 0)
        return; /* it is root's, then */
}

int audit_append(const char *store_dir, const struct audit_entry *entry, enum audit_care care,
                 struct strbuf *written)
{
    struct strbuf line = { .max_bytes = 2 * AUDIT_LINE_MAX };
    char path[STORE_PATH_MAX];
    int err, fd, n = snprintf(path, sizeof path, "%s/audit.jsonl", store_dir);

    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return -errno;
    err = lock_file(fd);
    give_away(fd, store_dir);
    if (err == 0)
        err = append_locked(fd, entry, &line);
    /* The others need not wait for the disk: the order is made. */
    if (err == 0 && care == AUDIT_SYNC && (flock(fd, LOCK_UN) != 0 || fdatasync(fd) != 0))
        err = -errno;
    if (err == 0 && written) {
        struct slice text = strbuf_slice(&line);

        strbuf_add_slice(written, text.p[0] == '\n' ? slice_of(text.p + 1, text.len - 1) : text);
    }
    strbuf_fini(&line);
    if (close(fd) != 0 && err == 0)
        err = -errno;
    return err;
}
