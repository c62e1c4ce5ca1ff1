/*
 * udptl_stream - what a stream of fax says besides its numbers: what it repeats.
 *
 * Packets are counted by an rtp_stream, whose window this follows: a number that is missing there and
 * that a later packet carries again is recovered.
 *
 * Ownership  By value; zeroed is empty; holds no pointers.
 * Thread     Analysis thread only.
 * Source     ITU-T T.38 §9.1
 */
#ifndef ANALYZER_RTP_UDPTL_STREAM_H
#define ANALYZER_RTP_UDPTL_STREAM_H

#include "analyzer/rtp/rtp_stream.h"
#include "analyzer/rtp/udptl.h"

struct udptl_stream {
    /* Which of the numbers in the window of rtp_stream were carried again by later packets. */
    struct {
        int64_t number; /* as in struct rtp_block */
        uint64_t carried;
    } blocks[RTP_WINDOW_BLOCKS];
    int64_t recovered;
    bool correction_seen, redundancy, fec;
};

/* One packet, which `numbers` has observed just now. late: it filled a hole. */
void udptl_stream_add(struct udptl_stream *u, const struct rtp_stream *numbers,
                      const struct udptl_packet *packet, bool late);

/* none redundancy fec; absent before any packet told. */
struct slice udptl_stream_correction(const struct udptl_stream *u);

#endif
