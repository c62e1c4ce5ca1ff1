/*
 * call - one conversation: its signalling, its media addresses, its streams.
 *
 * A call is Call-ID + From-tag + epoch: a Call-ID that is used again later is another call, a call
 * that forks is one. What arrives in an impossible order is normal on a mirror, so every event is
 * legal in every state (call_state.h).
 *
 * Ownership  call_new/free; it owns its texts, endpoints and streams.
 * Thread     Analysis thread only.
 * Time       Of the packets, ns. RECORD_NONE: has not happened.
 */
#ifndef ANALYZER_CALL_CALL_H
#define ANALYZER_CALL_CALL_H

#include "analyzer/base/arena.h"
#include "analyzer/call/branch.h"
#include "analyzer/call/call_end.h"
#include "analyzer/call/call_note.h"
#include "analyzer/call/call_queue.h"
#include "analyzer/call/call_state.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/hold.h"
#include "analyzer/call/media_map.h"
#include "analyzer/call/media_stream.h"
#include "analyzer/call/media_terms.h"
#include "analyzer/call/session_timer.h"
#include "analyzer/call/sighting.h"
#include "analyzer/kpi/kpi.h"
#include "analyzer/security/security.h"
#include "analyzer/sip/sip_msg.h"

enum {
    CALL_ID_MAX_BYTES = 1024, /* what is kept of a Call-ID; compared by hash beyond */
    CALL_TEXT_MAX_BYTES = 512,
    CALL_ARENA_MAX_BYTES = 64 * 1024,
    CALL_ENDPOINTS_MAX = 32,
    CALL_REINVITES_MAX = 1000000,
};

struct call_link;
struct plan_destination;
struct plan_trunk;
struct vq_entry;

enum call_side { SIDE_CALLER, SIDE_CALLEE };

struct call {
    void *keeper; /* the sink's; with the id in the first line, as every packet asks for both */
    uint64_t id;
    struct expiry_link expiry;
    struct call *next_same_id; /* older call with the same Call-ID */
    struct call *next_changed, *previous_changed;
    struct call_queue_link queue;
    uint64_t call_id_hash;
    struct arena arena;

    struct slice call_id, from_uri, to_uri, from_user, to_user, request_uri, from_tag, to_tag;
    struct slice user_agent, server, final_reason, reason_header;
    struct addr src, dst; /* of the first INVITE */
    uint32_t network;
    struct path path;       /* of the first INVITE */
    uint64_t sip_anomalies; /* of any of its messages: bits 1 << enum sip_anomaly */
    uint8_t transport;

    uint8_t state;                   /* enum call_state */
    uint8_t ended_by;                /* enum call_side + 1; 0: nobody, or not known */
    bool challenged, challenge_open; /* 401/407 seen; … and not answered by another INVITE yet */
    bool cancelled;
    bool acked;
    bool bye_seen;
    bool truncated; /* a packet of it was cut by the snap length */
    bool changed;   /* stands in the list of changed calls */
    bool opened, settled;
    bool invite_seen, invite_cseq_known;
    bool invite_done;     /* whoever sent the INVITE has its final answer */
    bool failure_pending; /* final_status is that of a branch; the caller has not heard it (yet) */
    bool early_media, late_offer;
    bool given_up;                      /* its deadline has passed */
    bool transfer_asked, transfer_open; /* by REFER; … and what came of it is not known yet */
    uint8_t message_kind;               /* enum sighting: of the message that is being taken in */
    uint8_t ended_how;                  /* enum call_end */
    uint8_t branch_count;               /* in the list */
    int8_t q850_cause;                  /* −1: none */
    bool cseq_known[2], reinvite_known[2]; /* by enum call_side */
    uint8_t endpoint_count, stream_count;
    uint16_t final_status, challenge_status; /* 0: none */
    uint32_t invite_cseq, bye_cseq;
    uint32_t final_cseq; /* of the INVITE that final_status answers: it may be seen only later */
    uint32_t invite_via, invite_ends; /* where it was seen first, see sighting.h */
    uint64_t invite_event;
    uint32_t reinvite_cseq[2]; /* of the last one, by enum call_side */
    uint32_t cseq_highest[2];  /* of requests but ACK and CANCEL, by enum call_side */
    uint32_t sightings;        /* messages seen once more elsewhere */
    uint32_t answer_repeats;   /* retransmissions of its 2xx */
    uint32_t invite_count, reinvite_count, retransmissions;
    uint32_t loss_epoch; /* of the analyzer when the call began */

