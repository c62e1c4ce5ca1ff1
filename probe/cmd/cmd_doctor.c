#include "probe/cmd/cmd.h"

#include "analyzer/base/log.h"
#include "probe/capture/privileges.h"
#include "probe/capture/source_live.h"
#include "probe/cmd/doctor_checks.h"
#include "probe/cmd/doctor_listen.h"
#include "probe/cmd/settings.h"
#include "probe/engine/stop_signal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { SECONDS_DEFAULT = 10, SECONDS_MAX = 3600 };

#define MIB (1 << 20)
/* A disk must take in what is heard, and be read from, cleaned and indexed meanwhile. */
#define DISK_FACTOR 3
#define DAY_S       86400.0

struct doctor {
    const struct cli_command *command;
    const struct config *config;
    const char *interface;
    int64_t seconds;
    bool json;
    struct decap_options decap;
    struct doctor_report report;
    struct doctor_disk disk;
    struct doctor_heard heard;
    bool has_heard;
};

static void show(struct doctor *d)
{
    if (!d->json)
        doctor_report_print(&d->report, stdout);
}

/* The line that helps stands alone behind the explanation: that is the fix. */
static void note_no_permission(struct doctor *d, const char *text)
{
    const char *line = strchr(text, '\n');

    doctor_report_add(&d->report, DOCTOR_WRONG, "rights", line ? line + 1 : NULL,
                      "this program may not capture");
}

static void check_ring(struct doctor *d, const struct source *source)
{
    uint64_t got = source_live_ring_bytes(source) / MIB;
    int64_t wanted = d->config->capture_ring_mib;

    if ((int64_t)got < wanted * 95 / 100)
        doctor_report_add(&d->report, DOCTOR_WRONG, "ring",
                          "free some memory, or ask for less: capture.ring_mib",
                          "the kernel gave %llu MiB of the %lld asked for", (unsigned long long)got,
                          (long long)wanted);
    else
        doctor_report_add(&d->report, DOCTOR_FINE, "ring", NULL, "the kernel gave %llu MiB",
                          (unsigned long long)got);
}

static void check_snaplen(struct doctor *d)
{
    if (d->config->capture_snaplen < 1500)
        doctor_report_add(&d->report, DOCTOR_WRONG, "snaplen", "capture.snaplen: 65535",
                          "only %lld bytes of each packet are kept: longer SIP is cut",
                          (long long)d->config->capture_snaplen);
}

/* What the disk is worth is only known with what has to be stored. */
static void judge_disk(struct doctor *d)
{
    double bytes_per_s = d->heard.seconds > 0 ? (double)d->heard.bytes / d->heard.seconds : 0;

    if (bytes_per_s > 0 && d->disk.bytes_per_s < bytes_per_s * DISK_FACTOR)
        doctor_report_add(&d->report, DOCTOR_WRONG, "disk", "a faster disk, or a narrower filter",
                          "it writes %.1f MB/s, and %.1f MB/s were heard: too little reserve",
                          d->disk.bytes_per_s / 1e6, bytes_per_s / 1e6);
    if (bytes_per_s > 0 && d->disk.free_bytes > 0)
        doctor_report_add(&d->report, DOCTOR_FINE, "disk", NULL,
                          "%.1f GB are free: room for %.1f days, if it stays as it was heard",
                          (double)d->disk.free_bytes / 1e9,
                          (double)d->disk.free_bytes / bytes_per_s / DAY_S);
}

static int listen_to(struct doctor *d, struct source *source)
{
    const struct doctor_listen_options options = { .source = source,
                                                   .interface = d->interface,
                                                   .decap = &d->decap,
                                                   .seconds = (int)d->seconds,
                                                   .quiet = d->json };
    struct source_error error;

    if (doctor_listen(&options, &d->heard, &d->report, &error) != 0)
        return cli_fail(d->command, (enum cli_exit)source_exit_status(error.fault), "%s",
                        error.text);
    d->has_heard = true;
    if (!d->json)
        doctor_heard_print(&d->heard, stdout);
    doctor_heard_judge(&d->heard, d->interface, &d->report);
    judge_disk(d);
    show(d);
    return -1;
}

