/*
 * tracker - everything that is open: calls, streams, transactions, and when each ends.
 *
 * The one owner of the tables. signalling.c feeds it SIP, media.c RTP, media_rtcp.c RTCP; this file
 * opens, reports, evicts and closes.
 *
 * Invariants
 *   1. An open call stands in `calls` (newest first among those with one Call-ID) and in `expiry`.
 *   2. A stream stands in `streams` as long as it is open; it belongs to one call, or it is an orphan
 *      and stands in the media map's node of its destination and in `expiry`.
 *   3. Every endpoint of an open call stands in the media map.
 *   4. Each open call that nobody talks in stands in one of `queues`.
 *   5. What is over a limit is refused by name, or the oldest of its kind makes room.
 *
 * Ownership  tracker_init/fini in place; it owns all that it holds.
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_CALL_TRACKER_H
#define ANALYZER_CALL_TRACKER_H

#include "analyzer/call/call.h"
#include "analyzer/call/confidence.h"
#include "analyzer/call/gap_watch.h"
#include "analyzer/call/transaction.h"
#include "analyzer/call/transfer.h"
#include "analyzer/peer/date_watch.h"
#include "analyzer/sink.h"

struct tracker {
    struct analyzer_options options;
    struct analyzer_sink sink;
    struct counters counters;
    struct siphash_key key;
    struct table calls;   /* head of the list of those with one Call-ID */
    struct table streams; /* struct media_stream by key */
    struct table transactions;
    struct table ssrcs; /* struct media_ssrc */
    struct media_map media;
    struct pair_watch pairs;
    struct gap_watch gaps;
    struct loss_windows losses; /* of the probe itself */
    struct legs *legs;
    struct kpi *kpi;
    struct peers *peers;
    struct security *security;
    struct date_watch dates;
    struct expiry call_expiry, orphan_expiry, transaction_expiry;
    struct call_queues queues;
    struct call *changed_head, *changed_tail;
    struct transfers transfers;
    size_t call_count, orphan_count, tone_listeners;
    size_t waiting_count; /* calls that are over, and whose media is judged together with others' */
    int64_t now_ns;       /* of the last tick */
    int64_t heard_ns;     /* of the last SIP message */
    uint64_t calls_total, streams_total;
    uint64_t last_id;
    uint64_t anomalies[SIP_ANOMALY_COUNT]; /* messages that have each */
    uint32_t loss_epoch;                   /* moves when the probe lost packets */
    struct strbuf scratch;                 /* JSON pieces of the record that is being reported */
    struct stream_record stream_records[RECORD_STREAMS_MAX];
};

/* 0 or −ENOMEM. */
int tracker_init(struct tracker *t, const struct analyzer_options *options,
                 const struct analyzer_sink *sink);
void tracker_fini(struct tracker *t);

void tracker_tick(struct tracker *t, int64_t now_ns);
void tracker_finish(struct tracker *t);

/* The newest call with that Call-ID, borrowed, or NULL; the others hang on next_same_id. */
struct call *tracker_find_calls(const struct tracker *t, struct slice call_id);

/* NULL at the limit or without memory (counted). */
struct call *tracker_open_call(struct tracker *t, struct slice call_id, int64_t time_ns);

/* When it is looked at next: it may be over then, or silent for too long. */
void tracker_arm(struct tracker *t, struct call *call, int64_t now_ns);

/* Something about the call is new: it is reported at the next tick. */
void tracker_changed(struct tracker *t, struct call *call);

/* Its outcome is known. Reports once. */
void tracker_settled(struct tracker *t, struct call *call);

/* Its outcome is known: told, once. It stays until its deadline, for whoever did not hear the answer
 * sends the request again. */
void tracker_report_transaction(struct tracker *t, struct transaction *tr);

/* The transaction is over: reported and gone. */
void tracker_end_transaction(struct tracker *t, struct transaction *tr);

/* A name that no other record of this run has. */
uint64_t tracker_new_id(struct tracker *t, int64_t time_ns, uint64_t hash);

