#include "probe/cmd/cmd.h"
#include "probe/cmd/ladder.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/show_stream.h"
#include "probe/cmd/sparkline.h"
#include "probe/cmd/store_query.h"
#include "probe/cmd/why.h"

#include <errno.h>
#include <stdio.h>

struct view {
    const char *store;
    bool json, why;
    struct strbuf out;
};

static bool show_call(void *ctx, const void *record)
{
    const struct call_record *c = record;
    struct view *v = ctx;
    struct jsonw j = jsonw_to(&v->out);
    int err;

    if (v->json) {
        record_write_json(&j, &record_type_call, c);
        strbuf_add_char(&v->out, '\n');
        return false;
    }
    show_call_heading(&v->out, c);
    show_call_keys(&v->out, c);
    show_call_reports(&v->out, c);
    if (v->why) {
        for (size_t i = 0; i < c->stream_count; i++) {
            strbuf_add_char(&v->out, '\n');
            why_add(&v->out, &c->streams[i]);
        }
        return false;
    }
    strbuf_add_char(&v->out, '\n');
    err = ladder_draw(&v->out, v->store, c->id);
    if (err)
        strbuf_addf(&v->out, "(no messages are stored: %s)\n",
                    err == -ENOENT ? "none were kept" : strerror(-err));
    for (size_t i = 0; i < c->stream_count; i++) {
        strbuf_add_char(&v->out, '\n');
        show_stream_add(&v->out, &c->streams[i], sparkline_terminal_width());
    }
    return false;
}

int cmd_show(int argc, char **argv)
{
    struct view v = { 0 };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &v.store, 0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "the whole record as JSON", &v.json, 0, 0 },
        { "why", 'w', CLI_FLAG, NULL, "what each MOS is made of, and behind other buffers", &v.why,
          0, 0 },
    };
    const struct cli_command command = {
        "show",
        "CALL --store DIR",
        "prints one call: who, when, how it ended, its ladder, its streams",
        "CALL is the id that 'earshot calls' shows, or a Call-ID (the newest call that has it).\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct query *q;
    uint64_t id;
    int err, first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE, "which call? its id or its Call-ID");
    status = store_query_open(&command, v.store, &q);
    if (status != -1)
        return status;
    status = store_query_find(&command, q, argv[first], &id);
    if (status == -1) {
        err = query_call(q, id, show_call, &v);
        status = err ? store_query_failed(&command, "the call", err) : EXIT_OK;
        fwrite(v.out.p ? v.out.p : "", 1, v.out.len, stdout);
    }
    strbuf_fini(&v.out);
    query_close(q);
    return fflush(stdout) == 0 ? status : EXIT_CANNOT_WRITE;
}
