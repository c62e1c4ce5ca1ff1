#include "probe/engine/file_run.h"

#include "probe/capture/source_file.h"
#include "probe/engine/progress.h"
#include "probe/engine/stop_signal.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { BATCH_FRAMES = 1024, HEARTBEAT_S = 1 };

static int64_t total_size(char **paths, size_t count)
{
    int64_t total = 0;

    for (size_t i = 0; i < count; i++) {
        struct stat st;

        if (stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode))
            return 0; /* a pipe among them: the end is not known */
        total += st.st_size;
    }
    return total;
}

struct run {
    struct engine *engine;
    struct progress progress;
    int64_t done_bytes, total_bytes;
    time_t beat;
};

static void show(struct run *run, struct source *source)
{
    const struct engine_losses losses = { RECORD_NONE, RECORD_NONE, 0, 0, NULL, 0 };
    struct engine_progress state;
    struct source_stats stats;
    time_t now = time(NULL);

    source_stats_read(source, &stats);
    engine_progress_read(run->engine, &state);
    progress_update(&run->progress,
                    &(struct progress_state){ run->done_bytes + stats.bytes_read, run->total_bytes,
                                              state.frames, state.calls });
    if (now >= run->beat + HEARTBEAT_S) {
        run->beat = now;
        engine_heartbeat(run->engine, (int64_t)now * 1000000000, &losses);
    }
}

static int run_source(struct run *run, struct source *source)
{
    struct source_stats stats;
    int n;

    while ((n = source_poll(source, BATCH_FRAMES, engine_frame, run->engine)) >= 0) {
        show(run, source);
        if (stop_signal_seen())
            break;
    }
    source_stats_read(source, &stats);
    run->done_bytes += stats.bytes_read;
    return n;
}

static void take_time(void *ctx, const struct frame *frame)
{
    *(int64_t *)ctx = frame->time_ns;
}

/* When the capture begins; 0 when that cannot be told without reading it for good. */
static int64_t first_time(const char *path)
{
    struct source_error error;
    struct source *source;
    struct stat st;
    int64_t time_ns = 0;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        source_file_open(&source, path, &error) != 0)
        return 0;
    source_poll(source, 1, take_time, &time_ns);
    source_close(source);
    return time_ns;
}

/* Calls go on from one file of a rotated capture into the next, whatever order the shell gave them
 * in. By insertion, so that equals stay as they were. */
static void sort_by_time(char **paths, size_t count)
{
    int64_t *times = calloc(count, sizeof *times);

    for (size_t i = 0; times && i < count; i++) {
        int64_t time_ns = first_time(paths[i]);
        char *path = paths[i];
        size_t at = i;

        for (; at > 0 && times[at - 1] > time_ns; at--) {
            times[at] = times[at - 1];
            paths[at] = paths[at - 1];
        }
        times[at] = time_ns;
        paths[at] = path;
    }
    free(times);
}

int file_run(struct engine *e, char **paths, size_t count, file_trouble_fn trouble, void *ctx)
{
    struct run run = { .engine = e, .total_bytes = total_size(paths, count), .beat = time(NULL) };
    int status = 0;

    if (count > 1)
        sort_by_time(paths, count);
    progress_begin(&run.progress);
    for (size_t i = 0; i < count && !stop_signal_seen(); i++) {
        struct source *source = NULL;
        struct source_error error;
        int n;

        if (source_file_open(&source, paths[i], &error) != 0) {
            progress_end(&run.progress);
            trouble(ctx, error.text);
            status = status ? status : source_exit_status(error.fault);
            continue;
        }
        n = run_source(&run, source);
        if (n < 0 && n != SOURCE_END) {
            const struct source_error *why = source_last_error(source);

            progress_end(&run.progress);
            trouble(ctx, why->text);
            status = status ? status : source_exit_status(why->fault);
        }
        source_close(source);
    }
    progress_end(&run.progress);
    return status;
}
