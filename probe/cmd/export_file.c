#include "probe/cmd/export_file.h"

#include "probe/cmd/store_query.h"
#include "probe/engine/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_BYTES = 128 * 1024 };

/* Where the bytes go. */
struct target {
    const char *path; /* "-": standard output */
    char own_path[EXPORT_PATH_MAX];
    char part[EXPORT_PATH_MAX + 8]; /* empty: written in place */
    int fd;
};

bool export_file_is_folder(const char *output)
{
    size_t len = strlen(output);
    struct stat st;

    return (len && output[len - 1] == '/') || (stat(output, &st) == 0 && S_ISDIR(st.st_mode));
}

bool export_file_path(char path[EXPORT_PATH_MAX], const char *output, const char *name)
{
    size_t len = strlen(output);
    const char *between = len && output[len - 1] == '/' ? "" : "/";
    int n = snprintf(path, EXPORT_PATH_MAX, "%s%s%s", output, between, name);

    return n > 0 && n < EXPORT_PATH_MAX;
}

static bool is_stdout(const struct target *t)
{
    return strcmp(t->path, "-") == 0;
}

/* A device or a pipe is written as it is; a file that is there already keeps its content till the end. */
static int open_target(struct target *t)
{
    struct stat st;

    if (is_stdout(t)) {
        t->fd = STDOUT_FILENO;
        return 0;
    }
    if (stat(t->path, &st) != 0 || S_ISREG(st.st_mode))
        snprintf(t->part, sizeof t->part, "%s.part", t->path);
    t->fd = open(t->part[0] ? t->part : t->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return t->fd < 0 ? -errno : 0;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

/* The file is whole: on the disk first, then under its name. A pipe cannot be synced. */
static int close_whole(struct target *t)
{
    int err = 0;

    if (is_stdout(t))
        return 0;
    if (t->part[0] && fsync(t->fd) != 0)
        err = -errno;
    if (close(t->fd) != 0 && err == 0)
        err = -errno;
    if (err == 0 && t->part[0] && rename(t->part, t->path) != 0)
        err = -errno;
    if (err && t->part[0])
        unlink(t->part);
    return err;
}

static void close_broken(struct target *t)
{
    if (is_stdout(t))
        return;
    close(t->fd);
    if (t->part[0])
        unlink(t->part);
}

static void show_progress(struct progress *progress, const struct export *x)
{
    struct export_counts counts;

    if (!progress->shown)
        return;
    export_read_counts(x, &counts);
    progress_update(progress, &(struct progress_state){ .done_bytes = (int64_t)counts.done_bytes,
                                                        .total_bytes = (int64_t)counts.total_bytes,
                                                        .packets = (int64_t)counts.frames,
                                                        .calls = counts.calls });
}

/* -1 when all of it went out; else the exit status. */
static int copy_out(const struct cli_command *command, struct export *x, const struct target *t)
{
    uint8_t piece[PIECE_BYTES];
    struct progress progress;
    int err = 0;
    int64_t n;

    progress_begin(&progress);
    while ((n = export_read(x, piece, sizeof piece)) > 0 && err == 0) {
        err = write_all(t->fd, piece, (size_t)n);
        show_progress(&progress, x);
    }
    progress_end(&progress);
    if (err)
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", t->path, strerror(-err));
    return n < 0 ? store_query_failed(command, "the store", (int)n) : -1;
}

static void say_count(const struct cli_command *command, uint64_t n, const char *what)
{
    if (n)
        fprintf(stderr, "earshot %s: %llu %s\n", command->name, (unsigned long long)n, what);
}

static int say_done(const struct cli_command *command, const struct export_request *request,
                    const struct export_counts *counts, const struct target *t)
{
    bool packets = export_formats[request->format].has_packets;

    if (!is_stdout(t) && packets && counts->calls > 1)
        printf("%llu packets of %llu calls into %s\n", (unsigned long long)counts->frames,
               (unsigned long long)counts->calls, t->path);
    else if (!is_stdout(t))
        printf("%llu %s into %s\n", (unsigned long long)(packets ? counts->frames : counts->calls),
               packets ? "packets" : "calls", t->path);
    say_count(command, counts->cut, "packets end behind their headers: their sound is not kept");
    say_count(command, counts->left_out,
              "packets of another link type do not fit into this pcap and are left out; pcapng has "
              "them");
    say_count(command, counts->late, "packets stand behind younger ones");
    if (counts->damaged)
        return cli_fail(command, EXIT_BAD_INPUT,
                        "%llu chunks or days of these calls are damaged and left out",
                        (unsigned long long)counts->damaged);
    return EXIT_OK;
}

static int fail_open(const struct cli_command *command, const struct export_request *request,
                     int err)
{
    if (err == -ENOENT && request->calls)
        return cli_fail(command, EXIT_TROUBLE, "none of this call's packets are stored");
    if (err == -ENOENT)
        return cli_fail(command, EXIT_TROUBLE,
                        "no call matches, or none of their packets are stored");
    if (err == -E2BIG)
        return cli_fail(command, EXIT_USAGE,
                        "too much for one file: narrow the search, or --limit N");
    return store_query_failed(command, "the store", err);
}

static int name_target(struct target *t, const struct export_request *request,
                       const struct export *x)
{
    const char *ending = export_formats[request->format].name;
    struct export_counts counts;
    char name[EXPORT_NAME_MAX];

    if (is_stdout(t) || !export_file_is_folder(t->path))
        return 0;
    export_read_counts(x, &counts);
    if (request->calls)
        export_name_call(name, request->calls[0], ending);
    else
        export_name_calls(name, (int64_t)time(NULL) * 1000000000, counts.calls, ending);
    if (!export_file_path(t->own_path, t->path, name))
        return -ENAMETOOLONG;
    t->path = t->own_path;
    return 0;
}

int export_file(const struct cli_command *command, struct export_request *request,
                const char *output)
{
    struct target target = { .path = output };
    struct export_counts counts;
    struct export *x;
    int status, err = export_open(&x, request);

    if (err) {
        filter_free(request->filter);
        return fail_open(command, request, err);
    }
    err = name_target(&target, request, x);
    if (err == 0)
        err = open_target(&target);
    if (err) {
        export_close(x);
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", target.path, strerror(-err));
    }
    status = copy_out(command, x, &target);
    export_read_counts(x, &counts);
    export_close(x);
    if (status != -1) {
        close_broken(&target);
        return status;
    }
    err = close_whole(&target);
    if (err)
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", target.path, strerror(-err));
    return say_done(command, request, &counts, &target);
}
