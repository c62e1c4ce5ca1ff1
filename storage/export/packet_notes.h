/*
 * packet_notes - what a person wants to be told at a packet of a call: here a burst of losses ends, here the
 * codec changes, from here on one side is not heard.
 *
 * Where losses lie is read from the packets themselves, by the sequence numbers of the streams that the
 * record of the call has; what else happened, and when, from the events of those streams, and is told at
 * the first packet of its stream that is not older.
 *
 * A packet belongs to a stream when a port of it stands in front of an RTP header with its SSRC, under
 * whatever tunnel. The rest of what a UDP datagram can travel in (fragments, TCP) is told nothing of.
 *
 * Ownership  packet_notes_new/free; the record is not needed afterwards.
 * Memory     A few KiB a call; at most PACKET_NOTES_MAX sentences from its record.
 * Thread     One thread an instance.
 */
#ifndef STORAGE_EXPORT_PACKET_NOTES_H
#define STORAGE_EXPORT_PACKET_NOTES_H

#include "analyzer/record.h"
#include "storage/export/frame_merge.h"

enum {
    PACKET_NOTES_MAX = 512,
    PACKET_NOTES_BURST = 3, /* packets missing in a row that are worth a sentence */
};

struct packet_notes;

/* 0 or −ENOMEM. */
int packet_notes_new(struct packet_notes **np, const struct call_record *call);
void packet_notes_free(struct packet_notes *n);

/* What is to be said at this frame, a line each; nothing most of the time. Frames come in the order of their
 * time. */
void packet_notes_look(struct packet_notes *n, const struct merged_frame *frame,
                       struct strbuf *out);

#endif
