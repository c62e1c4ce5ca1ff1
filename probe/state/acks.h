/*
 * acks - who has taken an alert upon himself, and when.
 *
 * An acknowledged alert is not told again while it fires, not even when it gets worse, but is when
 * it is over.
 *
 * Thread  Any; each call takes the state_db's lock.
 */
#ifndef PROBE_STATE_ACKS_H
#define PROBE_STATE_ACKS_H

#include "probe/state/state_db.h"

struct ack {
    uint64_t alert;
    int64_t time_ms;
    char by[65]; /* the user's name; "": nobody said */
    char comment[500];
};

/* 0; −EEXIST: it has one. */
int acks_add(struct state_db *s, const struct ack *ack);
/* Takes it back. −ENOENT. */
int acks_remove(struct state_db *s, uint64_t alert);
/* 1, 0, −errno. */
int acks_find(struct state_db *s, uint64_t alert, struct ack *out);

#endif
