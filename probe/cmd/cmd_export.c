#include "probe/cmd/cmd.h"
#include "probe/cmd/export_file.h"
#include "probe/cmd/export_sound.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/store_query.h"
#include "storage/audio/peaks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What is to be written: an enum export_format, or one of these. */
enum { FORMAT_PEAKS = EXPORT_FORMATS, FORMAT_SOUND /* and an enum audio_file_format */ };

/* The options as they were given. */
struct export_args {
    const char *store, *output, *format, *where, *sort, *gaps, *config;
    int64_t buckets, limit;
    bool audited, legs;
};

static const char *const format_names =
    "pcap, pcapng, pcap.lz4, pcapng.lz4, csv, jsonl, wav, flac, ogg or peaks";

static bool find_format(struct slice name, int *format)
{
    enum audio_file_format sound;
    enum export_format file;

    if (export_format_find(name, &file))
        *format = (int)file;
    else if (audio_file_format_find(name, &sound))
        *format = FORMAT_SOUND + (int)sound;
    else if (slice_ieq(name, SLICE("peaks")))
        *format = FORMAT_PEAKS;
    else
        return false;
    return true;
}

/* By the end of the file's name; what is not known is a pcap. */
static int format_of_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    enum export_format file;
    int format = EXPORT_PCAP;

    if (export_format_of_path(slice_of_text(path), &file))
        return (int)file;
    if (dot && find_format(slice_of_text(dot + 1), &format) && format == FORMAT_PEAKS)
        format = EXPORT_PCAP;
    return format;
}

/* Of one call, not of a search; -1 to go on. */
static int check_sound(const struct cli_command *command, const struct export_args *a,
                       bool *silent_gaps)
{
    if (a->where || a->legs)
        return cli_fail(command, EXIT_USAGE, "sound is made of one call: no --where, no --legs");
    *silent_gaps = a->gaps && strcmp(a->gaps, "silence") == 0;
    if (a->gaps && !*silent_gaps && strcmp(a->gaps, "conceal") != 0)
        return cli_fail(command, EXIT_USAGE, "--gaps '%s': conceal or silence", a->gaps);
    return -1;
}

/* -1 to go on. */
static int check(const struct cli_command *command, const struct export_args *a, int *format,
                 bool *silent_gaps)
{
    bool is_text;

    if (!a->output)
        return cli_fail(command, EXIT_USAGE, "where to? '-o FILE', '-o DIR/', or '-o -'");
    *format = export_file_is_folder(a->output) ? EXPORT_PCAP : format_of_name(a->output);
    if (a->format && !find_format(slice_of_text(a->format), format))
        return cli_fail(command, EXIT_USAGE, "--format '%s': one of %s", a->format, format_names);
    is_text = *format == FORMAT_PEAKS || *format == EXPORT_CSV || *format == EXPORT_JSONL;
    if (strcmp(a->output, "-") == 0 && !is_text && isatty(STDOUT_FILENO))
        return cli_fail(command, EXIT_USAGE, "that on a terminal helps nobody: '-o FILE'");
    if (a->sort && *format != EXPORT_CSV && *format != EXPORT_JSONL)
        return cli_fail(command, EXIT_USAGE, "--sort is for csv and jsonl: packets come by time");
    return *format >= FORMAT_PEAKS ? check_sound(command, a, silent_gaps) : -1;
}

/* ---- what a filter means ---- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int fail_filter(const struct cli_command *command, struct slice text,
                       const struct filter_error *error)
{
    struct strbuf out = { 0 };

    cli_fail(command, EXIT_USAGE, "--where, column %zu: %s", error->column, error->text);
    filter_error_point(error, text, "  ", &out);
    fputs(out.p ? out.p : "", stderr);
    strbuf_fini(&out);
    return EXIT_USAGE;
}

/* --sort FIELD, or -FIELD: the largest first. */
static bool read_sort(const char *text, struct export_request *request)
{
    request->ascending = text[0] != '-';
    request->sort = filter_field_find(slice_of_text(text + (text[0] == '-')));
    return request->sort && request->sort->is_sortable;
}

static int export_where(const struct cli_command *command, const struct export_args *a, int format)
{
    struct slice text = slice_of_text(a->where);
    struct export_request request = { .store_dir = a->store,
                                      .format = (enum export_format)format,
                                      .limit = (size_t)a->limit,
                                      .asked = text };
    struct filter_error error;
    int err;

    if (a->legs)
        return cli_fail(command, EXIT_USAGE, "--legs goes with one call, not with --where");
    if (a->sort && !read_sort(a->sort, &request))
        return cli_fail(command, EXIT_USAGE, "--sort '%s': not a field that can be sorted by",
                        a->sort);
    err = filter_parse(&request.filter, text, now_ns(), &error);
    if (err == -EINVAL)
        return fail_filter(command, text, &error);
    if (err)
        return cli_fail(command, EXIT_TROUBLE, "out of memory");
    err = settings_mask_filter(command, a->config, request.filter);
    if (err == -1)
        return export_file(command, &request, a->output);
    filter_free(request.filter);
    return err;
}

/* ---- one call ---- */

