/*
 * record - what comes out: calls, streams, transactions, captures, alerts, as plain values.
 *
 * This is the public contract in one place. Each record type is a struct and a table of its fields;
 * the table makes the JSON, the columns of the database, the answers of the API and the names that
 * a rule may use, so they cannot drift apart. To add a field is to add it here and in record.c.
 *
 * Ownership  Slices are borrowed for the time of the call that hands the record over;
 *            record_clone makes a copy that stands alone.
 * Unknown    RECORD_NONE in an integer or time, NaN in a real, −1 in a bool, an absent slice,
 *            port 0 with an all-zero address: all become null.
 * Time       Nanoseconds since 1970 UTC.
 */
#ifndef ANALYZER_RECORD_H
#define ANALYZER_RECORD_H

#include "analyzer/base/addr.h"
#include "analyzer/base/jsonw.h"

#define RECORD_NONE INT64_MIN

/* Loss alone, five fixed jitter buffers, one that adapts. */
enum { RECORD_MODELS = 7, RECORD_STREAMS_MAX = 64 };

struct playout_result {
    int64_t late;       /* arrived after their playout time */
    int64_t lost_total; /* never seen, or late */
};

struct stream_record {
    uint64_t id;   /* Earshot's own, unique in a store */
    uint64_t call; /* id of its call; 0: no SDP announced it */
    struct slice call_id;
    int64_t ssrc; /* fax has none */
    struct addr src, dst;
    struct slice direction; /* caller_to_callee callee_to_caller unknown */
    struct slice media;     /* audio video image */
    int8_t foreign_source;  /* somebody else sends to the call's port: not part of its quality */
    int64_t payload_type;
    struct slice codec;
    struct slice fmtp; /* the codec's parameters in SDP: what a decoder needs */
    int64_t clock_rate_hz;
    double ptime_ms;
    int64_t start_time, end_time;
    int64_t packets, expected, lost, duplicates, out_of_order, restarts;
    double jitter_ms_mean, jitter_ms_p95, jitter_ms_max;
    double delta_ms_mean, delta_ms_max;
    double skew_ms_min, skew_ms_max; /* of arrivals against the RTP clock since the first packet */
    double clock_drift_ppm; /* of the sender's clock against the probe's; positive: it is fast */
    int64_t talkspurts;     /* begun after a pause (marker and a timestamp gap) */
    int64_t comfort_noise;  /* packets: payload type 13, or the codec's own (SID) */
    double dtx_ratio;       /* share of the media time that was not sent, on purpose */
    int64_t burst_bursts, burst_longest_run;
    double burst_density_ratio, burst_duration_ms, burst_gap_duration_ms, burst_burst_ratio;
    struct slice loss_runs; /* JSON array: runs of 1, 2, 3, 4, 5 to 9, 10 to 19, 20 and more lost */
    struct playout_result jb20, jb50, jb60, jb120, jb200, adaptive;
    double r_raw, r_jb20, r_jb50, r_jb60, r_jb120, r_jb200, r_adaptive, r_cq;
    double mos_lq_raw, mos_lq_jb20, mos_lq_jb50, mos_lq_jb60, mos_lq_jb120, mos_lq_jb200,
        mos_lq_adaptive;
    double mos_cq;
    int64_t bad_seconds;     /* of media time, in which R (jb200, that second alone) was under 60 */
    double worst_10s_mos_lq; /* the worst ten seconds in a row */
    int64_t worst_10s_time;  /* where they begin */
    double interval_mos_p5, interval_mos_p50; /* of the five-second intervals */
    double level_dbm0;                        /* of what is not silence */
    double silence_ratio;                     /* share of packets below −50 dBm0 */
    double clipping_ratio;                    /* share of samples at the end of the scale */
    int64_t rtcp_reports, rtcp_sender_reports, rtcp_lost_cumulative;
    double rtcp_fraction_lost_max, rtcp_jitter_ms_max, rtcp_rtt_ms;
    double rtcp_rtt_receiver_ms; /* from the probe to the receiver and back: one half of rtt_ms */
    int64_t rtcp_sender_packets; /* that the sender says it sent while its reports were heard */
    /* Loss told apart by where the probe stands; null without reports to compare. */
    int64_t rtcp_lost_before_probe, rtcp_lost_after_probe;
    struct slice rtcp_loss_side; /* none before_probe after_probe both */
    struct slice rtcp_cname;
    int64_t rtcp_bye_time;
    struct slice rtcp_xr; /* JSON object: what XR block 7 of the receiver said last */
    int64_t dscp;
    int8_t srtp;
    struct slice codec_model; /* itu literature assumed */
    /* What the headline MOS (jb200) was computed from, so that it can be explained. */
    struct slice model_codec; /* row of docs/codecs: "AMR-12.2" */
    struct slice model_scale; /* nb wb fb */
    double model_ppl_ratio, model_burst_ratio, model_ie, model_bpl, model_delay_ms;
    double model_cq_delay_ms; /* the delay behind mos_cq */
    struct slice model_version;
    /* Fax (T.38). Packets and losses stand above, in UDPTL's sequence numbers. */
    int64_t udptl_recovered;             /* lost, and repeated in a packet after */
    struct slice udptl_error_correction; /* none redundancy fec */
    struct slice events;                 /* JSON array: what changed in mid-stream, by time */
    struct slice intervals;              /* packed, see analyzer/interval.h; a JSON array in JSON */
};

