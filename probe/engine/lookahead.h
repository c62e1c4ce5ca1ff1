/*
 * lookahead - the next few frames, held back so that memory has time to bring what they need.
 *
 * A thousand calls do not fit the nearest cache: without this, most of a packet's time is waiting
 * for its stream. So each frame is copied into a short ring and asked about three times, some
 * frames apart, before its turn. With few streams, and nobody else to push them out of the cache,
 * the copy costs more than it saves: then frames have their turn at once. Order is kept; nothing is
 * lost: drain hands over what is held.
 *
 * Ownership  lookahead_new/free. Frames and datagrams handed over are lent for the time of the call.
 * Thread     One.
 */
#ifndef PROBE_ENGINE_LOOKAHEAD_H
#define PROBE_ENGINE_LOOKAHEAD_H

#include "analyzer/analyzer.h"
#include "analyzer/frame.h"
#include "probe/decap/decap.h"

struct lookahead;

/* datagram: NULL when the frame holds none; then `bin` says what it is. */
typedef void (*lookahead_fn)(void *ctx, const struct frame *frame, const struct datagram *datagram,
                             enum packet_bin bin);

/* 0 or −ENOMEM. The analyzer outlives it. always: a live probe wakes to a cold cache each time. */
int lookahead_new(struct lookahead **lp, const struct analyzer *analyzer, bool always,
                  lookahead_fn fn, void *ctx);
void lookahead_free(struct lookahead *l);

/* Takes the frame; hands over the one whose turn it is. */
void lookahead_push(struct lookahead *l, const struct frame *frame);
void lookahead_drain(struct lookahead *l);

#endif
