/*
 * audit_verify - is the trail as it was written?
 *
 * A line that was changed, taken out, put in or moved breaks the chain, and the first such line is named.
 * Two things it cannot know: whether lines at the end were cut off, and whether the whole file was made
 * anew; for both the newest hash must be kept somewhere else (docs/AUDIT.md).
 *
 * Ownership  A plain value; it goes on where it stopped.
 * Thread     One an instance.
 * Errors     −errno.
 */
#ifndef STORAGE_AUDIT_AUDIT_VERIFY_H
#define STORAGE_AUDIT_AUDIT_VERIFY_H

#include "storage/audit/audit_scan.h"

enum audit_break {
    AUDIT_UNBROKEN,
    AUDIT_CHANGED,
    AUDIT_REMOVED,
    AUDIT_INSERTED,
    AUDIT_REORDERED,
    AUDIT_TORN, /* at the end: the next line that is written says so, and all is well */
};

enum { AUDIT_WHY_MAX = 160 };

struct audit_verify {
    enum audit_break broken;
    uint64_t line, offset; /* of the first broken line; lines count from 1 */
    char why[AUDIT_WHY_MAX];

    uint64_t lines;                  /* that are well, of both kinds */
    uint64_t unchained;              /* of them, from before there was a chain */
    uint64_t erased;                 /* of them, without their texts */
    uint64_t torn;                   /* pieces of lines that the next line tells of */
    uint64_t torn_line, torn_offset; /* the first of them */
    uint64_t seq;                    /* of the newest line; 0: there is none */
    char hash[AUDIT_DIGEST_LEN + 1]; /* likewise */

    /* To go on with. */
    uint64_t number, position; /* lines and bytes that were looked at */
    uint64_t last_line, last_offset;
    uint64_t piece_line, piece_offset, pieces; /* what is no line, since the last one; 0: nothing */
    uint64_t anchor_seq;                       /* see audit_verify_anchor */
    char anchor[AUDIT_DIGEST_LEN + 1];
    bool anchor_seen;
};

void audit_verify_init(struct audit_verify *v);

/* That line must have that hash, as was noted somewhere else: else it is a broken one. False: no number and
 * hash, like "12:0a1b…". */
bool audit_verify_anchor(struct audit_verify *v, struct slice text);

/* Looks at max_bytes more (0: all that there is), or up to the first broken line. *is_whole: the end was
 * reached. */
int audit_verify_scan(struct audit_verify *v, struct audit_scan *scan, uint64_t max_bytes,
                      bool *is_whole);

/* The end was reached, and nothing more is to come. */
void audit_verify_end(struct audit_verify *v);

/* The same of a store, all of it. −ENOENT: there is no trail. */
int audit_verify_store(struct audit_verify *v, const char *store_dir);

/* "changed"; "whole" for AUDIT_UNBROKEN. */
const char *audit_break_name(enum audit_break what);

#endif
