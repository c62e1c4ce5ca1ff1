/*
 * silences - alerts that nobody wants to hear of until a time, by label.
 *
 * A silence holds back messages, never the alert: it is raised, shown and kept, and says who silenced
 * it. When it ends while the alert still fires, the alert is told then.
 *
 * Thread  Any; each call takes the state_db's lock.
 * Time    Milliseconds since 1970, of the wall clock.
 */
#ifndef PROBE_STATE_SILENCES_H
#define PROBE_STATE_SILENCES_H

#include "probe/state/label_match.h"
#include "probe/state/state_db.h"

enum { SILENCES_MAX = 1000, SILENCE_TEXT_MAX = 500, SILENCE_LONGEST_DAYS = 366 };

struct silence {
    int64_t id;
    struct label_match match; /* never of every alert */
    int64_t from_ms, until_ms, created_ms;
    char by[65]; /* the user's name; "": nobody said */
    char comment[SILENCE_TEXT_MAX];
};

typedef bool (*silence_fn)(void *ctx, const struct silence *silence);

/* Its id, or −errno; −ENOSPC: SILENCES_MAX are in force. */
int64_t silences_add(struct state_db *s, const struct silence *silence);
/* Ends it now. −ENOENT. */
int silences_end(struct state_db *s, int64_t id, int64_t now_ms);
/* The newest first; over: those that have ended too. */
int silences_list(struct state_db *s, bool over, int64_t now_ms, silence_fn fn, void *ctx);
/* The one in force for these labels that ends last: 1, 0, −errno. */
int silences_find(struct state_db *s, struct slice labels, int64_t now_ms, struct silence *out);

#endif
