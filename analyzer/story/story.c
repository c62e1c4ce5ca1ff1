#include "analyzer/story/story.h"

#include "analyzer/story/story_part.h"

typedef void (*teller)(const struct story_tale *tale, struct strbuf *out);

/* More than one may tell of a part. */
static const struct {
    enum story_part part;
    teller tell;
} tellers[] = {
    { STORY_WHO, story_call_who },       { STORY_WHAT, story_call_what },
    { STORY_WHAT, story_call_history },  { STORY_FAULT, story_fault_failure },
    { STORY_FAULT, story_verdict_tell }, { STORY_STANDARD, story_fault_deviations },
    { STORY_SOUND, story_sound_tell },   { STORY_LEGS, story_legs_tell },
    { STORY_SURE, story_sure_tell },
};

static const struct slice part_names[STORY_PART_COUNT] = {
#define X(id, name) SLICE_INIT(name),
    STORY_PARTS(X)
#undef X
};

/* The text of a part; empty where there is nothing to tell. */
static void tell(const struct story_tale *tale, enum story_part part, struct strbuf *out)
{
    strbuf_reset(out);
    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++) {
        if (tellers[i].part == part)
            tellers[i].tell(tale, out);
    }
}

void story_write(const struct call_record *call, const struct story_scene *scene, struct jsonw *j)
{
    const struct story_tale tale = { call, scene };
    struct strbuf text = { 0 };

    jsonw_array_open(j);
    for (int part = 0; part < STORY_PART_COUNT; part++) {
        tell(&tale, (enum story_part)part, &text);
        if (text.len == 0)
            continue;
        jsonw_object_open(j);
        jsonw_key(j, "part");
        jsonw_text(j, part_names[part]);
        jsonw_key(j, "text");
        jsonw_text(j, strbuf_slice(&text));
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
    strbuf_fini(&text);
}

void story_add_part(struct strbuf *out, enum story_part part, const struct call_record *call,
                    const struct story_scene *scene)
{
    const struct story_tale tale = { call, scene };
    struct strbuf text = { 0 };

    tell(&tale, part, &text);
    strbuf_add_slice(out, strbuf_slice(&text));
    strbuf_fini(&text);
}

void story_add_text(struct strbuf *out, const struct call_record *call,
                    const struct story_scene *scene)
{
    const struct story_tale tale = { call, scene };
    struct strbuf text = { 0 };
    bool first = true;

    for (int part = 0; part < STORY_PART_COUNT; part++) {
        tell(&tale, (enum story_part)part, &text);
        if (text.len == 0)
            continue;
        if (!first)
            strbuf_add_char(out, ' ');
        first = false;
        strbuf_add_slice(out, strbuf_slice(&text));
    }
    strbuf_fini(&text);
}
