/*
 * story_part - who tells which part of a story, and what the tellers share.
 *
 * A teller adds whole sentences, each through story_sentence_end; one who has nothing to say adds
 * nothing.
 */
#ifndef ANALYZER_STORY_STORY_PART_H
#define ANALYZER_STORY_STORY_PART_H

#include "analyzer/story/story.h"
#include "analyzer/story/story_words.h"

struct story_tale {
    const struct call_record *call;
    const struct story_scene *scene; /* NULL: none */
};

void story_call_who(const struct story_tale *t, struct strbuf *out);
void story_call_what(const struct story_tale *t, struct strbuf *out);
void story_call_history(const struct story_tale *t, struct strbuf *out);
void story_fault_failure(const struct story_tale *t, struct strbuf *out);
void story_verdict_tell(const struct story_tale *t, struct strbuf *out);
void story_fault_deviations(const struct story_tale *t, struct strbuf *out);
void story_sound_tell(const struct story_tale *t, struct strbuf *out);
void story_legs_tell(const struct story_tale *t, struct strbuf *out);
void story_sure_tell(const struct story_tale *t, struct strbuf *out);

/* A blank before all sentences but the first. */
static inline void story_sentence(struct strbuf *out)
{
    if (out->len)
        strbuf_add_char(out, ' ');
}

static inline bool story_is(struct slice text, const char *word)
{
    return slice_eq(text, slice_of_text(word));
}

#endif