struct call_record {
    uint64_t id;
    struct slice call_id;
    struct slice transport;
    struct slice
        state; /* trying ringing in_call completed cancelled failed abandoned interrupted */
    struct slice from_user, to_user, from_uri, to_uri, request_uri, from_tag, to_tag;
    struct addr src, dst; /* of the first INVITE */
    struct slice user_agent, server;
    int64_t invite_time, first_18x_time, answer_time, end_time;
    int64_t final_status;
    struct slice final_reason, reason_header;
    struct slice ended_by; /* caller callee */
    int8_t auth_challenged;
    int64_t invite_count, retransmissions, reinvite_count;
    double post_dial_delay_ms, setup_ms, ring_ms, disconnect_delay_ms, duration_ms;
    int8_t duration_open;
    struct slice outcome;   /* success failure nos */
    struct slice nos_cause; /* busy cancel not_found other */
    struct slice codecs;    /* JSON array of names */
    int8_t one_way;
    struct slice media_verdict;
    struct slice capture_confidence;         /* high reduced low */
    struct slice capture_confidence_reasons; /* JSON array of names */
    double mos_lq, mos_cq;                   /* the worst stream's */
    double jitter_ms_p95;                    /* the worst stream's */
    double loss_ratio;                       /* the worst stream's lost / expected */
    /* Of its audio streams; foreign ones count in none of these. */
    int64_t bad_seconds;                      /* the worst stream's */
    double worst_10s_mos_lq;                  /* the worst stream's */
    double interval_mos_p5, interval_mos_p50; /* of all intervals of all streams */
    double silence_ratio;                     /* the worst stream's */
    int64_t codec_changes_unannounced;        /* payload types that no SDP named, in mid-stream */
    int64_t foreign_sources;                  /* streams of somebody else to the call's ports */
    int64_t packets;                          /* of all its streams */
    int8_t fax;                               /* T.38 was agreed on, or heard */
    struct slice dtmf;                        /* JSON array */
    struct slice vq_reports;                  /* JSON array: what phones reported (RFC 6035) */
    struct slice vlan, tunnel;                /* of the first INVITE: "100.42", "vxlan 5001" */
    struct slice sip_anomalies; /* JSON array: what is wrong with its messages, by name */
    /* How it went. */
    int64_t settled_time;   /* answered, failed for good, or given up: when the outcome was known */
    int64_t closed_time;    /* BYE, or when the outcome was known of what was never answered */
    struct slice ended_how; /* bye cancel rejected redirected timeout ack_timeout session_timeout
                             * replaced interrupted */
    int64_t q850_cause;     /* of the Reason header that ended it, RFC 3326 */
    struct addr challenged_by; /* who asked for credentials last */
    int64_t branches;          /* To-tags that were heard of: over 1 it forked */
    int64_t sightings; /* messages of it that were seen once more at another point of the path */
    int8_t early_media, late_offer;
    int64_t hold_count;
    double hold_ms;              /* in all, of both sides together */
    int64_t session_expires_s;   /* RFC 4028, as agreed on; null: no timer */
    struct slice history;        /* JSON array: hold, transfer, redirect and the like, by time */
    struct slice links;          /* JSON array: other calls that its messages name */
    struct slice deviations;     /* JSON array: where its messages break the standard, by name */
    struct slice media_evidence; /* JSON object: what media_verdict rests on */
    struct slice media_timeouts; /* JSON array: over 60 s without a packet, answered, not on hold */
    /* Who carried it, and where to. */
    struct slice from_number, to_number; /* E.164 with '+', null where they cannot be told */
    struct slice trunk_in, trunk_out;    /* that the INVITE came from; that it went to */
    struct slice destination;            /* of the longest prefix of to_number: "Germany mobile" */
    struct slice destination_prefix;
    uint64_t leg_group; /* id of the first call of its conversation, where several are joined */
    struct slice stir;  /* JSON object: the Identity header, RFC 8224 */
    /* Of a store: what of its packets is kept (full headers signalling nothing), and who said so. */
    struct slice kept, kept_by;
    int8_t emergency;           /* a number for emergencies was dialled, or urn:service:sos */
    struct slice media_offered; /* what the caller's SDP named last, else the callee's, in words */
    const struct stream_record *streams; /* `streams` in JSON; rows of their own in the store */
    size_t stream_count;
};

