/*
 * audit - who listened to what: one JSON line in STORE/audit.jsonl for each time.
 *
 *     {"time":1795255200.000000,"action":"listen","call":"0dd2…","call_id":"a@b","by":"alice",
 *      "from":"10.0.0.7","format":"wav"}
 *
 * The line is written before the first sample is: who finds that it cannot be written gives no sound
 * out. Several processes append to the one file, a line in one write, so no two lines mix. The file
 * is never read by Earshot, is outside of the folders of days, and outlives them.
 *
 * Thread  Any.
 * Errors  −errno; −ENOSPC also for a line that went out in part. A torn line ends where the next
 *         begins: on a line of its own.
 */
#ifndef STORAGE_AUDIT_H
#define STORAGE_AUDIT_H

#include "analyzer/base/slice.h"

struct audit_entry {
    int64_t time_ns;      /* of the wall clock; 0: now */
    struct slice action;  /* "listen", "erase" */
    uint64_t call;        /* Earshot's id; 0: of no call, null */
    struct slice call_id; /* a stranger's text; absent: null. Too long: cut */
    struct slice by;      /* who: a user's name, or "uid 1000" */
    struct slice from;    /* "cli", or the address of the browser */
    struct slice format;  /* wav flac ogg peaks */
};

/* 0 when the line stands in the file. */
int audit_append(const char *store_dir, const struct audit_entry *entry);

#endif
