/*
 * power_cut - makes of a fault_log what a disk could hold, had the power gone at some moment of it.
 *
 *     power_cut LOG                      how many records it has
 *     power_cut LOG DIR N SEED           DIR after the first N: what was synced is there; of a file's other
 *                                        writes all are, or none, or chance says of each whether it is
 *                                        there, is not, or is torn at 512 bytes
 *     power_cut LOG DIR N synced         DIR with nothing but what was synced
 *
 * Names (created, renamed, removed) reach the disk in their order, as a journal keeps them: up to some
 * point, which lies behind the last sync. In DIR/RUNNING the boot becomes another.
 */
#include "tests/fault/fault_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 8192, PATH_BYTES = 4096, SECTOR_BYTES = 512 };

struct record {
    enum fault_op op;
    const char *path;
    uint64_t offset, bytes;
    const uint8_t *data; /* the new name of a renaming, or what was written */
    int file;            /* that it is about; −1: a name alone */
};

/* A file is what it was created as, whatever its name is by then. */
struct file {
    char *path;    /* at the end of the names that reached the disk; NULL: it has none */
    size_t synced; /* records up to here are on the disk */
    uint64_t luck; /* of what is not: 0 all of it is there, 1 nothing, 2 some */
    int fd;
};

static struct record *records;
static size_t count;
static struct file files[FILES_MAX];
static int file_count;
static uint64_t dice;

static void die(const char *what)
{
    fprintf(stderr, "power_cut: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t roll(uint64_t sides)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (dice >> 33) % sides;
}

static uint8_t *read_all(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    struct stat st;

    if (!file || fstat(fileno(file), &st) != 0)
        die(path);
    *len = (size_t)st.st_size;
    bytes = malloc(*len + 1);
    if (!bytes || fread(bytes, 1, *len, file) != *len)
        die(path);
    fclose(file);
    return bytes;
}

static void read_log(const char *path)
{
    size_t len, at = 0;
    const uint8_t *log = read_all(path, &len);

    while (at + sizeof(struct fault_record) <= len) {
        struct fault_record r;

        memcpy(&r, log + at, sizeof r);
        at += sizeof r;
        if (r.path_bytes + r.bytes > len - at)
            break; /* the program was killed */
        if (count % 1024 == 0)
            records = realloc(records, (count + 1024) * sizeof *records);
        if (!records)
            die("memory");
        records[count++] = (struct record){ .op = (enum fault_op)r.op,
                                            .path = (const char *)log + at,
                                            .offset = r.offset,
                                            .bytes = r.bytes,
                                            .data = log + at + r.path_bytes };
        at += r.path_bytes + r.bytes;
    }
}

/* --- names ---------------------------------------------------------------------------------- */

static int find_file(const char *path)
{
    for (int i = file_count; i-- > 0;) {
        if (files[i].path && strcmp(files[i].path, path) == 0)
            return i;
    }
    return -1;
}

static char *copy(const char *text)
{
    char *p = strdup(text);

    if (!p)
        die("memory");
    return p;
}

static void forget_name(const char *path)
{
    int i = find_file(path);

    if (i < 0)
        return;
    free(files[i].path);
    files[i].path = NULL;
}

static void apply_name(struct record *r)
{
    int i;

    if (r->op == FAULT_CREATE && file_count < FILES_MAX) {
        files[file_count++] = (struct file){ .path = copy(r->path), .fd = -1 };
    } else if (r->op == FAULT_UNLINK) {
        forget_name(r->path);
    } else if (r->op == FAULT_RENAME && (i = find_file(r->path)) >= 0) {
        forget_name((const char *)r->data);
        free(files[i].path);
        files[i].path = copy((const char *)r->data);
    }
}

static bool is_of_names(const struct record *r)
{
    return r->op == FAULT_CREATE || r->op == FAULT_UNLINK || r->op == FAULT_RENAME ||
           r->op == FAULT_MKDIR;
}

/* Which file each record is about, and up to where each is synced; then the names start anew. */
static size_t look_through(size_t n)
{
    size_t names_synced = 0;

    for (size_t i = 0; i < n; i++) {
        struct record *r = &records[i];

        r->file = is_of_names(r) ? -1 : find_file(r->path);
        if (is_of_names(r))
            apply_name(r);
        if (r->op != FAULT_SYNC)
            continue;
        names_synced = i; /* a journal is written as a whole */
        if (r->file >= 0)
            files[r->file].synced = i;
    }
    for (int i = 0; i < file_count; i++) {
        free(files[i].path);
        files[i].path = NULL;
    }
    return names_synced;
}

/* Gives the files the names they have after the first n, and makes the folders. */
static void name_files(const char *dir, size_t n)
{
    char path[PATH_BYTES];
    int made = 0;

    for (size_t i = 0; i < n; i++) {
        struct record *r = &records[i];
        int at;

        snprintf(path, sizeof path, "%s/%s", dir, r->path);
        if (r->op == FAULT_MKDIR && mkdir(path, 0700) != 0 && errno != EEXIST)
            die(path);
        if (r->op == FAULT_CREATE && made < FILES_MAX) {
            files[made++].path = copy(r->path);
        } else if (r->op == FAULT_UNLINK) {
            forget_name(r->path);
        } else if (r->op == FAULT_RENAME && (at = find_file(r->path)) >= 0) {
            forget_name((const char *)r->data);
            free(files[at].path);
            files[at].path = copy((const char *)r->data);
        }
    }
}

/* --- bytes ---------------------------------------------------------------------------------- */

static void write_at(int fd, const struct record *r, uint64_t from, uint64_t len)
{
    if (pwrite(fd, r->data + from, (size_t)len, (off_t)(r->offset + from)) != (ssize_t)len)
        die("write");
}

/* Some of its sectors; those of the disk, not of the write. */
static void tear(int fd, const struct record *r)
{
    uint64_t from = 0;

    while (from < r->bytes) {
        uint64_t to = ((r->offset + from) / SECTOR_BYTES + 1) * SECTOR_BYTES - r->offset;

        if (to > r->bytes)
            to = r->bytes;
        if (roll(2))
            write_at(fd, r, from, to - from);
        from = to;
    }
}

static void apply(int fd, const struct record *r, uint64_t luck)
{
    uint64_t fate = luck < 2 ? luck : roll(3); /* whole, not at all, torn */

    if (fate == 1)
        return;
    if (r->op == FAULT_TRUNCATE) {
        if (ftruncate(fd, (off_t)r->offset) != 0)
            die("truncate");
    } else if (fate == 0) {
        write_at(fd, r, 0, r->bytes);
    } else {
        tear(fd, r);
    }
}

static void write_files(const char *dir, size_t n, bool synced_only)
{
    char path[PATH_BYTES];

    for (int i = 0; i < file_count; i++) {
        if (!files[i].path)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, files[i].path);
        files[i].fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (files[i].fd < 0)
            die(path);
        files[i].luck = roll(3);
    }
    for (size_t i = 0; i < n; i++) {
        const struct record *r = &records[i];
        const struct file *f = r->file >= 0 ? &files[r->file] : NULL;

        if (!f || f->fd < 0 || (r->op != FAULT_WRITE && r->op != FAULT_TRUNCATE))
            continue;
        if (i < f->synced || !synced_only)
            apply(f->fd, r, i < f->synced ? 0 : f->luck);
    }
}