/* Everything that needs no packets, then the packets without any right. -1 to go on. */
static int examine(struct doctor *d)
{
    const struct config *c = d->config;
    const struct source_live_options live = { .interface = d->interface,
                                              .filter = { .wrap = false },
                                              .ring_mib = (int)c->capture_ring_mib,
                                              .snap_bytes = (int)c->capture_snaplen,
                                              .block_timeout_ms = (int)c->capture_block_timeout,
                                              .promiscuous = true };
    char text[PRIVILEGES_TEXT_MAX];
    struct source_error error;
    struct source *source = NULL;
    int err = source_live_open(&source, &live, &error), status = -1;

    if (err && error.fault != SOURCE_FAULT_PERMISSION && err != -ENETDOWN)
        return cli_fail(d->command, (enum cli_exit)source_exit_status(error.fault), "%s",
                        error.text);
    if (!d->json)
        printf("earshot doctor %s\n\n", d->interface);
    if (err && error.fault == SOURCE_FAULT_PERMISSION)
        note_no_permission(d, error.text);
    else
        doctor_report_add(&d->report, DOCTOR_FINE, "rights", NULL, "this program may capture");
    doctor_checks_interface(&d->report, d->interface);
    if (source)
        check_ring(d, source);
    check_snaplen(d);
    doctor_checks_clock(&d->report);
    show(d);
    doctor_checks_disk(&d->report, c->store_directory, &d->disk);
    show(d);
    if (err)
        return error.fault == SOURCE_FAULT_PERMISSION ? EXIT_NO_PERMISSION : -1;
    if (privileges_drop(NULL, text) != 0)
        status = cli_fail(d->command, EXIT_NO_PERMISSION, "%s", text);
    if (status == -1)
        status = listen_to(d, source);
    source_close(source);
    return status;
}

static void print_json(const struct doctor *d)
{
    struct strbuf text = { 0 };
    struct jsonw j = jsonw_to(&text);

    jsonw_object_open(&j);
    jsonw_key(&j, "type");
    jsonw_text(&j, SLICE("doctor"));
    jsonw_key(&j, "interface");
    jsonw_text(&j, slice_of_text(d->interface));
    jsonw_key(&j, "complaints");
    jsonw_int(&j, (int64_t)doctor_report_complaints(&d->report));
    doctor_report_write_json(&d->report, &j);
    jsonw_key(&j, "disk_bytes_per_s");
    jsonw_real(&j, d->disk.bytes_per_s, 0);
    jsonw_key(&j, "disk_free_bytes");
    if (d->disk.free_bytes < 0)
        jsonw_null(&j);
    else
        jsonw_int(&j, d->disk.free_bytes);
    if (d->has_heard)
        doctor_heard_write_json(&d->heard, &j);
    jsonw_object_close(&j);
    if (!text.failed)
        puts(text.p);
    strbuf_fini(&text);
}

static int conclude(const struct doctor *d, int status)
{
    size_t complaints = doctor_report_complaints(&d->report);

    if (status != -1 && status != EXIT_NO_PERMISSION)
        return status; /* it was said */
    if (d->json)
        print_json(d);
    else if (complaints)
        printf("\n%zu complaint%s.\n", complaints, complaints == 1 ? "" : "s");
    else
        printf("\nNothing to complain about.\n");
    if (status == EXIT_NO_PERMISSION)
        return status;
    return complaints ? EXIT_TROUBLE : EXIT_OK;
}

static int run_doctor(struct doctor *d)
{
    int status;

    settings_decap(d->config, &d->decap);
    log_set_level(LOG_LEVEL_ERROR); /* what the sources warn of is told in the table */
    stop_signal_install();
    status = conclude(d, examine(d));
    doctor_report_fini(&d->report);
    doctor_heard_fini(&d->heard);
    return status;
}

int cmd_doctor(int argc, char **argv)
{
    struct settings set = { .file = NULL };
    struct doctor d = { .seconds = SECONDS_DEFAULT,
                        .disk = { .bytes_per_s = NAN, .free_bytes = -1 } };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store whose disk is measured (/var/lib/earshot)",
          &set.store, 0, 0 },
        { "seconds", 'n', CLI_INT, "N", "how long to listen (default 10)", &d.seconds, 1,
          SECONDS_MAX },
        { "json", 'j', CLI_FLAG, NULL, "one JSON object instead of the table", &d.json, 0, 0 },
        { "config", 'c', CLI_TEXT, "FILE", "settings of the run to come, see earshot.yaml(5)",
          &set.file, 0, 0 },
    };
    const struct cli_command command = {
        "doctor",
        "INTERFACE",
        "looks whether this machine and the mirrored port are fit, and says what to do",
        "Looks at rights, link, offloads, rings, clock and disk, listens for a while, and names a\n"
        "fix for each complaint. Exit status: 0 all is well, 1 there are complaints, 69 no such\n"
        "interface, 77 no right to capture.\n\n"
        "  earshot doctor eth1\n"
        "  earshot doctor eth1 --store /srv/earshot --seconds 60\n"
        "  earshot doctor eth1 --json | jq '.checks[] | select(.level == \"complaint\")'\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct config config;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (argc - first != 1)
        return cli_fail(&command, EXIT_USAGE, "which interface? 'earshot doctor INTERFACE'");
    d.command = &command;
    d.interface = argv[first];
    d.config = &config;
    status = settings_read(&command, &set, &config);
    if (status == -1)
        status = run_doctor(&d);
    config_fini(&config);
    return status;
}
