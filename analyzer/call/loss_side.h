/*
 * loss_side - on which side of the probe a stream's packets were lost.
 *
 * A receiver's report says how many of the numbers up to the highest that it heard are missing. The
 * probe knows how many of the same numbers were missing when they passed: those were lost before it,
 * the rest behind it. Both are differences over one range of numbers: from the stream's beginning
 * where the probe heard that (the sender's first count agrees), else between the first and the last
 * report that can be compared. Where there are sender's reports alone, their counts tell of the way
 * before the probe.
 *
 * Numbers are compared at the receiver's highest, not now: what is still under way is no loss. Where
 * the receiver or its counts begin anew, a range ends and the next begins. A report that
 * cannot be compared (its highest number is further back than what is kept, or the probe has not
 * seen it) is left out.
 *
 * Where the receiver misses fewer than the probe does, one of them is wrong (a phone that always says
 * 0, or a mirror that loses packets): then nothing is said.
 *
 * Ownership  Embedded by value; zeroed is empty; holds no pointers.
 * Thread     Analysis thread only.
 * Source     RFC 3550 §6.4.1, A.3
 */
#ifndef ANALYZER_CALL_LOSS_SIDE_H
#define ANALYZER_CALL_LOSS_SIDE_H

#include "analyzer/call/media_stream.h"
#include "analyzer/rtp/rtcp_packet.h"

enum { LOSS_SIDE_BLOCKS = 8 }; /* of 64 numbers, behind those that the stream itself still has */

/* What was known when a report passed. */
struct loss_mark {
    int64_t ext;        /* the probe's number for the receiver's highest */
    int64_t expected;   /* numbers up to there, those before a restart included */
    int64_t missing;    /* of them, that the probe missed */
    int64_t duplicates; /* that passed the probe so far */
    uint32_t highest;   /* as the receiver says it */
    int32_t lost;       /* that the receiver misses; a copy makes up for a loss */
};

/* Differences over the ranges that were compared. */
struct loss_sums {
    int64_t numbers, before, reported, duplicates;
    uint32_t ranges;
};

struct loss_side {
    /* Final blocks, by number. */
    struct {
        int64_t number;
        uint64_t missing;
        uint32_t lost_before; /* in all blocks before this one */
        bool used;
    } blocks[LOSS_SIDE_BLOCKS];

    /* The receiver's word: the range that is open, and the sums of those that ended. */
    struct loss_mark first, last;
    uint32_t marks;
    uint32_t by_ssrc;
    int64_t restarts;  /* of the stream at the last mark */
    bool may_be_first; /* it begins with the stream, if the sender's count says so too */
    bool any_ended;
    struct loss_sums ended;

    /* The sender's. */
    uint32_t counts;  /* that it told */
    uint32_t steps;   /* from one to the next, that fit what the probe saw */
    bool heard_start; /* the first agrees with what the probe saw: it heard the stream begin */
    uint32_t count;   /* the last */
    int64_t unique, expected; /* of the probe, then */
    int64_t sent, unseen;     /* packets that it says it sent; and what of those the probe misses */
};

/* 64 numbers are final; lost: of all up to them. */
void loss_side_retire(struct loss_side *l, const struct rtp_block *block, uint32_t lost);

/* A sender's count of packets passed. */
void loss_side_sent(struct loss_side *l, const struct media_stream *s, uint32_t packets);

/* A receiver's report block passed. */
void loss_side_received(struct loss_side *l, const struct media_stream *s,
                        const struct rtcp_report_block *block, uint32_t by_ssrc);

/* Fills rtcp_sender_packets, rtcp_lost_before_probe, rtcp_lost_after_probe and rtcp_loss_side. */
void loss_side_report(const struct loss_side *l, struct stream_record *out);

#endif