static int export_sound_of(const struct cli_command *command, const struct export_args *a,
                           uint64_t id, int format, bool silent_gaps)
{
    char path[EXPORT_PATH_MAX], name[EXPORT_NAME_MAX];
    struct export_sound sound = { .store = a->store,
                                  .output = a->output,
                                  .config = a->config,
                                  .call = id,
                                  .is_peaks = format == FORMAT_PEAKS,
                                  .silent_gaps = silent_gaps,
                                  .is_audited = a->audited,
                                  .buckets = a->buckets };

    if (!sound.is_peaks)
        sound.format = (enum audio_file_format)(format - FORMAT_SOUND);
    if (strcmp(a->output, "-") != 0 && export_file_is_folder(a->output)) {
        export_name_call(name, id, a->format);
        if (!export_file_path(path, a->output, name))
            return cli_fail(command, EXIT_CANNOT_WRITE, "%s: the name is too long", a->output);
        sound.output = path;
    }
    return export_sound(command, &sound);
}

static int export_call(const struct cli_command *command, const struct export_args *a,
                       const char *text)
{
    uint64_t calls[QUERY_LEG_CALLS_MAX];
    struct export_request request = { .store_dir = a->store, .calls = calls, .call_count = 1 };
    bool silent_gaps = false;
    struct query *q;
    int format, err = 0, status = check(command, a, &format, &silent_gaps);

    if (status == -1)
        status = store_query_open(command, a->store, &q);
    if (status != -1)
        return status;
    status = store_query_find(command, q, text, &calls[0]);
    if (status == -1 && a->legs)
        err = export_find_legs(q, calls[0], calls, &request.call_count);
    query_close(q);
    if (status != -1)
        return status;
    if (err)
        return store_query_failed(command, "the legs", err);
    if (format >= FORMAT_PEAKS)
        return export_sound_of(command, a, calls[0], format, silent_gaps);
    request.format = (enum export_format)format;
    return export_file(command, &request, a->output);
}

static int export_search(const struct cli_command *command, const struct export_args *a)
{
    bool silent_gaps = false;
    struct query *q;
    int format, status = check(command, a, &format, &silent_gaps);

    if (status == -1)
        status = store_query_open(command, a->store, &q); /* says why it cannot be read */
    if (status != -1)
        return status;
    query_close(q);
    return export_where(command, a, format);
}

int cmd_export(int argc, char **argv)
{
    struct export_args a = { .buckets = PEAKS_DEFAULT };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &a.store, 0, 0 },
        { "output", 'o', CLI_TEXT, "FILE",
          "where to write; DIR/ gets a file that is named for you, '-' is the standard output",
          &a.output, 0, 0 },
        { "format", 'f', CLI_TEXT, "WHAT",
          "pcap, pcapng, pcap.lz4, pcapng.lz4, csv, jsonl, wav, flac, ogg or peaks (default: by "
          "the "
          "end of FILE, else pcap)",
          &a.format, 0, 0 },
        { "where", 'w', CLI_TEXT, "FILTER", "instead of CALL: all calls that match, see calls",
          &a.where, 0, 0 },
        { "legs", 0, CLI_FLAG, NULL, "the whole conversation: the call and its other legs", &a.legs,
          0, 0 },
        { "limit", 'l', CLI_INT, "N", "of a search: at most that many calls, the newest", &a.limit,
          1, 1000000000 },
        { "sort", 0, CLI_TEXT, "FIELD", "csv and jsonl: by that field; -FIELD: the largest first",
          &a.sort, 0, 0 },
        { "config", 'c', CLI_TEXT, "FILE",
          "settings; sound needs audio.listen: yes in it; privacy is heeded in FILTER", &a.config,
          0, 0 },
        { "gaps", 0, CLI_TEXT, "HOW", "what was lost: conceal (default) or silence", &a.gaps, 0,
          0 },
        { "peaks", 0, CLI_INT, "N", "pieces of the outline (default 1000)", &a.buckets, 1,
          PEAKS_MAX },
        { "audited", 0, CLI_FLAG, NULL,
          "the caller saw to audio.listen and the audit line (the web process)", &a.audited, 0, 0 },
    };
    const struct cli_command command = {
        "export",
        "CALL|--where FILTER --store DIR -o FILE",
        "writes the packets of a call or of a search, as captured; the calls as a table; or sound",
        "CALL is the id that 'earshot calls' shows, or a Call-ID (the newest call that has it).\n"
        "pcapng has comments: Call-ID and verdict, loss bursts, codec changes, one-way audio.\n"
        "FILE is FILE.part until it is whole. Sound is stereo, the caller left and the callee\n"
        "right; each time a line is added to DIR/audit.jsonl first.\n\n"
        "  earshot export 0dd2… --store /var/lib/earshot -o call.pcapng\n"
        "  earshot export 0dd2… --legs --store /var/lib/earshot -o - | wireshark -k -i -\n"
        "  earshot export --where 'mos<3 since:2h' --store /var/lib/earshot -o bad.pcapng.lz4\n"
        "  earshot export --where 'status:5xx' --store /var/lib/earshot -o failed.csv\n"
        "  earshot export 0dd2… --store /var/lib/earshot -c earshot.yaml -o call.wav\n\n"
        "Exit status: 0 written, 1 no such call or none of its packets, 65 something of it is\n"
        "damaged and left out, or no sound can be made of it (encrypted, over 6 hours), 66 not\n"
        "stored, 69 no decoder, 73 cannot write, 77 listening is off.\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (a.where && first < argc)
        return cli_fail(&command, EXIT_USAGE, "one call or --where, not both");
    if (!a.where && (a.limit || a.sort))
        return cli_fail(&command, EXIT_USAGE, "%s goes with --where",
                        a.sort ? "--sort" : "--limit");
    if (a.where)
        return export_search(&command, &a);
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE,
                        "which call? its id or its Call-ID; or --where FILTER");
    return export_call(&command, &a, argv[first]);
}