/* Two calls that are legs of one conversation: what an SBC or another B2BUA made two of. */
struct leg_record {
    uint64_t id;
    uint64_t leg_group;      /* id of the first call of the conversation */
    uint64_t call_a, call_b; /* a began first */
    struct slice call_id_a, call_id_b;
    int64_t time;          /* when the later one began */
    int8_t certain;        /* by a name that both carry or by equal media; else by score */
    double score;          /* 0..1 */
    struct slice evidence; /* JSON array: what speaks for it and against it, with weights */
    struct slice media;    /* JSON array: streams of both that carry the same sound */
    /* Of the worst of these: what the machine between the two legs adds. */
    double loss_added_ratio, delay_added_ms;
};

/* What a trunk, a destination or all did in one minute. Each figure counts in the minute in which
 * it came about: attempts by invite_time, outcomes by settled_time, ends by closed_time. */
struct kpi_record {
    uint64_t id;
    int64_t time; /* the minute's beginning */
    int64_t window_s;
    struct slice trunk;     /* null: of calls by no trunk that has a name */
    struct slice direction; /* in: from the trunk; out: to it */
    struct slice destination;
    int64_t attempts;
    int64_t answered, failure, nos, nos_busy, nos_cancel, nos_not_found, nos_other;
    double asr_ratio, ner_ratio;                        /* ITU-T E.425 */
    double ser_ratio, seer_ratio, isa_ratio, scr_ratio; /* RFC 6076 */
    int64_t ended;                                      /* answered calls that ended */
    double duration_s;
    double acd_s;
    int64_t short_calls; /* under 6 s */
    int64_t ended_by_caller, ended_by_callee;
    double pdd_ms_p50, pdd_ms_p95;
    double mos_lq_p50, mos_lq_p5;
    int64_t one_way, judged; /* calls whose media was judged, and those of them one way */
    int64_t concurrent_max, channel_limit;
    struct slice responses;                    /* JSON object: final responses by code */
    struct slice pdd_histogram, mos_histogram; /* JSON objects: so that minutes can be added up */
};

