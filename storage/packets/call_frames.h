/*
 * call_frames - the media frames of a stored call or orphan stream, in the order of their time.
 *
 * What a stream of the call gathered under its own id, before it was known whose it was, is among
 * them. Holds one chunk or a few of each at a time, so the size of a call does not matter.
 *
 * Ownership  call_frames_open/close; store_dir outlives it. A frame is lent until the next one.
 * Thread     One thread an instance.
 * Errors     −EPROTO: made by a newer version; −errno. A damaged chunk is left out and counted.
 */
#ifndef STORAGE_PACKETS_CALL_FRAMES_H
#define STORAGE_PACKETS_CALL_FRAMES_H

#include "analyzer/frame.h"

struct call_frames;

/* No media stored is no error: the first call_frames_next says so. */
int call_frames_open(struct call_frames **fp, const char *store_dir, uint64_t id);
void call_frames_close(struct call_frames *f);

/* 1 with *frame; 0 at the end; −errno. */
int call_frames_next(struct call_frames *f, struct frame *frame);

uint64_t call_frames_damaged(const struct call_frames *f); /* chunks so far */

/* Frames so far, in the chunks that were opened, whose sound is no longer kept: they end behind their
 * RTP header. */
uint64_t call_frames_cut(const struct call_frames *f);

#endif