/* signalling.c: one SIP message. */
enum packet_bin tracker_sip(struct tracker *t, const struct datagram *d, struct claim *claim);

/* media.c: what looks like RTP, or anything else on a media address. */
enum packet_bin tracker_rtp(struct tracker *t, const struct datagram *d, struct claim *claim);
/* See analyzer_look_ahead. The first gives the hash of the stream's key. */
uint64_t tracker_look_ahead(const struct tracker *t, const struct datagram *d);
void tracker_look_closer(const struct tracker *t, uint64_t stream_hash);
void tracker_look_through(const struct tracker *t, uint64_t stream_hash);
/* media_rtcp.c: what looks like RTCP. */
enum packet_bin tracker_rtcp(struct tracker *t, const struct datagram *d, struct claim *claim);
/* Claims the packet when a call announced its source or destination. True: it did. */
bool tracker_claim_media(struct tracker *t, const struct datagram *d, struct claim *claim);
/* media.c: who announced the address that it goes to, or else comes from: in its own network, or
 * elsewhere. *listener: the one it goes to. */
struct media_endpoint *tracker_find_endpoint(const struct tracker *t, const struct datagram *d,
                                             bool *listener);
/* media.c: a stream of the endpoint's call; NULL: over a limit, counted. */
struct media_stream *tracker_open_stream(struct tracker *t, const struct stream_key *key,
                                         uint8_t payload_type, const struct datagram *d,
                                         const struct media_endpoint *e, bool listener);

/* media.c: an orphan joins the endpoint's call. listener: the endpoint is where it goes to. False:
 * the call is full. And all orphans that go to the endpoint. */
bool tracker_adopt(struct tracker *t, struct media_stream *s, const struct media_endpoint *e,
                   bool listener);
void tracker_adopt_orphans(struct tracker *t, struct media_endpoint *e);
/* media_announce.c: the call's endpoint at that address; NULL: over a limit, counted. The other is one
 * without an address, for what SDP says of media whose address comes later (ICE). */
struct media_endpoint *tracker_add_endpoint(struct tracker *t, struct call *call,
                                            const struct addr *addr, uint32_t network,
                                            enum media_learned by);
struct media_endpoint *tracker_add_unplaced(struct tracker *t, struct call *call, uint8_t side);
/* media_announce.c: what SDP of that side announces. */
void tracker_announce(struct tracker *t, struct call *call, enum call_side side, struct slice body);
/* media.c: the stream with that key, or NULL; whose packets its packets are. */
struct media_stream *tracker_find_stream(const struct tracker *t, const struct stream_key *key);
void tracker_claim_stream(struct media_stream *s, uint32_t plain_bytes, struct claim *claim);
/* media.c: numbers of the stream are missing since the last packet, or that was cut: it may be the
 * probe's or the mirror's own doing. */
void tracker_note_damage(struct tracker *t, struct media_stream *s, uint32_t missing, bool cut,
                         int64_t time_ns);
/* media.c: packets with its key are no longer its own: its ports are another call's. */
void tracker_unfile_stream(struct tracker *t, struct media_stream *s);
/* media_watch.c: a message of the call was taken in. */
void media_watch_message(struct tracker *t, struct call *call, const struct datagram *d);
/* media_watch.c: the call is about to be reported. last: for the last time. */
void media_watch_report(struct tracker *t, struct call *call, bool last);
/* media_watch.c: is one direction newly silent for too long? */
bool media_watch_silence(struct tracker *t, struct call *call, int64_t now_ns);
/* media_watch.c: is the verdict of a call that is over to wait for other calls? */
bool media_watch_waits(struct tracker *t, struct call *call, int64_t now_ns);
/* media_watch.c: the call was reported for the last time. */
void media_watch_close(struct tracker *t, struct call *call);
/* media.c: a stream leaves the tables, because its call or it itself ends. */
void tracker_forget_stream(struct tracker *t, struct media_stream *s);

static inline void tracker_refuse(struct tracker *t, enum refusal why)
{
    t->counters.refusals[why]++;
}

#endif
