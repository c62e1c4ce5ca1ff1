/*
 * outbox - which alerts have been told to whom, kept over a restart.
 *
 * In state.sqlite: the version of each alert that was last looked at, and the messages, each with its alerts, its body as it is sent and the same id for every try.
 * A message waits until it is delivered or dead; dead ones stay to be looked at, and to be sent again
 * when somebody says so.
 *
 *   waiting -> delivered   the receiver took it
 *   waiting -> waiting     it did not; not before next_try
 *   waiting -> dead        given up, refused for good, or its receiver is no longer there
 *   dead    -> waiting     outbox_replay
 *
 * Of two waiting messages of one receiver that share an alert only the older one is offered, so
 * "resolved" never overtakes "firing". What ends an alert whose beginning is dead is dead too.
 *
 * Ownership  outbox_open/close; the state_db outlives it.
 * Thread     Any, but what outbox_next lends belongs to one; each call takes the state_db's lock.
 * Time       Milliseconds since 1970, of the wall clock.
 * Errors     −errno.
 */
#ifndef PROBE_STATE_OUTBOX_H
#define PROBE_STATE_OUTBOX_H

#include "probe/state/state_db.h"

enum { OUTBOX_ID_MAX = 64, OUTBOX_NAME_MAX = 64, OUTBOX_REASON_MAX = 200, OUTBOX_ALERTS_MAX = 64 };

struct outbox;

int outbox_open(struct outbox **op, struct state_db *state);
void outbox_close(struct outbox *o);

/* Whether the alerts of before its time have been marked as seen. */
bool outbox_has_begun(const struct outbox *o);
int outbox_note_begun(struct outbox *o, int64_t now_ms);

/* One transaction; see state_db_begin. */
int outbox_begin(struct outbox *o);
int outbox_commit(struct outbox *o);
void outbox_rollback(struct outbox *o);

/* ---- alerts ---- */

struct outbox_seen {
    int64_t changed_ns; /* of the version; 0: any version of that state */
    char state[16];
    bool is_done; /* nobody is to be told any more of it */
};

/* 1: seen, 0: not, or −errno. */
int outbox_find_seen(struct outbox *o, uint64_t alert, struct outbox_seen *seen);
int outbox_note_seen(struct outbox *o, uint64_t alert, int64_t changed_ns, struct slice state,
                     bool is_done);
/* The alerts that are not done, newest first; at most max. How many, or −errno. */
int64_t outbox_open_alerts(struct outbox *o, uint64_t *alerts, size_t max);
/* Forgets the alerts with a smaller id: they are no longer in the store. */
int outbox_forget_seen(struct outbox *o, uint64_t before);

struct outbox_told {
    int severity; /* the highest that it was told: 0 info, 1 warning, 2 critical; -1: nothing yet */
    int64_t flaps;    /* of the alert, when it was told */
    bool is_over;     /* that it is over, too */
    const char *held; /* "", or what holds it back: muted silenced maintenance acknowledged hours */
};

/* The texts are lent for the call. */
typedef void (*outbox_told_fn)(void *ctx, const char *receiver, const struct outbox_told *told);

/* What each receiver knows of an alert: that a message is here, not that it arrived. */
int outbox_read_told(struct outbox *o, uint64_t alert, outbox_told_fn fn, void *ctx);
int outbox_note_told(struct outbox *o, uint64_t alert, const char *receiver,
                     const struct outbox_told *told);

/* ---- messages ---- */

struct outbox_message {
    const char *receiver;
    const char *id;    /* its webhook id */
    const char *about; /* firing resolved acknowledged test; again: every so often, and not kept */
    const uint64_t *alerts;
    size_t alert_count;
    struct slice body;
};

/* 1, or 0 when the receiver has one of that id already, or −errno. */
int outbox_add(struct outbox *o, const struct outbox_message *message, int64_t now_ms);

