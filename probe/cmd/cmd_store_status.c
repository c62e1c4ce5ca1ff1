#include "analyzer/base/json_item.h"
#include "probe/cmd/byte_text.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd_store.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/sparkline.h"
#include "probe/cmd/store_query.h"
#include "storage/upkeep/store_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BAR_COLUMNS = 18, DATE_BYTES = 10 };

#define DAY_S   86400.0
#define OLD_NS  INT64_C(180000000000) /* a record this old: no probe writes one every minute */
#define HOUR_NS INT64_C(3600000000000)

struct status {
    const char *store;
    const struct retention_limits *limits; /* NULL: nobody said */
    struct store_record now;
    struct store_record *newest; /* NULL: there is none */
    struct strbuf out;
};

static void add_date(struct strbuf *out, int64_t time_ns)
{
    size_t before = out->len;

    call_line_time(out, time_ns);
    if (out->len > before + DATE_BYTES)
        strbuf_chop(out, out->len - before - DATE_BYTES);
}

/* Filled up with blanks: a bar of blocks of several bytes each, one column wide. */
static void add_bar(struct strbuf *out, double share)
{
    size_t before = out->len, columns = 0;

    sparkline_add_bar(out, share, BAR_COLUMNS);
    for (size_t i = before; i < out->len; i++)
        columns += ((unsigned char)out->p[i] & 0xc0) != 0x80;
    for (; columns < BAR_COLUMNS; columns++)
        strbuf_add_char(out, ' ');
}

/* --- what lies there ---------------------------------------------------------------------------- */

static void add_limit(struct status *s, enum store_kind kind)
{
    int64_t days = s->limits ? s->limits->days[kind] : 0;
    int64_t bytes = s->limits ? s->limits->bytes[kind] : 0;

    if (!s->limits)
        return;
    if (days == 0 && bytes == 0)
        strbuf_add_text(&s->out, "  no limit");
    if (days)
        strbuf_addf(&s->out, "  %lld days", (long long)days);
    if (bytes) {
        strbuf_add_text(&s->out, days ? ", " : "  ");
        byte_text_add(&s->out, bytes);
    }
}

static void add_kinds(struct status *s)
{
    const struct store_record *r = &s->now;
    const int64_t bytes[STORE_KINDS] = { r->rows_bytes, r->signalling_bytes, r->media_bytes,
                                         r->audio_bytes };
    const int64_t oldest[STORE_KINDS] = { r->oldest_rows_time, r->oldest_signalling_time,
                                          r->oldest_media_time, r->oldest_audio_time };
    int64_t most = 1;

    for (int k = 0; k < STORE_KINDS; k++)
        most = bytes[k] > most ? bytes[k] : most;
    for (int k = 0; k < STORE_KINDS; k++) {
        strbuf_addf(&s->out, "  %-10s ", store_kind_name((enum store_kind)k));
        byte_text_add_right(&s->out, bytes[k], 8);
        strbuf_add_text(&s->out, "  ");
        add_bar(&s->out, (double)bytes[k] / (double)most);
        strbuf_add_text(&s->out, "  ");
        if (oldest[k] == RECORD_NONE) {
            strbuf_addf(&s->out, "%-16s", "-");
        } else {
            strbuf_add_text(&s->out, "since ");
            add_date(&s->out, oldest[k]);
        }
        add_limit(s, (enum store_kind)k);
        strbuf_add_char(&s->out, '\n');
    }
}

static void add_disk(struct status *s)
{
    const struct store_record *r = &s->now;

    strbuf_addf(&s->out, "  %-10s ", "disk");
    byte_text_add_right(&s->out, r->disk_free_bytes, 8);
    strbuf_add_text(&s->out, " free of ");
    byte_text_add(&s->out, r->disk_bytes);
    if (s->limits) {
        strbuf_add_text(&s->out, ", of which ");
        byte_text_add(&s->out, retention_keep_free(s->limits, r->disk_bytes));
        strbuf_add_text(&s->out, " stay free");
    }
    strbuf_add_char(&s->out, '\n');
}

/* --- what the probe says ------------------------------------------------------------------------ */

static void add_step(struct status *s, const struct store_record *r)
{
    static const struct {
        struct slice name;
        const char *means;
    } steps[] = {
        { SLICE_INIT("full"), "full: all that is configured is stored" },
        { SLICE_INIT("headers"), "headers: of media only the RTP headers are stored" },
        { SLICE_INIT("metrics"), "metrics: no media is stored; signalling and rows are" },
    };

    strbuf_add_text(&s->out, "  step       ");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (slice_eq(r->step, steps[i].name))
            strbuf_add_text(&s->out, steps[i].means);
    }
    if (r->step_cause.p) {
        strbuf_add_text(&s->out, ", because of ");
        strbuf_add_printable(&s->out, r->step_cause);
    }
    strbuf_add_char(&s->out, '\n');
}

static void add_growth(struct status *s, const struct store_record *r)
{
    strbuf_add_text(&s->out, "  growth     ");
    if (isnan(r->growth_bytes_s)) {
        strbuf_add_text(&s->out, "not known before the probe has run for ten minutes");
    } else {
        byte_text_add(&s->out, (int64_t)(r->growth_bytes_s * DAY_S));
        strbuf_add_text(&s->out, " a day; ");
        if (isnan(r->days_left))
            strbuf_add_text(&s->out, "no limit in sight");
        else
            strbuf_addf(&s->out, "%.1f days until something must go", r->days_left);
    }
    strbuf_add_char(&s->out, '\n');
}

