/*
 * lookahead - decap, and the next few frames held back so that memory has time to bring what they
 * need.
 *
 * A thousand calls do not fit the nearest cache: without this, most of a packet's time is waiting
 * for its stream. So each frame with a datagram is copied into a short ring and asked about three
 * times, some frames apart, before its turn. With few streams, and nobody else to push them out of
 * the cache, the copy costs more than it saves: then frames have their turn at once. So do frames
 * whose datagrams came together from several, or that carry several: they are rare. Order is kept;
 * nothing is lost: drain hands over what is held.
 *
 * Ownership  lookahead_new/free. What is handed over is lent for the time of the call.
 * Thread     One. Nothing here is called from within the sink's functions.
 */
#ifndef PROBE_ENGINE_LOOKAHEAD_H
#define PROBE_ENGINE_LOOKAHEAD_H

#include "analyzer/analyzer.h"
#include "analyzer/frame.h"
#include "probe/decap/decap.h"

struct lookahead;

struct lookahead_sink {
    void *ctx;
    /* A datagram: says its bin. frame: that which brought it, or the rest of it; NULL: none did just
     * now. */
    enum packet_bin (*unit)(void *ctx, const struct frame *frame, const struct decap_unit *unit);
    /* A frame, behind its datagrams, and its place in the ledger. ip_packet: as decap_ip_packet. */
    void (*frame)(void *ctx, const struct frame *frame, enum packet_bin bin,
                  struct slice ip_packet);
};

/* 0 or −ENOMEM. The sink is copied; analyzer and decap outlive it. always: a live probe wakes to a
 * cold cache each time. */
int lookahead_new(struct lookahead **lp, const struct analyzer *analyzer, struct decap *decap,
                  bool always, const struct lookahead_sink *sink);
void lookahead_free(struct lookahead *l);

/* Takes the frame; hands over the one whose turn it is. */
void lookahead_push(struct lookahead *l, const struct frame *frame);
void lookahead_drain(struct lookahead *l);

/* decap_tick and decap_finish, behind what is held. */
void lookahead_tick(struct lookahead *l, int64_t now_ns);
void lookahead_finish(struct lookahead *l);

#endif