struct outbox_delivery {
    int64_t id;
    int64_t patient_ms; /* since when it is being tried */
    int64_t tries;      /* so far */
    char message[OUTBOX_ID_MAX];
    struct slice body; /* lent until the next outbox_next */
};

/* The oldest message that is due: 1, 0 when there is none, −errno. */
int outbox_next(struct outbox *o, const char *receiver, int64_t now_ms, struct outbox_delivery *d);

int outbox_note_delivered(struct outbox *o, int64_t id, int status, int64_t now_ms);
/* One try more. */
int outbox_note_failed(struct outbox *o, int64_t id, int status, const char *reason,
                       int64_t next_try_ms, int64_t now_ms);
int outbox_note_dead(struct outbox *o, int64_t id, int status, const char *reason, int64_t now_ms);

/* All waiting messages of the receiver that are being tried since before that time are dead. How
 * many, or −errno. */
int64_t outbox_bury(struct outbox *o, const char *receiver, int64_t tried_before_ms,
                    const char *reason, int64_t now_ms);

/* Forgets the messages that were settled before that time and whose alerts are done. */
int outbox_purge(struct outbox *o, int64_t settled_before_ms);

/* ---- receivers ---- */

struct outbox_receiver {
    char name[OUTBOX_NAME_MAX], kind[16], place[96]; /* place: without its secrets */
    char state[8];                                   /* up down gone */
    char reason[OUTBOX_REASON_MAX];                  /* why it is not up */
    int64_t next_try_ms;                             /* of one that is down */
    int64_t waiting, delivered, dead;                /* messages; counted for the list */
    int64_t oldest_waiting_ms;                       /* when it was made; 0: none waits */
    int64_t last_delivered_ms;                       /* 0: never, or long ago */
};

/* Those there are from now on, by name, kind and place; what waits for others is dead. */
int outbox_set_receivers(struct outbox *o, const struct outbox_receiver *receivers, size_t count,
                         int64_t now_ms);
int outbox_note_receiver(struct outbox *o, const char *name, const char *state, const char *reason,
                         int64_t next_try_ms);

typedef bool (*outbox_receiver_fn)(void *ctx, const struct outbox_receiver *receiver);
int outbox_list_receivers(struct outbox *o, outbox_receiver_fn fn, void *ctx);

/* Asks for a test message. −ENOENT: no such receiver. The notifier has to be woken. */
int outbox_ask_test(struct outbox *o, const char *receiver);
/* Takes one such wish: 1 and its name, 0, −errno. */
int outbox_take_test(struct outbox *o, char receiver[OUTBOX_NAME_MAX]);

/* ---- for people ---- */

struct outbox_row {
    int64_t id;
    const char *receiver, *message, *about, *state, *reason; /* lent; reason "": none */
    const uint64_t *alerts;
    size_t alert_count;
    int64_t tries, created_ms, next_try_ms;
    int64_t settled_ms; /* 0: waiting */
    int status;         /* 0: none */
};

struct outbox_query {
    uint64_t alert;       /* 0: any */
    const char *state;    /* NULL: any */
    const char *receiver; /* NULL: any */
    int64_t before;       /* ids below that; 0: all */
    size_t limit;         /* 0: all */
};

typedef bool (*outbox_row_fn)(void *ctx, const struct outbox_row *row);

/* Newest first, until fn says false. */
int outbox_list(struct outbox *o, const struct outbox_query *query, outbox_row_fn fn, void *ctx);

/* Lets dead messages wait again, under the same id: one, or all of them (id 0), of a receiver or of
 * all (NULL). How many; −ENOENT: no such dead message. The notifier has to be woken. */
int64_t outbox_replay(struct outbox *o, int64_t id, const char *receiver, int64_t now_ms);

struct outbox_totals {
    int64_t waiting, delivered, dead;
    int64_t oldest_waiting_ms; /* when it was made; 0: none waits */
};
int outbox_read_totals(struct outbox *o, struct outbox_totals *totals);

/* The database that it is in. */
struct state_db *outbox_state(const struct outbox *o);

#endif
