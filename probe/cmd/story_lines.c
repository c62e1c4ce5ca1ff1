#include "probe/cmd/story_lines.h"

#include "analyzer/story/story.h"

#include <stddef.h>
#include <stdlib.h>

enum { LEGS_OF_CALL_MAX = 32 };

static void let_go(struct story_call *kept)
{
    for (size_t i = 0; i < kept->stream_count; i++)
        free(kept->owned[i]);
    free(kept->owned);
    free(kept->streams);
    free(kept->call);
}

/* False without memory: nothing is kept then. */
static bool keep(struct story_call *kept, const struct call_record *call)
{
    size_t room = call->stream_count ? call->stream_count : 1;

    *kept = (struct story_call){ .call = record_clone(&record_type_call, call),
                                 .streams = calloc(room, sizeof *kept->streams),
                                 .owned = calloc(room, sizeof(struct stream_record *)) };
    if (!kept->call || !kept->streams || !kept->owned)
        goto fail;
    for (; kept->stream_count < call->stream_count; kept->stream_count++) {
        size_t i = kept->stream_count;

        kept->owned[i] = record_clone(&record_type_stream, &call->streams[i]);
        if (!kept->owned[i])
            goto fail;
        kept->streams[i] = *kept->owned[i];
    }
    kept->call->streams = kept->streams;
    kept->call->stream_count = kept->stream_count;
    return true;
fail:
    let_go(kept);
    return false;
}

void story_lines_fini(struct story_lines *s)
{
    for (size_t i = 0; i < s->call_count; i++)
        let_go(&s->calls[i]);
    for (size_t i = 0; i < s->leg_count; i++)
        free(s->legs[i]);
    for (size_t i = 0; i < s->registration_count; i++)
        free(s->registrations[i]);
    s->call_count = s->leg_count = s->registration_count = 0;
}

static void add_line(struct strbuf *out, const struct call_record *call,
                     const struct story_scene *scene)
{
    struct strbuf text = { 0 };

    story_add_text(&text, call, scene);
    strbuf_add_printable(out, call->call_id);
    strbuf_add_text(out, ": ");
    strbuf_add_printable(out, strbuf_slice(&text));
    strbuf_add_char(out, '\n');
    strbuf_fini(&text);
}

static void add_registration(struct strbuf *out, const struct registration_record *r)
{
    struct strbuf text = { 0 };

    story_add_registration(&text, r);
    strbuf_add_printable(out, r->user.p ? r->user : SLICE("-"));
    strbuf_add_char(out, '@');
    strbuf_add_printable(out, r->domain.p ? r->domain : SLICE("-"));
    strbuf_add_text(out, ": ");
    strbuf_add_printable(out, strbuf_slice(&text));
    strbuf_add_char(out, '\n');
    strbuf_fini(&text);
}

/* Both begin with their id. */
static uint64_t id_of(const void *record)
{
    uint64_t id;

    memcpy(&id, record, sizeof id);
    return id;
}
_Static_assert(offsetof(struct leg_record, id) == 0, "id_of");
_Static_assert(offsetof(struct registration_record, id) == 0, "id_of");

static void take_last(void **list, size_t *count, const struct record_type *type,
                      const void *record)
{
    void *copy = record_clone(type, record);

    if (!copy)
        return;
    for (size_t i = 0; i < *count; i++) {
        if (id_of(list[i]) == id_of(record)) {
            free(list[i]);
            list[i] = copy;
            return;
        }
    }
    if (*count < STORY_LINES_OTHERS_MAX)
        list[(*count)++] = copy;
    else
        free(copy);
}

void story_lines_take(struct story_lines *s, const struct record_type *type, const void *record,
                      struct strbuf *out)
{
    static const struct story_scene alone = { NULL, 0, true };

    if (type == &record_type_leg)
        take_last(s->legs, &s->leg_count, type, record);
    if (type == &record_type_registration)
        take_last(s->registrations, &s->registration_count, type, record);
    if (type != &record_type_call)
        return;
    if (s->call_count < STORY_LINES_CALLS_MAX && keep(&s->calls[s->call_count], record))
        s->call_count++;
    else
        add_line(out, record, &alone);
}

void story_lines_finish(struct story_lines *s, struct strbuf *out)
{
    struct leg_record legs[LEGS_OF_CALL_MAX];

    for (size_t i = 0; i < s->call_count; i++) {
        const struct call_record *call = s->calls[i].call;
        struct story_scene scene = { legs, 0, true };

        for (size_t k = 0; k < s->leg_count && scene.leg_count < LEGS_OF_CALL_MAX; k++) {
            const struct leg_record *leg = s->legs[k];

            if (leg->call_a == call->id || leg->call_b == call->id)
                legs[scene.leg_count++] = *leg;
        }
        add_line(out, call, &scene);
    }
    for (size_t i = 0; i < s->registration_count; i++)
        add_registration(out, s->registrations[i]);
}
