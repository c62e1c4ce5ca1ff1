/*
 * pcap_export - every frame of a call, bytes and times as captured, as a pcap.
 *
 * Merges the call's SIP and media chunks by time; holds one chunk of each at a time, so the size of
 * a call does not matter. Nanosecond pcap format (magic a1b23c4d): no time is rounded. A pcap has one
 * link type: that of the call's first frame; frames of another one are left out and counted.
 * `id` is that of a call or of an orphan stream. What a stream of the call gathered under its own
 * id, before it was known whose it was, is in the file too.
 *
 * Ownership  pcap_export_open/close; store_dir outlives it.
 * Thread     One thread an export.
 * Errors     −ENOENT: no such call, or none of its packets is kept. −EPROTO: the store was made by a
 *            newer version. A chunk that is missing or whose checksum is wrong is left out and
 *            counted in `damaged`.
 */
#ifndef STORAGE_EXPORT_PCAP_EXPORT_H
#define STORAGE_EXPORT_PCAP_EXPORT_H

#include "analyzer/base/slice.h"

struct pcap_export;

int pcap_export_open(struct pcap_export **xp, const char *store_dir, uint64_t id);
void pcap_export_close(struct pcap_export *x);

/* The next bytes of the file, at most `room` (any size: a record may be split between two reads);
 * 0 at the end, −errno on failure. */
int64_t pcap_export_read(struct pcap_export *x, uint8_t *out, size_t room);

/* So far: */
uint64_t pcap_export_frames(const struct pcap_export *x);
uint64_t pcap_export_damaged(const struct pcap_export *x);  /* chunks */
uint64_t pcap_export_left_out(const struct pcap_export *x); /* frames of another link type */

#endif
