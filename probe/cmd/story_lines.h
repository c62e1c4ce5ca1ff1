/*
 * story_lines - the calls and registrations of a capture as one line each: "CALL-ID: story",
 * "USER@DOMAIN: story".
 *
 * Which calls are legs of one conversation is known at the end only, so calls wait for it, up to a
 * cap; those beyond are told at once, without their legs.
 *
 * Ownership  story_lines_fini frees what waits. Zero-initialised is empty.
 */
#ifndef PROBE_CMD_STORY_LINES_H
#define PROBE_CMD_STORY_LINES_H

#include "analyzer/record.h"

enum { STORY_LINES_CALLS_MAX = 4096, STORY_LINES_OTHERS_MAX = 4096 };

/* A call with streams of its own: record_clone makes a copy of the call alone. */
struct story_call {
    struct call_record *call;
    struct stream_record *streams, **owned;
    size_t stream_count;
};

struct story_lines {
    struct story_call calls[STORY_LINES_CALLS_MAX];
    /* Those that are told of again when more is known: the last word counts. */
    void *legs[STORY_LINES_OTHERS_MAX];          /* struct leg_record */
    void *registrations[STORY_LINES_OTHERS_MAX]; /* struct registration_record */
    size_t call_count, leg_count, registration_count;
};

void story_lines_fini(struct story_lines *s);

/* A record as it comes; what is neither call, leg nor registration is left alone. */
void story_lines_take(struct story_lines *s, const struct record_type *type, const void *record,
                      struct strbuf *out);

/* Those that waited. */
void story_lines_finish(struct story_lines *s, struct strbuf *out);

#endif
