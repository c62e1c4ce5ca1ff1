/*
 * erase - takes everything that names one phone number out of a store, and proves it.
 *
 *     1. look      the ids of its calls and of their streams, in all days; they are written to
 *                  STORE/erasing, so that what is begun can be finished
 *     2. rows      calls, streams, chunks, legs, transactions, registrations, security and alerts of it
 *                  go; where other rows name it, its digits become X
 *     3. packets   chunks of its calls are overwritten with zeros; a SIP chunk of another call that
 *                  names it is stored anew with X for its digits, one of media (a name in RTCP) goes
 *     4. files     pins, audit.jsonl (see erase_audit.h), state.sqlite, databases that were set aside as damaged; then free pages: secure_delete, checkpoint, vacuum
 *     5. proof     every file of the folder as it is, and every chunk unpacked, is searched
 *
 * Whoever is stopped in between begins again: what is done already is not found any more, and what was
 * begun is in STORE/erasing.
 *
 * Thread  One, in the process that takes the store's lock.
 * Errors  −EBUSY: a probe writes to the store; −ENOENT, −EPROTO; −errno. What was done until then stays
 *         done.
 */
#ifndef STORAGE_UPKEEP_ERASE_H
#define STORAGE_UPKEEP_ERASE_H

#include "storage/upkeep/number_forms.h"

#include <stdbool.h>
#include <stdint.h>

struct erase_options {
    const char *store_dir;
    const struct number_forms *forms;
    struct slice by; /* who, for audit.jsonl */
    bool dry_run;    /* looks only; a probe may be writing */
    /* step: "rows"; total 0: not known. */
    void (*progress)(void *ctx, const char *step, uint64_t done_bytes, uint64_t total_bytes);
    /* A file that still names the number, and how often. */
    void (*left)(void *ctx, const char *file, uint64_t times);
    void *ctx;
};

struct erase_result {
    uint64_t days, calls, streams, legs, transactions, registrations, security, alerts, pins;
    uint64_t rows_masked;                            /* others that named it */
    uint64_t sip_chunks, media_chunks, audio_chunks; /* forgotten */
    uint64_t chunks_masked;                          /* of other calls, stored anew */
    uint64_t bytes;                                  /* of the chunks that were forgotten */
    uint64_t audit_lines;                            /* of audit.jsonl, that lost their texts */
    uint64_t state_rows;
    uint64_t set_aside; /* damaged databases that named it: removed */
    bool was_begun;     /* an earlier erasure was not finished: now it is */
    bool is_state_held; /* state.sqlite is in use by the web process, and was left */
    uint64_t found, found_files, files, chunks; /* the proof */
};

int erase_number(const struct erase_options *options, struct erase_result *result);

#endif
