/*
 * pcap_export - every frame of a call, bytes and times as captured, as a pcap.
 *
 * Merges the call's SIP and media chunks by time; holds one chunk of each at a time, so the size of
 * a call does not matter. Nanosecond pcap format (magic a1b23c4d): no time is rounded.
 *
 * Ownership  pcap_export_open/close.
 * Thread     One thread an export.
 * Errors     −ENOENT: no such call, or none of its packets is kept. A chunk whose checksum is wrong
 *            is left out and counted in `damaged`.
 */
#ifndef STORAGE_PCAP_EXPORT_H
#define STORAGE_PCAP_EXPORT_H

#include "analyzer/base/slice.h"

struct pcap_export;

int pcap_export_open(struct pcap_export **xp, const char *store_dir, uint64_t id);
void pcap_export_close(struct pcap_export *x);

/* Fills up to `room` bytes (at least 64 KiB + 32 of room needed) with whole records; 0 at the end,
 * −errno on failure. */
int64_t pcap_export_read(struct pcap_export *x, uint8_t *out, size_t room);

uint64_t pcap_export_frames(const struct pcap_export *x);
uint64_t pcap_export_damaged(const struct pcap_export *x);

#endif
