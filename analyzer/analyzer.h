/*
 * analyzer - the same packets in, the same records out.
 *
 * The facade of the knowledge: SIP dialogs, RTP streams, quality. No I/O, no thread, no clock: time
 * is the packets' own. An instance holds all its state, so several can run side by side.
 *
 * Ownership  analyzer_new/free. The sink's functions are called from within the calls below.
 * Thread     One thread an instance.
 * Time       Nanoseconds since 1970 UTC, of the packets.
 */
#ifndef ANALYZER_ANALYZER_H
#define ANALYZER_ANALYZER_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/record.h"

struct analyzer;

enum record_event {
    RECORD_OPENED,  /* first seen */
    RECORD_CHANGED, /* something else is known; sent at most once a tick */
    RECORD_SETTLED, /* its outcome is known: answered, or failed for good. Once a call */
    RECORD_CLOSED,  /* the last word; nothing about it follows. Once a record */
};

struct analyzer_sink {
    void *ctx;
    /* keeper: a pointer of the sink's own that stays with the call (see struct claim). */
    void (*call)(void *ctx, const struct call_record *call, enum record_event event, void **keeper);
    /* A stream that no call claims, when it ends. */
    void (*stream)(void *ctx, const struct stream_record *stream, void **keeper);
    void (*transaction)(void *ctx, const struct transaction_record *transaction);
};

struct analyzer_options {
    size_t max_calls;        /* open at a time; beyond: the oldest unanswered one goes */
    size_t max_streams;      /* open at a time, orphans included */
    size_t max_transactions; /* REGISTER, OPTIONS and the like in flight */
    uint64_t hash_key[2];    /* random in a live run; does not change the records */
};

void analyzer_options_default(struct analyzer_options *options);

enum claim_kind { CLAIM_NONE, CLAIM_SIP, CLAIM_MEDIA };

/* Whose packet this was. The claim is lent until the next call into the analyzer. */
struct claim {
    enum claim_kind kind;
    uint64_t id;   /* of the call, or of the orphan stream */
    void **keeper; /* the sink's pointer in that call; NULL at first */
};

/* 0 or −ENOMEM. The sink is copied. */
int analyzer_new(struct analyzer **ap, const struct analyzer_options *options,
                 const struct analyzer_sink *sink);
void analyzer_free(struct analyzer *a);

/* Takes one datagram; says in which bin it belongs and whose it was. */
enum packet_bin analyzer_datagram(struct analyzer *a, const struct datagram *d,
                                  struct claim *claim);

/* Lets time pass: what is due expires, what changed since the last tick is reported. Call it about
 * once a second of packet time; going back is harmless. */
void analyzer_tick(struct analyzer *a, int64_t now_ns);

/* The end of the packets: everything open is closed and reported. */
void analyzer_finish(struct analyzer *a);

/* The probe's own losses since the last call, so that calls open now carry reduced confidence. */
void analyzer_note_capture_loss(struct analyzer *a, uint64_t dropped);

const struct counters *analyzer_counters(const struct analyzer *a);
size_t analyzer_open_calls(const struct analyzer *a);

#endif
