#include "analyzer/base/utc.h"
#include "analyzer/record.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd_store.h"
#include "probe/cmd/store_query.h"
#include "storage/upkeep/pins.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int which_call(const struct cli_command *command, const char *store, int argc, char **argv,
                      int first, uint64_t *id)
{
    struct query *q;
    int status;

    if (argc - first != 1)
        return cli_fail(command, EXIT_USAGE,
                        "which call? its id or its Call-ID; 'earshot calls' lists them");
    status = store_query_open(command, store, &q);
    if (status != -1)
        return status;
    status = store_query_find(command, q, argv[first], id);
    query_close(q);
    return status;
}

/* An id may be of a call that is gone, and its pin must not stay for that. */
static bool is_pinned_id(const char *store, const char *text, uint64_t *id)
{
    char quoted[32];
    int n = snprintf(quoted, sizeof quoted, "[\"%s\"]", text);

    return store && n > 0 && n < (int)sizeof quoted &&
           pins_read_calls(slice_of_text(quoted), id, 1) == 1 && pins_has(store, *id);
}

static int cannot(const struct cli_command *command, const char *what, const char *store, int err)
{
    return cli_fail(command, err == -EACCES ? EXIT_NO_PERMISSION : EXIT_CANNOT_WRITE,
                    "%s: the call cannot be %s: %s", store, what, strerror(-err));
}

static void name_myself(char out[64])
{
    const struct passwd *me = getpwuid(getuid());

    if (me)
        snprintf(out, 64, "%s", me->pw_name);
    else
        snprintf(out, 64, "uid %lu", (unsigned long)getuid());
}

int cmd_store_pin(int argc, char **argv)
{
    const char *store = NULL, *reason = NULL;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store", &store, 0, 0 },
        { "reason", 'r', CLI_TEXT, "TEXT", "why: what 'earshot store pins' shows to others",
          &reason, 0, 0 },
    };
    const struct cli_command command = {
        "store pin",
        "CALL --reason TEXT --store DIR",
        "keeps a call, rows and packets, whatever retention says",
        "  earshot store pin 0dd2f00000000001 --reason 'case 4711' --store /var/lib/earshot\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct timespec now;
    char by[64];
    uint64_t id;
    int err, first, status = cli_parse(&command, argc, argv, &first);

    if (status == -1)
        status = which_call(&command, store, argc, argv, first, &id);
    if (status != -1)
        return status;
    if (!reason || !*reason)
        return cli_fail(&command, EXIT_USAGE, "why? '--reason TEXT': whoever finds it will ask");
    if (pins_has(store, id))
        return cli_fail(&command, EXIT_TROUBLE,
                        "the call is pinned already: 'earshot store pins' says by whom");
    clock_gettime(CLOCK_REALTIME, &now);
    name_myself(by);
    err = pins_add(store, &(struct pin){ .call = id,
                                         .time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
                                         .by = slice_of_text(by),
                                         .reason = slice_of_text(reason) });
    return err ? cannot(&command, "pinned", store, err) : EXIT_OK;
}

int cmd_store_unpin(int argc, char **argv)
{
    const char *store = NULL;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store", &store, 0, 0 },
    };
    const struct cli_command command = {
        "store unpin",
        "CALL --store DIR",
        "lets a pinned call go when its time has come",
        NULL,
        options,
        1,
    };
    uint64_t id;
    int err, first, status = cli_parse(&command, argc, argv, &first);

    if (status == -1 && (argc - first != 1 || !is_pinned_id(store, argv[first], &id)))
        status = which_call(&command, store, argc, argv, first, &id);
    if (status != -1)
        return status;
    err = pins_remove(store, id);
    if (err == -ENOENT)
        return cli_fail(&command, EXIT_TROUBLE, "the call is not pinned");
    return err ? cannot(&command, "unpinned", store, err) : EXIT_OK;
}

struct listing {
    bool json;
    struct strbuf out;
    uint64_t pins;
};

static void add_json(struct listing *l, const struct pin *pin)
{
    struct jsonw j = jsonw_to(&l->out);
    char id[32];

    snprintf(id, sizeof id, "%016llx", (unsigned long long)pin->call);
    jsonw_object_open(&j);
    jsonw_key(&j, "id");
    jsonw_text(&j, slice_of_text(id));
    jsonw_key(&j, "time");
    if (pin->time == RECORD_NONE)
        jsonw_null(&j);
    else
        jsonw_time(&j, pin->time);
    jsonw_key(&j, "by");
    jsonw_text(&j, pin->by);
    jsonw_key(&j, "reason");
    jsonw_text(&j, pin->reason);
    jsonw_object_close(&j);
}

/* "2026-11-21 10:00", or as many blanks. */
static void add_minute(struct strbuf *out, int64_t time_ns)
{
    char text[UTC_TEXT_MAX] = "";

    if (time_ns != RECORD_NONE)
        utc_format_ms(time_ns, text);
    strbuf_addf(out, "%-16.16s", text);
}

static bool on_pin(void *ctx, const struct pin *pin)
{
    struct listing *l = ctx;

    l->pins++;
    strbuf_reset(&l->out);
    if (l->json) {
        add_json(l, pin);
    } else {
        call_line_id(&l->out, pin->call);
        strbuf_add_text(&l->out, "  ");
        add_minute(&l->out, pin->time);
        strbuf_add_text(&l->out, "  ");
        call_line_cell(&l->out, pin->by.p ? pin->by : SLICE("-"), 20);
        strbuf_add_char(&l->out, ' ');
        strbuf_add_printable(&l->out, pin->reason);
    }
    strbuf_add_char(&l->out, '\n');
    return !l->out.failed && fwrite(l->out.p, 1, l->out.len, stdout) == l->out.len;
}

int cmd_store_pins(int argc, char **argv)
{
    struct listing l = { 0 };
    const char *store = NULL;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store", &store, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON object a line", &l.json, 0, 0 },
    };
    const struct cli_command command = {
        "store pins", "--store DIR", "lists the calls that retention leaves alone, oldest first",
        NULL,         options,       2,
    };
    struct query *q;
    int err, first, status = cli_parse(&command, argc, argv, &first);

    if (status == -1)
        status = store_query_open(&command, store, &q); /* says what a folder that is none lacks */
    if (status != -1)
        return status;
    query_close(q);
    err = pins_each(store, on_pin, &l);
    strbuf_fini(&l.out);
    if (err)
        return store_query_failed(&command, "the pins", err);
    if (l.pins == 0 && !l.json)
        puts("no call is pinned");
    return fflush(stdout) == 0 ? EXIT_OK : EXIT_CANNOT_WRITE;
}
