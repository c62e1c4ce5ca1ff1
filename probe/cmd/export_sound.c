#include "probe/cmd/export_sound.h"

#include "analyzer/record_id.h"
#include "probe/cmd/call_packets.h"
#include "probe/cmd/cli_audit.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/store_query.h"
#include "probe/engine/progress.h"
#include "storage/audio/call_audio.h"
#include "storage/audio/peaks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 128 * 1024, CALL_ID_MAX = 1024 };

/* One run. */
struct sound_run {
    const struct cli_command *command;
    const struct export_sound *options;
    struct decap_options decap;
    struct call_packets packets;
    struct call_formats formats;
    struct call_audio *audio;
    char call_id[CALL_ID_MAX];
    size_t call_id_bytes;
    int fd; /* what is written to; −1: nothing yet */
    bool is_temporary;
    struct audio_file *file; /* one of these two takes the samples */
    struct peaks peaks;
    struct progress progress;
    int64_t total_packets, done_packets;
};

static int fail_write(const struct sound_run *run, int err)
{
    return cli_fail(run->command, EXIT_CANNOT_WRITE, "%s: %s", run->options->output,
                    strerror(-err));
}

/* What the configuration says: may one listen, and how are packets opened? -1 to go on. */
static int read_settings(struct sound_run *run)
{
    struct settings set = { .file = run->options->config };
    struct config config;
    int status = settings_read(run->command, &set, &config);

    if (status == -1) {
        settings_decap(&config, &run->decap);
        if (!config.audio_listen && !run->options->is_audited)
            status = cli_fail(run->command, EXIT_NO_PERMISSION,
                              "listening is off: it needs 'listen: yes' under 'audio:' in a "
                              "configuration file, given with -c FILE (see earshot.yaml(5))");
    }
    config_fini(&config);
    return status;
}

static bool take_call(void *ctx, const void *record)
{
    struct sound_run *run = ctx;
    const struct call_record *call = record;

    run->call_id_bytes = call->call_id.len < CALL_ID_MAX ? call->call_id.len : CALL_ID_MAX;
    if (run->call_id_bytes)
        memcpy(run->call_id, call->call_id.p, run->call_id_bytes);
    call_audio_new(&run->audio, call, &run->formats); /* NULL without memory */
    return false;
}

static int read_call(struct sound_run *run)
{
    const struct export_sound *o = run->options;
    struct query *q;
    int err, status = store_query_open(run->command, o->store, &q);

    if (status != -1)
        return status;
    err = call_formats_init(&run->formats, o->store, o->call);
    if (err == 0)
        err = query_call(q, o->call, take_call, run);
    query_close(q);
    if (err == -ENOENT)
        return cli_fail(run->command, EXIT_TROUBLE, "no such call in the store");
    if (err)
        return store_query_failed(run->command, "the call", err);
    if (!run->audio)
        return cli_fail(run->command, EXIT_TROUBLE, "out of memory");
    return -1;
}

static int survey_packet(void *ctx, const struct datagram *d)
{
    call_audio_survey(ctx, d);
    return 0;
}

/* The sentences of `said`, a line each. */
static void say_lines(const struct sound_run *run, struct slice said, const char *head)
{
    while (said.len) {
        struct slice line = slice_cut(&said, '\n');

        fprintf(stderr, "earshot %s: %s%.*s\n", run->command->name, head, (int)line.len, line.p);
    }
}

static int survey(struct sound_run *run)
{
    static const enum cli_exit statuses[] = {
        [CALL_AUDIO_NO_STREAMS] = EXIT_BAD_INPUT, [CALL_AUDIO_NOT_STORED] = EXIT_NO_INPUT,
        [CALL_AUDIO_ENCRYPTED] = EXIT_BAD_INPUT,  [CALL_AUDIO_NO_DECODER] = EXIT_UNAVAILABLE,
        [CALL_AUDIO_TOO_LONG] = EXIT_BAD_INPUT,
    };
    struct strbuf said = { .max_bytes = 64 << 10 };
    enum call_audio_verdict verdict;
    int status = -1, err = call_packets_read(&run->packets, survey_packet, run->audio);

    if (err)
        return store_query_failed(run->command, "the packets", err);
    run->total_packets = (int64_t)run->packets.frames;
    verdict = call_audio_plan(run->audio, &said);
    say_lines(run, strbuf_slice(&said),
              verdict == CALL_AUDIO_OK           ? "left out: "
              : verdict == CALL_AUDIO_NO_DECODER ? "no decoder: "
                                                 : "");
    if (verdict != CALL_AUDIO_OK)
        status = (int)statuses[verdict];
    strbuf_fini(&said);
    return status;
}

/* The line that stands before the first sample does. An outline is no sound. */
static int audit(const struct sound_run *run)
{
    static const char *const formats[AUDIO_FILE_FORMATS] = { "wav", "flac", "ogg" };
    const struct export_sound *o = run->options;
    char id[RECORD_ID_TEXT_LEN + 1];
    struct audit_entry entry = { .deed = SLICE("listen"),
                                 .call_id = slice_of(run->call_id, run->call_id_bytes),
                                 .detail = slice_of_text(formats[o->format]) };
    int err;

    if (o->is_audited || o->is_peaks)
        return -1;
    snprintf(id, sizeof id, "%016" PRIx64, o->call);
    entry.object = slice_of_text(id);
    err = cli_audit(o->store, &entry);
    if (err)
        return cli_fail(run->command, EXIT_CANNOT_WRITE,
                        "%s/audit.jsonl: %s; what cannot be audited is not given out", o->store,
                        strerror(-err));
    return -1;
}

