/*
 * story - a call told in plain words: who called whom, what happened, whose fault it was, how it
 * sounded, and how sure the probe is.
 *
 * The one place where a record becomes sentences: 'earshot show', the API and the page tell the same.
 * A sentence says what its evidence is; what is not known is not said.
 *
 * Strings in it are a stranger's: who prints them escapes them for the place where they go.
 *
 * Thread  Any.
 */
#ifndef ANALYZER_STORY_STORY_H
#define ANALYZER_STORY_STORY_H

#include "analyzer/record.h"

/* clang-format off */
#define STORY_PARTS(X)                                                        \
    X(WHO,   "who")    /* called whom, by which trunk, to where */            \
    X(WHAT,  "what")   /* happened */                                         \
    X(FAULT, "fault")  /* whose, and by what evidence */                      \
    X(STANDARD, "standard") /* where its messages break it */                 \
    X(SOUND, "sound")  /* what was heard of it, and by whom */                \
    X(LEGS,  "legs")   /* other calls that belong to it */                    \
    X(SURE,  "sure")   /* how far the probe is to be believed */
/* clang-format on */

enum story_part {
#define X(id, name) STORY_##id,
    STORY_PARTS(X)
#undef X
        STORY_PART_COUNT
};

/* What belongs to the story besides the call: legs of which it is one, from the store. Those that
 * do not name the call are skipped. */
struct story_scene {
    const struct leg_record *legs;
    size_t leg_count;
    bool over; /* the capture has ended: nothing more will be known */
};

/* A JSON array of {"part":"what","text":"…"}, in the order of the parts. */
void story_write(const struct call_record *call, const struct story_scene *scene, struct jsonw *j);

/* One part of it; nothing where there is nothing to tell. */
void story_add_part(struct strbuf *out, enum story_part part, const struct call_record *call,
                    const struct story_scene *scene);

/* The same as one line of text. */
void story_add_text(struct strbuf *out, const struct call_record *call,
                    const struct story_scene *scene);

/* A registration in a sentence or two. */
void story_add_registration(struct strbuf *out, const struct registration_record *registration);

#endif