/* Another boot, as after a power cut: the same line with its first letters changed. */
static void change_boot(const char *dir)
{
    char path[PATH_BYTES];
    size_t len;
    uint8_t *text;
    char *boot;
    FILE *file;

    snprintf(path, sizeof path, "%s/RUNNING", dir);
    if (access(path, F_OK) != 0)
        return;
    text = read_all(path, &len);
    text[len] = '\0';
    boot = strstr((char *)text, "boot ");
    if (boot && strlen(boot) > 9)
        memcpy(boot + 5, "gone", 4);
    file = fopen(path, "wb");
    if (!file || fwrite(text, 1, len, file) != len || fclose(file) != 0)
        die(path);
    free(text);
}

int main(int argc, char **argv)
{
    bool synced_only = argc == 5 && strcmp(argv[4], "synced") == 0;
    size_t n, names;

    if (argc != 2 && argc != 5) {
        fputs("usage: power_cut LOG [DIR N SEED|synced]\n", stderr);
        return 2;
    }
    read_log(argv[1]);
    if (argc == 2) {
        printf("%zu\n", count);
        return 0;
    }
    n = strtoul(argv[3], NULL, 10);
    n = n < count ? n : count;
    dice = strtoull(argv[4], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    if (mkdir(argv[2], 0700) != 0 && errno != EEXIST)
        die(argv[2]);
    names = look_through(n);
    if (!synced_only && names < n)
        names += roll(n - names + 1);
    name_files(argv[2], names);
    write_files(argv[2], n, synced_only);
    change_boot(argv[2]);
    return 0;
}
