/*
 * packet_removal - takes a kind of packets of a day out of a store, its oldest segments first.
 *
 * Rows that point to them go first. What belongs to pinned calls is kept: copied into new segments,
 * or, of a day that is being written to, left as it is with the segments it lies in.
 *
 * Thread     One a store, in the process that holds its lock.
 * Errors     −errno; −EINTR as in day_removal.h. A try that was cut short is made good by the next.
 */
#ifndef STORAGE_UPKEEP_PACKET_REMOVAL_H
#define STORAGE_UPKEEP_PACKET_REMOVAL_H

#include "storage/upkeep/day_removal.h"

/* Until `bytes` are free. is_open: the newest segment is being written to, or may be. Not of rows. */
int packet_removal_run(const struct day_removal *r, int32_t day, enum store_kind kind,
                       int64_t bytes, bool is_open, struct day_removed *removed);

/* 0; −EBUSY: packets were added to it lately; −errno. */
int packet_removal_is_quiet(const struct day_removal *r, int32_t day);

#endif