/* A user at a registrar, from one source. */
struct registration_record {
    uint64_t id;
    struct slice user, domain;
    struct slice source, registrar; /* IP addresses */
    struct slice state;             /* registered expired removed refused challenged unknown */
    int64_t since;                  /* when that state began */
    int64_t expires_time;
    struct slice contact, user_agent;
    int64_t contacts;
    int64_t attempts, successes, challenges, failures, unanswered;
    int64_t last_status;
    double round_trip_ms; /* of the last that was answered */
    int64_t flaps;        /* times that it was lost and came back */
    int64_t first_seen, last_seen, last_success;
};

/* A host that asks another one: pings, subscriptions, messages; is the trunk alive? */
struct peer_record {
    uint64_t id;
    struct slice source, target; /* IP addresses */
    struct slice trunk;
    struct slice state; /* up down unknown: of the target, by its answers to OPTIONS */
    int64_t since, last_good;
    int64_t pings, answered, unanswered, refused; /* OPTIONS; refused: 5xx */
    double round_trip_ms_mean, round_trip_ms_p95, round_trip_ms_last;
    int64_t flaps;
    int64_t subscribe, notify, publish, message; /* transactions */
    int64_t first_seen, last_seen;
    struct slice history; /* JSON array: when it was up and down, the newest changes */
};

/* Something about a source that a guard wants to know, while it goes on. */
struct security_record {
    uint64_t id;
    struct slice fact;    /* by name: scanner_agent extension_sweep always_refused … */
    struct slice source;  /* IP address */
    struct slice subject; /* a user, number, destination, as the fact has it */
    struct slice trunk;
    int64_t first_seen, last_seen;
    int64_t count;    /* of what happened, in the window when it was most */
    int64_t distinct; /* of users, numbers, …, as far as the fact counts them */
    int64_t window_s, threshold;
    uint64_t call; /* a call that shows it */
    struct slice call_id, user_agent;
    struct slice evidence; /* JSON object */
};

/* REGISTER, OPTIONS, MESSAGE, SUBSCRIBE: one record each, its type the method in lower case. */
struct transaction_record {
    uint64_t id;
    struct slice method; /* register options message subscribe: the "type" in JSON */
    struct slice call_id, user, from_uri, to_uri;
    struct addr src, dst;
    struct slice user_agent;
    int64_t time;
    int64_t final_status;
    struct slice final_reason;
    double round_trip_ms;
    int64_t expires_s;
    int64_t attempts;
    int8_t auth_challenged;
    struct slice contact; /* raw, the first: of the request, then what the answer says of it */
    int64_t contacts;     /* bindings of the user, as the answer to a REGISTER lists them */
};

/* The ledger: what the probe received, understood and lost. Counts of packets unless named else. */
struct capture_record {
    int64_t start_time, end_time;
    struct slice source; /* file or interface */
    int64_t received, received_bytes, kernel_dropped, interface_dropped, truncated;
    int64_t duplicate_frames, fragments_expired, tcp_gaps, tracked_limit;
    int64_t stored, store_dropped;
    int64_t not_kept;           /* the configuration leaves them out of the store */
    struct slice store_losses;  /* JSON object: what the store could not take, by name */
    struct slice bins;          /* JSON object: every packet received is in exactly one */
    struct slice malformed;     /* JSON object: by reason */
    struct slice refusals;      /* JSON object: what a cap refused, by name */
    struct slice sip_anomalies; /* JSON object: messages by what is odd about them */
    struct slice protocols;     /* JSON object: seen, not analysed: packets by protocol, a hint */
    int64_t calls, streams;
};

/* A certificate that a server showed on the wire; one record per server and certificate. Where TLS
 * 1.3 hides it, one per server that says so, with the rest unknown. */
