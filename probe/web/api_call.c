/*
 * api_call - one call: its record, its story, its legs, its messages.
 */
#include "probe/web/api_context.h"
#include "probe/web/api_view.h"

#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_msg.h"
#include "analyzer/story/story.h"
#include "storage/packets/call_messages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A ladder of this size cannot be read by anyone; the pcap has the rest. */
enum { MESSAGES_MAX_BYTES = 8 << 20 };

/* The pairs of a conversation, and the calls that they name: this one among them. */
struct group {
    struct leg_record *legs[QUERY_LEGS_MAX]; /* clones */
    size_t leg_count;
    uint64_t calls[QUERY_LEG_CALLS_MAX]; /* the oldest first */
    size_t call_count;
};

/* Ids are times: so in their order. Calls over the cap are none of the group's: query_legs keeps it. */
static void add_call(struct group *g, uint64_t id)
{
    size_t at = 0;

    while (at < g->call_count && g->calls[at] < id)
        at++;
    if ((at < g->call_count && g->calls[at] == id) || g->call_count == QUERY_LEG_CALLS_MAX)
        return;
    memmove(g->calls + at + 1, g->calls + at, (g->call_count - at) * sizeof *g->calls);
    g->calls[at] = id;
    g->call_count++;
}

static bool keep_leg(void *ctx, const void *record)
{
    const struct leg_record *leg = record;
    struct group *g = ctx;

    g->legs[g->leg_count] = record_clone(&record_type_leg, leg);
    if (!g->legs[g->leg_count])
        return false;
    g->leg_count++;
    add_call(g, leg->call_a);
    add_call(g, leg->call_b);
    return g->leg_count < QUERY_LEGS_MAX;
}

/* As far as they may be shown. */
static int mask_legs(struct api_context *c, struct group *g)
{
    for (size_t i = 0; api_view_is_masked(c) && i < g->leg_count; i++) {
        const void *shown = api_view_record(c, &record_type_leg, g->legs[i]);
        struct leg_record *leg = shown ? record_clone(&record_type_leg, shown) : NULL;

        if (!leg)
            return -ENOMEM;
        free(g->legs[i]);
        g->legs[i] = leg;
    }
    return 0;
}

static void group_fini(struct group *g)
{
    for (size_t i = 0; i < g->leg_count; i++)
        free(g->legs[i]);
}

/* err: what became of looking for the call and writing it. */
static void end_answer(struct api_context *c, int err)
{
    if (err == -ENOENT)
        api_fail_no_call(c);
    else if (err)
        api_fail_store(c, err);
    else
        api_finish_json(c);
}

/* ---- the call ---- */

/* A field whose name has a dot is an object in JSON: it is written as one of its own. */
void api_call_write_fields(struct jsonw *j, const struct record_type *type, const void *record,
                           const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct record_field *f = record_field_find(type, slice_of_text(names[i]));
        const char *dot = strchr(names[i], '.');
        char outer[32];

        if (dot) {
            snprintf(outer, sizeof outer, "%.*s", (int)(dot - names[i]), names[i]);
            jsonw_key(j, outer);
            jsonw_object_open(j);
        }
        jsonw_key(j, dot ? dot + 1 : names[i]);
        record_write_field(j, f, record);
        if (dot)
            jsonw_object_close(j);
    }
}

/* What a ladder of all legs needs of each: not what it looked like every five seconds. */
static void write_stream(struct jsonw *j, const struct stream_record *s)
{
    static const char *const names[] = {
        "id",    "ssrc",       "src",      "dst",     "direction", "media", "foreign_source",
        "codec", "start_time", "end_time", "packets", "expected",  "lost",  "mos_lq.jb200",
    };

    jsonw_object_open(j);
    api_call_write_fields(j, &record_type_stream, s, names, sizeof names / sizeof *names);
    jsonw_object_close(j);
}

static bool on_leg_call(void *ctx, const void *record)
{
    static const char *const names[] = {
        "id",
        "call_id",
        "from_user",
        "to_user",
        "from_number",
        "to_number",
        "src",
        "dst",
        "transport",
        "user_agent",
        "invite_time",
        "answer_time",
        "end_time",
        "state",
        "outcome",
        "final_status",
        "final_reason",
        "ended_by",
        "ended_how",
        "duration_ms",
        "trunk_in",
        "trunk_out",
        "media_verdict",
        "mos_lq",
        "loss_ratio",
        "capture_confidence",
    };
    struct api_context *c = ctx;
    const struct call_record *call = api_view_record(c, &record_type_call, record);
    struct jsonw *j = &c->json;

    if (!call)
        return false;
    jsonw_object_open(j);
    api_call_write_fields(j, &record_type_call, call, names, sizeof names / sizeof *names);
    jsonw_key(j, "streams");
    jsonw_array_open(j);
    for (size_t i = 0; i < call->stream_count; i++)
        write_stream(j, &call->streams[i]);
    jsonw_array_close(j);
    jsonw_object_close(j);
    return false;
}

