/*
 * erase_audit - takes a person's number out of the trail, and leaves the chain whole.
 *
 * Of a line whose texts name the number the texts go, with their salt: that it was there, who did what and
 * when stays. In lines from before there was a chain, and in torn ones, digits become X.
 *
 * Thread  Any; who writes lines waits until it is through.
 * Errors  −errno; a store without a trail has nothing to erase.
 */
#ifndef STORAGE_UPKEEP_ERASE_AUDIT_H
#define STORAGE_UPKEEP_ERASE_AUDIT_H

#include "storage/upkeep/number_forms.h"

enum erase_audit_mode {
    ERASE_AUDIT_NOW,
    ERASE_AUDIT_COUNT, /* lines that would be changed */
    ERASE_AUDIT_LEFT,  /* lines that name it anywhere, where no erasure can take it out, too */
};

/* *lines grows. */
int erase_audit(const char *store_dir, const struct number_forms *forms, enum erase_audit_mode mode,
                uint64_t *lines);

#endif
