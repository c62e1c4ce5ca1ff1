/*
 * frame_scrub - packets as they may be stored: names, numbers and secrets masked where they lie.
 *
 * A copy of the frame is masked in place. Nothing moves, so lengths, times and offsets stay; checksums
 * of UDP and TCP are moved along, so one that was right stays right and one that was wrong stays wrong.
 *
 * A message that lies whole in its frame is masked there. Of a frame with parts of a message (a
 * fragment, a segment of TCP or of a WebSocket) the payload is blanked: half a number is one, too. What
 * such a frame becomes depends on the frame alone, so it is the same for every message that it carries.
 * The message itself is then stored as a text, masked.
 *
 * Of RTP the events of keys are made all the same key; of RTCP the names in SDES are masked.
 *
 * Ownership  frame_scrub_new/free; what the functions give is lent until the next one.
 * Thread     One thread an instance.
 */
#ifndef PROBE_ENGINE_FRAME_SCRUB_H
#define PROBE_ENGINE_FRAME_SCRUB_H

#include "analyzer/counters.h"
#include "analyzer/privacy/privacy.h"
#include "analyzer/sink.h"
#include "probe/decap/decap.h"

struct frame_scrub;

/* 0 or −ENOMEM. */
int frame_scrub_new(struct frame_scrub **sp, const struct privacy *privacy);
void frame_scrub_free(struct frame_scrub *s);

/* A frame of the unit: that at hand, or an earlier one. NULL without memory: it must not be stored. */
const struct frame *frame_scrub_frame(struct frame_scrub *s, const struct frame *frame,
                                      const struct decap_unit *unit, const struct claim *claim);

/* Does the frame last given show this part of it? Else it was blanked, and the text is what is kept. */
bool frame_scrub_shows(const struct frame_scrub *s, uint32_t offset, size_t len);

/* A whole message, masked. Absent without memory. */
struct slice frame_scrub_text(struct frame_scrub *s, struct slice text);

/* What was blanked because it could not be looked into, by name, is added. */
void frame_scrub_count(const struct frame_scrub *s, struct counters *counters);

#endif