/* A leg whose record is gone with its day is left out. */
static int write_group(struct api_context *c, const struct group *g)
{
    struct jsonw *j = &c->json;
    int err = 0;

    jsonw_object_open(j);
    jsonw_key(j, "calls");
    jsonw_array_open(j);
    for (size_t i = 0; i < g->call_count && err == 0; i++) {
        err = query_call(c->api->query, g->calls[i], on_leg_call, c);
        if (err == -ENOENT)
            err = 0;
    }
    jsonw_array_close(j);
    jsonw_key(j, "pairs");
    jsonw_array_open(j);
    for (size_t i = 0; i < g->leg_count; i++)
        record_write_alone(j, &record_type_leg, g->legs[i]);
    jsonw_array_close(j);
    jsonw_object_close(j);
    return err;
}

struct call_writer {
    struct api_context *c;
    const struct group *group;
    bool found;
    bool failed;
};

static bool on_call(void *ctx, const void *record)
{
    struct call_writer *w = ctx;
    struct story_scene scene = { .leg_count = w->group->leg_count };
    struct leg_record *legs = calloc(scene.leg_count ? scene.leg_count : 1, sizeof *legs);
    const void *call = api_view_record(w->c, &record_type_call, record);

    w->found = true;
    w->failed = !legs || !call;
    if (w->failed) {
        free(legs);
        return false;
    }
    for (size_t i = 0; i < scene.leg_count; i++)
        legs[i] = *w->group->legs[i];
    scene.legs = legs;
    record_write_members(&w->c->json, &record_type_call, call);
    jsonw_key(&w->c->json, "story");
    story_write(call, &scene, &w->c->json);
    free(legs);
    return false;
}

static int write_call(struct api_context *c, const struct group *g)
{
    struct call_writer w = { .c = c, .group = g };
    int err;

    jsonw_object_open(&c->json);
    err = query_call(c->api->query, c->id, on_call, &w);
    if (err == 0 && !w.found)
        err = -ENOENT;
    if (err == 0 && w.failed)
        err = -ENOMEM;
    if (err == 0) {
        jsonw_key(&c->json, "legs");
        err = write_group(c, g);
    }
    jsonw_object_close(&c->json);
    return err;
}

void api_call_get(struct api_context *c)
{
    struct group group = { .leg_count = 0 };
    int err = query_legs(c->api->query, c->id, keep_leg, &group);

    if (err == 0)
        err = mask_legs(c, &group);
    if (err == 0)
        err = write_call(c, &group);
    group_fini(&group);
    end_answer(c, err);
}

/* ---- its messages ---- */

static void write_addr(struct jsonw *j, const struct addr *a)
{
    char text[ADDR_TEXT_MAX];

    jsonw_text(j, slice_of(text, addr_format(a, text)));
}

static bool on_message(void *ctx, const struct stored_message *message)
{
    struct api_context *c = ctx;
    struct strbuf room = { 0 };
    struct slice raw = api_view_message(c, message->raw, &room);
    struct jsonw *j = &c->json;
    struct sip_msg sip;

    if (c->x->body.len > MESSAGES_MAX_BYTES) {
        c->cut = true;
        strbuf_fini(&room);
        return false;
    }
    sip_msg_parse(&sip, raw);
    jsonw_object_open(j);
    jsonw_key(j, "call");
    api_write_id(j, message->call);
    jsonw_key(j, "time");
    jsonw_time(j, message->time_ns);
    jsonw_key(j, "src");
    write_addr(j, &message->src);
    jsonw_key(j, "dst");
    write_addr(j, &message->dst);
    api_write_key_text(j, "method", sip.is_request ? sip.method_text : SLICE_ABSENT);
    jsonw_key(j, "status");
    if (sip.status)
        jsonw_int(j, sip.status);
    else
        jsonw_null(j);
    api_write_key_text(j, "reason", sip.reason);
    api_write_key_text(j, "request_uri", sip.request_uri);
    api_write_key_text(j, "cseq", sip.cseq_text);
    api_write_key_text(j, "call_id", sip.call_id);
    api_write_key_text(j, "from_tag", sip.from_tag);
    api_write_key_text(j, "to_tag", sip.to_tag);
    api_write_key_text(j, "branch", sip.via_branch);
    jsonw_key(j, "has_sdp");
    jsonw_bool(j, sdp_find_body(sip.content_type, sip.body).p != NULL);
    api_write_key_text(j, "raw", raw);
    jsonw_object_close(j);
    strbuf_fini(&room);
    return true;
}

void api_call_get_messages(struct api_context *c)
{
    struct group group = { .leg_count = 0 };
    int err = c->asked.legs ? query_legs(c->api->query, c->id, keep_leg, &group) : 0;

    add_call(&group, c->id);
    jsonw_object_open(&c->json);
    jsonw_key(&c->json, "messages");
    jsonw_array_open(&c->json);
    if (err == 0)
        err = call_messages_read_all(c->api->options.store_dir, group.calls, group.call_count,
                                     on_message, c);
    jsonw_array_close(&c->json);
    if (c->cut) {
        jsonw_key(&c->json, "cut");
        jsonw_bool(&c->json, true);
    }
    jsonw_object_close(&c->json);
    group_fini(&group);
    end_answer(c, err);
}
