/*
 * call_note - a short list of things that happened in a call: which, when, who, and a word on it.
 *
 * What the deviations and the history of a call are kept in. A thing that comes again counts up where
 * it stands first; a list has a cap.
 *
 * Ownership  Notes lie in the call's arena and go with it.
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_CALL_CALL_NOTE_H
#define ANALYZER_CALL_CALL_NOTE_H

#include "analyzer/base/arena.h"
#include "analyzer/base/jsonw.h"

enum { CALL_NOTES_MAX = 32, CALL_NOTE_DETAIL_MAX_BYTES = 160 };

struct call_note {
    struct call_note *next; /* later */
    int64_t time_ns;        /* of the first time */
    uint32_t count;
    uint8_t kind;        /* as the list has it */
    uint8_t by;          /* enum call_side + 1; 0: not known */
    struct slice detail; /* absent: none. May be a stranger's text */
};

struct call_notes {
    struct call_note *first, *last;
    uint8_t count;
};

/* once: one that has the same kind and side counts up, else it is another note. False: at the cap, or
 * without memory; the caller counts that. */
bool call_notes_add(struct call_notes *notes, struct arena *arena, uint8_t kind, int64_t time_ns,
                    uint8_t by, struct slice detail, bool once);

/* The first of that kind; NULL: none. */
const struct call_note *call_notes_find(const struct call_notes *notes, uint8_t kind);

/* A JSON array of {"t":…,"<key>":name,"by":"caller","count":…,"detail":…}: name(kind) tells the name. */
void call_notes_write(const struct call_notes *notes, const char *key,
                      struct slice (*name)(uint8_t kind), struct strbuf *out);

#endif