struct certificate_record {
    uint64_t id;
    struct addr server;
    struct slice server_name;         /* what the client asked for (SNI), of the newest handshake */
    struct slice transport;           /* tls dtls */
    struct slice tls_version;         /* "1.2": what the two agreed on */
    struct slice state;               /* seen, not_observable */
    struct slice subject, issuer;     /* RFC 4514 */
    struct slice subject_alt_names;   /* JSON array of texts: DNS names, IP addresses, URIs */
    struct slice serial, fingerprint; /* hex; the fingerprint is SHA-256 of the DER */
    int64_t not_before, not_after;
    double days_left; /* at last_seen; negative: expired */
    int64_t chain_length;
    struct slice key_type; /* RSA EC Ed25519 … */
    int64_t key_bits;
    int64_t first_seen, last_seen;
    int64_t seen_count; /* handshakes */
    int8_t
        name_matches; /* server_name is one of the names it stands for; null: no name was asked for */
    struct slice
        origin; /* wire: a handshake that passed; watch: one of our own (certificates.watch) */
};

/* Whether the mirror port delivers what it should: "is my SPAN port right?" */
struct mirror_record {
    int64_t start_time, end_time;
    struct slice source; /* file or interface */
    int64_t frames;
    int64_t duplicate_frames, truncated;
    double duplicate_ratio, truncated_ratio;
    int64_t conversations;   /* pairs of hosts that spoke SIP or RTP */
    int64_t one_way;         /* of those, heard in one direction only although they should answer */
    int64_t vlan_asymmetric; /* of those, one direction tagged otherwise than the other */
    struct slice vlans;      /* JSON object: packets by VLAN, "untagged" among them */
    struct slice tunnels;    /* JSON object: packets by kind of tunnel */
    struct slice
        complaints; /* JSON array of names: doubled one_way vlan_missing cut; empty: fine */
};

/* How a store does, once a minute. Sizes are what the files take on the disk. */
struct store_record {
    uint64_t id;
    int64_t time;
    struct slice step;       /* full headers metrics: how much of the media is taken in just now */
    struct slice step_cause; /* disk_full budget disk_slow disk_error; null: nothing presses */
    int64_t rows_bytes, signalling_bytes, media_bytes, audio_bytes;
    int64_t disk_bytes, disk_free_bytes; /* of the file system */
    double growth_bytes_s;               /* of all of them, over the last day */
    double days_left;                    /* until something must go, at this rate */
    int64_t days;                        /* folders */
    int64_t oldest_rows_time, oldest_signalling_time, oldest_media_time, oldest_audio_time;
    int64_t removed_bytes; /* by retention, since the probe began */
    struct slice removed;  /* JSON object: bytes by kind and cause, "media_age" */
    int64_t pinned_calls;
    struct slice losses; /* JSON object: what could not be stored, by name */
};

/* How many calls a trunk carries just now, once a second while that changes. Not stored. */
struct load_record {
    int64_t time;
    struct slice trunk;
    int64_t concurrent, channel_limit;
};

/* How the probe itself does, once a second in a live run. Not stored. */
struct probe_record {
    int64_t time; /* of the host */
    int64_t uptime_s;
    double clock_step_ms;      /* by how much the host's clock was set in the last minute */
    int8_t clock_synchronised; /* as the kernel says; null: it cannot tell */
    double packet_age_ms; /* of the newest packet, by the host's clock; negative: in the future */
    double sip_date_offset_ms; /* median of what Date headers say, against the probe's clock */
    int64_t sip_dates;         /* hosts that it rests on */
    int64_t received, dropped; /* packets since the start: by kernel, interface, own queues */
    int64_t store_queued;      /* rows waiting to be written */
};

/* What was normal for a group in a quarter of an hour, for the same quarter of weeks to come. */
struct baseline_record {
    uint64_t id;
    int64_t time; /* the quarter's beginning */
    struct slice rule;
    struct slice labels; /* JSON object: the group */
    double value;
    int64_t samples;
};

