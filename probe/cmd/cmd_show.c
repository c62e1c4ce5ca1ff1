#include "probe/cmd/cmd.h"
#include "probe/cmd/ladder.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/show_story.h"
#include "probe/cmd/show_stream.h"
#include "probe/cmd/sparkline.h"
#include "probe/cmd/store_query.h"
#include "probe/cmd/why.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct view {
    const char *store;
    bool json, why;
    struct strbuf out;
    struct leg_record *owned[QUERY_LEGS_MAX]; /* of the conversation */
    struct leg_record legs[QUERY_LEGS_MAX];   /* the same, side by side */
    struct story_scene scene;
};

static bool keep_leg(void *ctx, const void *record)
{
    struct view *v = ctx;
    size_t n = v->scene.leg_count;

    if (n == QUERY_LEGS_MAX)
        return false;
    v->owned[n] = record_clone(&record_type_leg, record);
    if (!v->owned[n])
        return false;
    v->legs[n] = *v->owned[n];
    v->scene.legs = v->legs;
    v->scene.leg_count++;
    return true;
}

static void add_once(uint64_t *ids, size_t *count, uint64_t id)
{
    for (size_t i = 0; i < *count; i++) {
        if (ids[i] == id)
            return;
    }
    if (*count < LADDER_CALLS_MAX)
        ids[(*count)++] = id;
}

/* All legs in one ladder, this call first. */
static int draw_ladder(struct view *v, uint64_t call)
{
    uint64_t ids[LADDER_CALLS_MAX] = { call };
    size_t count = 1;

    for (size_t i = 0; i < v->scene.leg_count; i++) {
        add_once(ids, &count, v->legs[i].call_a);
        add_once(ids, &count, v->legs[i].call_b);
    }
    return ladder_draw(&v->out, v->store, ids, count);
}

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
    show_story_add(&v->out, c, &v->scene, sparkline_terminal_width());
    strbuf_add_char(&v->out, '\n');
    show_call_heading(&v->out, c);
    show_story_evidence(&v->out, c, &v->scene);
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
    err = draw_ladder(v, c->id);
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
        "tells one call: what happened and why, its evidence, its ladder, its streams",
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
        err = v.json ? 0 : query_legs(q, id, keep_leg, &v);
        if (err == 0)
            err = query_call(q, id, show_call, &v);
        status = err ? store_query_failed(&command, "the call", err) : EXIT_OK;
        fwrite(v.out.p ? v.out.p : "", 1, v.out.len, stdout);
    }
    for (size_t i = 0; i < v.scene.leg_count; i++)
        free(v.owned[i]);
    strbuf_fini(&v.out);
    query_close(q);
    return fflush(stdout) == 0 ? status : EXIT_CANNOT_WRITE;
}
