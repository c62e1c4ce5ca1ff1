/*
 * kept_day - a day of which pinned calls alone are kept: a small database, and their packets.
 *
 * Calls, streams, legs, transactions, the chunks of their packets, and alerts that name them. Built
 * aside, in a folder of its own, from what the day holds.
 *
 * Thread     One.
 * Errors     −errno.
 */
#ifndef STORAGE_UPKEEP_KEPT_DAY_H
#define STORAGE_UPKEEP_KEPT_DAY_H

#include "storage/upkeep/kept_chunks.h"

/* TO_DIR/<day> of STORE/<day>. has_some: it is not empty. */
int kept_day_build(const char *store_dir, const char *to_dir, int32_t day,
                   const struct kept_ids *ids, bool *has_some);

/* Is what they have all that the day holds? */
int kept_day_is_settled(const char *store_dir, int32_t day, const struct kept_ids *ids,
                        bool *is_settled);

#endif
