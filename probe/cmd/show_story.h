/*
 * show_story - the story of a call as paragraphs, and what it rests on: evidence of the verdict,
 * deviations, what happened, links, legs.
 *
 * Every text from the wire is made printable. What there is none of is left out.
 */
#ifndef PROBE_CMD_SHOW_STORY_H
#define PROBE_CMD_SHOW_STORY_H

#include "analyzer/story/story.h"

/* Wrapped to width columns. */
void show_story_add(struct strbuf *out, const struct call_record *call,
                    const struct story_scene *scene, size_t width);

void show_story_evidence(struct strbuf *out, const struct call_record *call,
                         const struct story_scene *scene);

#endif
