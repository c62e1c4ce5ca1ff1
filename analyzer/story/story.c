#include "analyzer/story/story.h"

static const struct slice part_names[STORY_PART_COUNT] = {
#define X(id, name) SLICE_INIT(name),
    STORY_PARTS(X)
#undef X
};

static void tell_who(const struct call_record *call, struct strbuf *out)
{
    strbuf_add(out, call->from_user.p, call->from_user.len);
    strbuf_add_text(out, " called ");
    strbuf_add(out, call->to_user.p, call->to_user.len);
    strbuf_add_char(out, '.');
}

void story_write(const struct call_record *call, const struct story_scene *scene, struct jsonw *j)
{
    struct strbuf text = { .p = NULL };

    (void)scene;
    tell_who(call, &text);
    jsonw_array_open(j);
    jsonw_object_open(j);
    jsonw_key(j, "part");
    jsonw_text(j, part_names[STORY_WHO]);
    jsonw_key(j, "text");
    jsonw_text(j, slice_of(text.p, text.len));
    jsonw_object_close(j);
    jsonw_array_close(j);
    strbuf_fini(&text);
}

void story_add_text(struct strbuf *out, const struct call_record *call,
                    const struct story_scene *scene)
{
    (void)scene;
    tell_who(call, out);
}
