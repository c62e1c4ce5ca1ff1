#include "probe/cmd/cmd.h"
#include "probe/cmd/export_sound.h"
#include "probe/cmd/store_query.h"
#include "storage/audio/peaks.h"
#include "storage/export/pcap_export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 128 * 1024 };

static int copy_out(const struct cli_command *command, struct pcap_export *x, FILE *to,
                    const char *path)
{
    uint8_t piece[PIECE_BYTES];
    int64_t n;

    while ((n = pcap_export_read(x, piece, sizeof piece)) > 0) {
        if (fwrite(piece, 1, (size_t)n, to) != (size_t)n)
            return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    }
    if (n < 0)
        return store_query_failed(command, "the packets", (int)n);
    if (fflush(to) != 0)
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    return EXIT_OK;
}

static int export_call(const struct cli_command *command, const char *store, uint64_t id,
                       const char *path)
{
    bool to_stdout = strcmp(path, "-") == 0;
    struct pcap_export *x;
    FILE *to;
    int status, err = pcap_export_open(&x, store, id);

    if (err == -ENOENT)
        return cli_fail(command, EXIT_TROUBLE, "none of this call's packets are stored");
    if (err)
        return store_query_failed(command, "the packets", err);
    to = to_stdout ? stdout : fopen(path, "wbe");
    if (!to) {
        pcap_export_close(x);
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    }
    status = copy_out(command, x, to, path);
    if (!to_stdout && fclose(to) != 0 && status == EXIT_OK)
        status = cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    if (status == EXIT_OK && !to_stdout)
        printf("%llu packets into %s\n", (unsigned long long)pcap_export_frames(x), path);
    if (pcap_export_damaged(x))
        status =
            cli_fail(command, EXIT_BAD_INPUT, "%llu chunks of this call are damaged and left out",
                     (unsigned long long)pcap_export_damaged(x));
    pcap_export_close(x);
    return status;
}

/* What is to be written. */
enum { FORMAT_PCAP = AUDIO_FILE_FORMATS, FORMAT_PEAKS };

static bool find_format(struct slice name, int *format)
{
    enum audio_file_format sound;

    if (audio_file_format_find(name, &sound))
        *format = (int)sound;
    else if (slice_ieq(name, SLICE("peaks")))
        *format = FORMAT_PEAKS;
    else if (slice_ieq(name, SLICE("pcap")))
        *format = FORMAT_PCAP;
    else
        return false;
    return true;
}

/* By the end of the file's name; what is not known is a pcap. */
static int format_of_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    int format = FORMAT_PCAP;

    if (dot && find_format(slice_of_text(dot + 1), &format) && format == FORMAT_PEAKS)
        format = FORMAT_PCAP;
    return format;
}

/* The options as they were given. */
struct export_args {
    const char *store, *output, *format, *gaps, *config;
    int64_t buckets;
    bool audited;
};

/* -1 to go on. */
static int check(const struct cli_command *command, const struct export_args *a, int *format,
                 bool *silent_gaps)
{
    if (!a->output)
        return cli_fail(command, EXIT_USAGE, "where to? '-o FILE', or '-o -'");
    *format = format_of_name(a->output);
    if (a->format && !find_format(slice_of_text(a->format), format))
        return cli_fail(command, EXIT_USAGE, "--format '%s': one of pcap, wav, flac, ogg and peaks",
                        a->format);
    *silent_gaps = a->gaps && strcmp(a->gaps, "silence") == 0;
    if (a->gaps && !*silent_gaps && strcmp(a->gaps, "conceal") != 0)
        return cli_fail(command, EXIT_USAGE, "--gaps '%s': conceal or silence", a->gaps);
    if (strcmp(a->output, "-") == 0 && *format != FORMAT_PEAKS && isatty(STDOUT_FILENO))
        return cli_fail(command, EXIT_USAGE, "that on a terminal helps nobody: '-o FILE'");
    return -1;
}

static int export_as(const struct cli_command *command, const struct export_args *a, uint64_t id,
                     int format, bool silent_gaps)
{
    struct export_sound sound = { .store = a->store,
                                  .output = a->output,
                                  .config = a->config,
                                  .call = id,
                                  .is_peaks = format == FORMAT_PEAKS,
                                  .silent_gaps = silent_gaps,
                                  .is_audited = a->audited,
                                  .buckets = a->buckets };

    if (format == FORMAT_PCAP)
        return export_call(command, a->store, id, a->output);
    if (format < AUDIO_FILE_FORMATS)
        sound.format = (enum audio_file_format)format;
    return export_sound(command, &sound);
}

int cmd_export(int argc, char **argv)
{
    struct export_args a = { .buckets = PEAKS_DEFAULT };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &a.store, 0, 0 },
        { "output", 'o', CLI_TEXT, "FILE", "where to write; '-' is the standard output", &a.output,
          0, 0 },
        { "format", 'f', CLI_TEXT, "WHAT",
          "pcap, wav, flac, ogg or peaks (default: by the end of FILE, else pcap)", &a.format, 0,
          0 },
        { "config", 'c', CLI_TEXT, "FILE", "settings; sound needs audio.listen: yes in it",
          &a.config, 0, 0 },
        { "gaps", 0, CLI_TEXT, "HOW", "what was lost: conceal (default) or silence", &a.gaps, 0,
          0 },
        { "peaks", 0, CLI_INT, "N", "pieces of the outline (default 1000)", &a.buckets, 1,
          PEAKS_MAX },
        { "audited", 0, CLI_FLAG, NULL,
          "the caller saw to audio.listen and the audit line (the web process)", &a.audited, 0, 0 },
    };
    const struct cli_command command = {
        "export",
        "CALL --store DIR -o FILE",
        "writes every packet of a call, SIP and media, as captured; or its sound",
        "CALL is the id that 'earshot calls' shows, or a Call-ID (the newest call that has it).\n"
        "Sound is stereo, the caller left and the callee right. Each time a line is added to\n"
        "DIR/audit.jsonl first. 'peaks' is the outline for a waveform, as JSON.\n\n"
        "  earshot export 0dd2… --store /var/lib/earshot -o call.pcap\n"
        "  earshot export 0dd2… --store /var/lib/earshot -o - | wireshark -k -i -\n"
        "  earshot export 0dd2… --store /var/lib/earshot -c earshot.yaml -o call.wav\n\n"
        "Exit status: 0 written, 65 no sound can be made of it (encrypted, over 6 hours),\n"
        "66 not stored, 69 no decoder, 73 cannot write, 77 listening is off.\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct query *q;
    uint64_t id;
    bool silent_gaps = false;
    int first, format, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE, "which call? its id or its Call-ID");
    status = check(&command, &a, &format, &silent_gaps);
    if (status == -1)
        status = store_query_open(&command, a.store, &q);
    if (status != -1)
        return status;
    status = store_query_find(&command, q, argv[first], &id);
    query_close(q);
    return status != -1 ? status : export_as(&command, &a, id, format, silent_gaps);
}