    int64_t first_time, invite_time, first_18x_time, first_progress_time, answer_time, final_time;
    int64_t bye_time, bye_answer_time, end_time, last_sip_time;
    int64_t invite_try_time;    /* of the INVITE that counts: the last one with a CSeq of its own */
    int64_t answer_repeat_time; /* of the last */
    int64_t replaced_time;      /* another call that takes its place was answered */

    struct sightings seen;
    struct call_branch *branches; /* the newest first */
    struct session_timer session;
    struct hold *hold;         /* NULL: no offer within the dialog yet */
    struct addr challenged_by; /* who asked for credentials last */

    uint8_t sdp_direction[2]; /* enum sdp_direction the side said last, by enum call_side */
    bool sdp_seen[2];
    uint8_t image_sides; /* bits 1 << enum call_side: who spoke of fax in SDP */
    bool has_fax;        /* it was heard */
    struct call_media media;
    struct keypress_list keys;    /* that were sent as INFO */
    struct vq_entry *vq_reports;  /* what phones said of it, in the arena */
    struct deviation_watch watch; /* what deviations are told by */
    struct call_notes deviations, history;
    struct call_link *links;
    const struct plan_trunk *trunk_in, *trunk_out; /* the plan's; NULL: of none */
    const struct plan_destination *destination;
    int8_t emergency;                      /* 1: it calls for help; −1: cannot be told */
    uint8_t trunk_in_hops, trunk_out_hops; /* Max-Forwards of the hops that named them */
    struct slice from_number, to_number;   /* E.164; absent: cannot be told */
    struct slice stir;                     /* JSON; absent: no Identity header */
    int64_t settled_time, closed_time;
    struct kpi_mark kpi;
    struct security_mark guard;
    struct media_endpoint *endpoints;
    struct media_stream **streams; /* in the arena */
    uint8_t stream_room;
};

/* NULL without memory. */
struct call *call_new(struct slice call_id, uint64_t call_id_hash, int64_t time_ns);
/* Streams and endpoints must have been taken out of their tables. */
void call_free(struct call *call);

/* Copies a text into the call; counts what had to be cut. */
struct slice call_keep(struct call *call, struct slice text, size_t max_len, struct counters *c);

/* Takes a stream in; false at RECORD_STREAMS_MAX or without memory. */
bool call_add_stream(struct call *call, struct media_stream *s);

/* Has the call seen that message: what is it now? */
enum sighting call_recognise(const struct call *call, const struct sip_msg *msg,
                             const struct sighting_mark *mark, int64_t time_ns);

/* Takes one message in; the caller has found the call and set message_kind. */
void call_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                  const struct sighting_mark *mark, struct counters *counters);

/* A failure that was pending is the call's own. */
void call_fail(struct call *call);

/* Who sent the message: the caller or the callee. */
enum call_side call_sender(const struct call *call, const struct sip_msg *msg);

/* Of whose transaction it is: each side counts CSeq on its own (RFC 3261 §12.2.1.1). */
bool call_is_by_callee(const struct call *call, const struct sip_msg *msg);

/* Does this INVITE, which carries the call's Call-ID and From-tag, open another call? */
bool call_is_other(const struct call *call, const struct sip_msg *msg,
                   const struct sighting_mark *mark, int64_t time_ns);

/* Is it, though its CSeq is known, the answer to a challenge or a redirection? */
bool call_is_new_try(const struct call *call, const struct sip_msg *msg,
                     const struct sighting_mark *mark);

/* Failures that a client answers with a corrected INVITE of the same call. */
bool call_is_retried(uint16_t status);

/* Does the message carry the tags of this call, either way round? */
bool call_has_tags(const struct call *call, const struct sip_msg *msg);
/* … both of them, one being of a branch that was heard of? */
bool call_has_dialog(const struct call *call, const struct sip_msg *msg);

/* Was fax (T.38) agreed on, or heard? */
bool call_has_fax(const struct call *call);

/* The time of its last packet, signalling or media. */
int64_t call_last_time(const struct call *call);

/* When it is over, if nothing more comes. */
int64_t call_deadline(const struct call *call);

#endif