/* A file of sound is sought in while it is written, a pipe cannot be: then it is made elsewhere. */
static int open_temporary(struct sound_run *run)
{
    const char *where = getenv("TMPDIR");
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/earshot-XXXXXX", where && *where ? where : P_tmpdir);

    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    run->fd = mkstemp(path);
    if (run->fd < 0)
        return -errno;
    run->is_temporary = true;
    return unlink(path) == 0 ? 0 : -errno;
}

static int open_output(struct sound_run *run)
{
    struct stat st;

    if (strcmp(run->options->output, "-") != 0) {
        run->fd = open(run->options->output, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        return run->fd < 0 ? -errno : 0;
    }
    if (run->options->is_peaks || (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
                                   lseek(STDOUT_FILENO, 0, SEEK_CUR) == 0)) {
        run->fd = dup(STDOUT_FILENO);
        return run->fd < 0 ? -errno : 0;
    }
    return open_temporary(run);
}

static int take_samples(void *ctx, const int16_t *stereo, size_t frames)
{
    struct sound_run *run = ctx;

    if (run->file)
        return audio_file_write(run->file, stereo, frames);
    peaks_add(&run->peaks, stereo, frames);
    return 0;
}

static int render_packet(void *ctx, const struct datagram *d)
{
    struct sound_run *run = ctx;
    struct progress_state state = { .done_bytes = run->done_packets,
                                    .total_bytes = run->total_packets,
                                    .packets = run->done_packets,
                                    .calls = 1 };

    run->done_packets++;
    progress_update(&run->progress, &state);
    return call_audio_render(run->audio, d);
}

static int write_all(int fd, const char *p, size_t len)
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

static int copy_temporary(int fd)
{
    char piece[COPY_BYTES];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, piece, sizeof piece, at)) > 0) {
        int err = write_all(STDOUT_FILENO, piece, (size_t)n);

        if (err)
            return err;
        at += n;
    }
    return n < 0 ? -errno : 0;
}

static int write_peaks(struct sound_run *run)
{
    struct strbuf text = { .p = NULL };
    struct jsonw j = jsonw_to(&text);
    int err;

    peaks_write_json(&run->peaks, (size_t)run->options->buckets, &j);
    strbuf_add_char(&text, '\n');
    err = text.failed ? -ENOMEM : write_all(run->fd, text.p, text.len);
    strbuf_fini(&text);
    return err;
}

static int open_sink(struct sound_run *run)
{
    uint32_t rate_hz = call_audio_rate_hz(run->audio);

    if (run->options->is_peaks)
        return peaks_init(&run->peaks, rate_hz);
    return audio_file_open(&run->file, run->fd, run->options->format, rate_hz);
}

static int close_sink(struct sound_run *run)
{
    int err;

    if (run->options->is_peaks)
        return write_peaks(run);
    err = audio_file_close(run->file);
    run->file = NULL;
    if (err == 0 && run->is_temporary)
        err = copy_temporary(run->fd);
    return err;
}

/* Of the writing, or of the reading of packets, whichever failed. */
static int render(struct sound_run *run)
{
    struct call_audio_options options = { .silent_gaps = run->options->silent_gaps,
                                          .sink = take_samples,
                                          .sink_ctx = run };
    int err = open_sink(run);

    if (err == -ENOSYS)
        return cli_fail(run->command, EXIT_UNAVAILABLE,
                        "libsndfile is not built in, or cannot write this format; 'earshot "
                        "--version' says what is");
    if (err == 0)
        err = call_audio_begin(run->audio, &options);
    if (err)
        return fail_write(run, err);
    progress_begin(&run->progress);
    err = call_packets_read(&run->packets, render_packet, run);
    if (err == 0)
        err = call_audio_finish(run->audio);
    progress_end(&run->progress);
    if (err == 0)
        err = close_sink(run);
    return err ? fail_write(run, err) : -1;
}

static void say_done(const struct sound_run *run)
{
    struct call_audio_counts counts;

    call_audio_read_counts(run->audio, &counts);
    printf("%.1f s of sound at %u Hz into %s: %lld packets, %lld lost\n",
           call_audio_seconds(run->audio), call_audio_rate_hz(run->audio), run->options->output,
           (long long)counts.packets, (long long)counts.lost);
}

static void clean_up(struct sound_run *run, int status)
{
    bool is_stdout = strcmp(run->options->output, "-") == 0;

    audio_file_close(run->file);
    peaks_fini(&run->peaks);
    call_audio_free(run->audio);
    call_formats_fini(&run->formats);
    if (run->fd < 0)
        return;
    close(run->fd);
    if (status != EXIT_OK && !is_stdout)
        unlink(run->options->output);
}

int export_sound(const struct cli_command *command, const struct export_sound *options)
{
    struct sound_run run = { .command = command, .options = options, .fd = -1 };
    int status = read_settings(&run), err;

    run.packets = (struct call_packets){ .store = options->store,
                                         .call = options->call,
                                         .decap = &run.decap };
    if (status == -1)
        status = read_call(&run);
    if (status == -1)
        status = survey(&run);
    if (status == -1)
        status = audit(&run);
    if (status == -1 && (err = open_output(&run)) != 0)
        status = fail_write(&run, err);
    if (status == -1)
        status = render(&run);
    if (status == -1) {
        status = EXIT_OK;
        if (strcmp(options->output, "-") != 0)
            say_done(&run);
    }
    if (run.packets.damaged)
        fprintf(stderr, "earshot %s: %llu chunks of this call are damaged and left out\n",
                command->name, (unsigned long long)run.packets.damaged);
    clean_up(&run, status);
    return status;
}
