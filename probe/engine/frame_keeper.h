/*
 * frame_keeper - which frames a call keeps, and how much of each: those that carried something of it, once.
 *
 * A datagram that lies in its frame is the rule, and needs no more than packet_log_add. A message
 * that came in pieces is carried by all their frames, earlier ones among them; and a frame of a TCP
 * connection can carry the end of one message and others behind it, of the same call. What a call
 * has kept of late is remembered, so that no frame of it is kept twice.
 *
 * Of a frame of media it is told to the packet log where its content begins: the claim says how much of
 * the payload is none, and where the payload lies in the frame is known here. A packet in fragments
 * has its header in one of their frames; the others hold nothing else than content. Bytes are left
 * out at the end of a frame, never altered.
 *
 * Video is left out unless it is asked for, and counted.
 *
 * Ownership  frame_keeper_new/free. The packet log outlives it.
 * Thread     The analysis thread.
 */
#ifndef PROBE_ENGINE_FRAME_KEEPER_H
#define PROBE_ENGINE_FRAME_KEEPER_H

#include "analyzer/base/siphash.h"
#include "analyzer/sink.h"
#include "probe/decap/decap.h"
#include "storage/packets/packet_log.h"

struct frame_keeper;

struct frame_keeper_options {
    bool video;                    /* CLAIM_VIDEO is kept too */
    enum packet_keep keep_orphans; /* of streams of no call, to which no policy applies */
};

/* 0 or −ENOMEM. */
int frame_keeper_new(struct frame_keeper **kp, struct packet_log *log,
                     const struct siphash_key *key, const struct frame_keeper_options *options);
void frame_keeper_free(struct frame_keeper *k);

struct frame_scrub;

/* From now on frames go through it before they are stored. It outlives the keeper. */
void frame_keeper_scrub(struct frame_keeper *k, struct frame_scrub *scrub);

/* Keeps what carried the unit for the call that claims it. frame: NULL when none did just now. */
void frame_keeper_keep(struct frame_keeper *k, const struct frame *frame,
                       const struct decap_unit *unit, const struct claim *claim);

/* Packets that were left out so far. */
uint64_t frame_keeper_not_kept(const struct frame_keeper *k);

/* The frame is done; another one follows. */
void frame_keeper_end_frame(struct frame_keeper *k);

#endif