/* "media_age":123 as "media 123 B (age)". */
static void add_removed(struct status *s, const struct store_record *r)
{
    struct slice rest = r->removed, name, value;
    const char *before = ": ";
    uint64_t bytes;

    strbuf_add_text(&s->out, "  removed    ");
    byte_text_add(&s->out, r->removed_bytes);
    strbuf_add_text(&s->out, " since the probe began");
    while (json_item_next_member(&rest, &name, &value)) {
        struct slice kind = slice_cut(&name, '_');

        if (!slice_to_u64(value, INT64_MAX, &bytes))
            continue;
        strbuf_add_text(&s->out, before);
        strbuf_add_printable(&s->out, kind);
        strbuf_add_char(&s->out, ' ');
        byte_text_add(&s->out, (int64_t)bytes);
        strbuf_add_text(&s->out, " (");
        strbuf_add_printable(&s->out, name);
        strbuf_add_char(&s->out, ')');
        before = ", ";
    }
    strbuf_add_char(&s->out, '\n');
}

static void add_losses(struct status *s, const struct store_record *r)
{
    struct slice rest = r->losses, name, value;
    const char *before = "";

    strbuf_add_text(&s->out, "  not stored ");
    while (json_item_next_member(&rest, &name, &value)) {
        strbuf_add_text(&s->out, before);
        strbuf_add_printable(&s->out, value);
        strbuf_add_char(&s->out, ' ');
        strbuf_add_printable(&s->out, name);
        before = ", ";
    }
    strbuf_add_text(&s->out, *before ? "\n" : "nothing: all that was to be stored is\n");
}

static void add_newest(struct status *s)
{
    const struct store_record *r = s->newest;
    struct timespec now;
    int64_t age;

    if (!r) {
        strbuf_add_text(&s->out,
                        "\n  no probe has told how it does: 'earshot run' does, every minute\n");
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - r->time;
    strbuf_add_text(&s->out, "\n  The probe, at ");
    call_line_time(&s->out, r->time);
    strbuf_chop(&s->out, 4); /* milliseconds */
    strbuf_add_text(&s->out, age > OLD_NS ? " UTC (none runs now):\n" : " UTC:\n");
    add_step(s, r);
    add_growth(s, r);
    add_removed(s, r);
    add_losses(s, r);
}

static void add_text(struct status *s)
{
    strbuf_add_printable(&s->out, slice_of_text(s->store));
    strbuf_addf(&s->out, ": %lld day%s", (long long)s->now.days, s->now.days == 1 ? "" : "s");
    if (s->now.oldest_rows_time != RECORD_NONE) {
        strbuf_add_text(&s->out, ", back to ");
        add_date(&s->out, s->now.oldest_rows_time);
    }
    strbuf_add_text(&s->out, "\n\n");
    add_kinds(s);
    add_disk(s);
    strbuf_addf(&s->out, "  %-10s ", "pinned");
    if (s->now.pinned_calls)
        strbuf_addf(&s->out, "%8lld call%s; 'earshot store pins' says why\n",
                    (long long)s->now.pinned_calls, s->now.pinned_calls == 1 ? "" : "s");
    else
        strbuf_addf(&s->out, "%8s calls\n", "0");
    add_newest(s);
}

static void add_json(struct status *s)
{
    struct jsonw j = jsonw_to(&s->out);

    jsonw_object_open(&j);
    jsonw_key(&j, "now");
    record_write_alone(&j, &record_type_store, &s->now);
    jsonw_key(&j, "newest");
    if (s->newest)
        record_write_alone(&j, &record_type_store, s->newest);
    else
        jsonw_null(&j);
    jsonw_object_close(&j);
    strbuf_add_char(&s->out, '\n');
}

static bool on_newest(void *ctx, const void *record)
{
    struct status *s = ctx;

    s->newest = record_clone(&record_type_store, record);
    return false;
}

static int show(const struct cli_command *command, struct status *s, bool json)
{
    struct store_size size;
    struct query *q;
    int err, status = store_query_open(command, s->store, &q);

    if (status != -1)
        return status;
    store_size_init(&size, s->store);
    err = store_report_measure(&s->now, &size);
    if (err == 0)
        err = query_stores(q, 1, on_newest, s);
    query_close(q);
    if (err == 0)
        (json ? add_json : add_text)(s);
    store_size_fini(&size);
    free(s->newest);
    if (err)
        return store_query_failed(command, s->store, err);
    fwrite(s->out.p ? s->out.p : "", 1, s->out.len, stdout);
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_CANNOT_WRITE;
}

int cmd_store_status(int argc, char **argv)
{
    struct settings set = { .file = NULL };
    struct status s = { .store = NULL };
    bool json = false;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to look at", &set.store, 0, 0 },
        { "config", 'c', CLI_TEXT, "FILE", "whose limits are shown, and whose store it is",
          &set.file, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON object, as GET /api/v1/store", &json, 0, 0 },
    };
    const struct cli_command command = {
        "store status",
        "--store DIR [-c FILE]",
        "what a store takes, how far back it reaches, how long the disk will do",
        "  earshot store status --store /var/lib/earshot\n"
        "  earshot store status -c /etc/earshot/earshot.yaml\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct retention_limits limits;
    struct config config;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (!set.store && !set.file)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    status = settings_read(&command, &set, &config);
    if (status == -1) {
        settings_retention(&config, &limits);
        s.limits = set.file ? &limits : NULL;
        s.store = config.store_directory;
        status = show(&command, &s, json);
    }
    strbuf_fini(&s.out);
    config_fini(&config);
    return status;
}