struct alert_record {
    uint64_t id;
    struct slice rule;     /* file name without .yaml */
    struct slice severity; /* info warning critical */
    struct slice state;    /* pending firing resolved; passed: was pending, and came to nothing */
    struct slice group;    /* what the rule groups by, e.g. the trunk's address; several: "a, b" */
    struct slice
        labels; /* JSON object: rule, severity, the group's fields, the rule's own labels */
    struct slice summary; /* one line a person can act on */
    struct slice description;
    struct slice runbook;
    int64_t since;        /* first record of the window that fired, packet time */
    int64_t time;         /* when it became pending, or else fired, packet time */
    int64_t fired_time;   /* null while it is pending */
    int64_t changed_time; /* of this version */
    int64_t ended_time;   /* when it cleared */
    double value, threshold;
    struct slice unit; /* of both: ratio calls ms s days … as the rule says; null: a plain number */
    double baseline;   /* what is normal there at that time; null: the rule does not ask */
    double before;     /* the value of the window before it began */
    int64_t samples, matching; /* records in the window; of those, the bad ones */
    int64_t window_s;
    int64_t flaps;         /* times that it came back soon after it was over */
    uint64_t muted_by;     /* id of the alert that explains it; nobody is told while that fires */
    struct slice calls;    /* JSON array of ids of calls that prove it, newest first */
    struct slice evidence; /* JSON object: the measure step by step, top offenders */
    struct slice search;   /* filter that finds its calls; null: it is not about calls */
};

enum field_kind {
    FIELD_TEXT,      /* struct slice */
    FIELD_INT,       /* int64_t */
    FIELD_REAL,      /* double */
    FIELD_TIME,      /* int64_t, ns */
    FIELD_BOOL,      /* int8_t */
    FIELD_ADDR,      /* struct addr */
    FIELD_ID,        /* uint64_t, 16 hex digits in JSON; 0 is null */
    FIELD_SSRC,      /* int64_t, 0x%08x in JSON */
    FIELD_JSON,      /* struct slice, already JSON */
    FIELD_INTERVALS, /* struct slice, packed (analyzer/interval.h); an array in JSON */
};

struct record_field {
    const char
        *name;    /* "jitter_ms.mean" is {"jitter_ms":{"mean":…}} and the column jitter_ms_mean */
    uint8_t kind; /* enum field_kind */
    uint8_t decimals; /* of a real */
    uint16_t offset;
};

struct record_type {
    const char *name; /* "call" */
    size_t size;      /* of the struct */
    const struct record_field *fields;
    size_t field_count;
};

extern const struct record_type record_type_call, record_type_stream, record_type_transaction,
    record_type_capture, record_type_alert, record_type_certificate, record_type_mirror,
    record_type_store, record_type_leg, record_type_kpi, record_type_registration, record_type_peer,
    record_type_security, record_type_load, record_type_probe, record_type_baseline;

/* By JSON name; NULL when there is none. */
const struct record_field *record_field_find(const struct record_type *type, struct slice name);

static inline const void *record_at(const void *record, const struct record_field *field)
{
    return (const char *)record + field->offset;
}

/* Is the field a struct slice? */
static inline bool record_is_slice(const struct record_field *f)
{
    return f->kind == FIELD_TEXT || f->kind == FIELD_JSON || f->kind == FIELD_INTERVALS;
}

/* Every field unknown. */
void record_clear(const struct record_type *type, void *record);

/* A copy with its texts in one block, to be freed with free(); NULL without memory. A call's
 * streams are not copied: clone them as records of their own. */
void *record_clone(const struct record_type *type, const void *record);

/* One JSON object, "type" first, without a line end; a call with its streams. */
void record_write_json(struct jsonw *j, const struct record_type *type, const void *record);

/* The same without the braces, so that more can stand beside it. */
void record_write_members(struct jsonw *j, const struct record_type *type, const void *record);

/* The same without the streams of a call. */
void record_write_alone(struct jsonw *j, const struct record_type *type, const void *record);

/* One field's value in JSON. */
void record_write_field(struct jsonw *j, const struct record_field *field, const void *record);

#endif
