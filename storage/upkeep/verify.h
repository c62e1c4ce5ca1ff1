/*
 * verify - is a store whole? Every checksum and every reference of it, read and compared.
 *
 * Looks only: nothing is changed, and a probe may be writing meanwhile (what it adds after the look
 * began is no fault). Told as they are found:
 *
 *     fault    something is damaged, or points to nothing
 *     note     what is no error but good to know: a torn tail, sound that was forgotten
 *
 * Thread  One thread.
 * Errors  −ENOENT: no store there; −EPROTO: of a newer version; −errno: the look itself failed.
 */
#ifndef STORAGE_UPKEEP_VERIFY_H
#define STORAGE_UPKEEP_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

struct verify_finding {
    bool is_fault;
    const char *day;  /* "2026-11-21"; "": of the whole store */
    const char *file; /* in the day's folder */
    int64_t offset;   /* in the file; -1: of the file as a whole */
    const char *what;
    const char *advice; /* what to do about it; "": nothing */
};

struct verify_progress {
    uint64_t done_bytes, total_bytes;
    uint64_t chunks, frames, calls;
};

struct verify_options {
    const char *store_dir;
    void (*found)(void *ctx, const struct verify_finding *finding);
    void (*progress)(void *ctx, const struct verify_progress *progress);
    void *ctx;
};

struct verify_result {
    uint64_t days, calls, chunks, frames, bytes; /* bytes: of the segments */
    uint64_t faults, notes;
    uint64_t gravestones, gravestone_bytes;    /* chunks that were forgotten */
    uint64_t torn_bytes;                       /* behind the last whole chunk of a segment */
    uint64_t unreferenced, unreferenced_bytes; /* whole chunks that no row points to */
    uint64_t silent;                           /* chunks whose sound is no longer kept */
};

int verify_store(const struct verify_options *options, struct verify_result *result);

#endif
