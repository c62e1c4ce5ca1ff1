/*
 * audit_scan - the lines of the trail, from its beginning or from its end.
 *
 * What is longer than any line of the trail comes in pieces that are no lines.
 *
 * Ownership  audit_scan_open/close. Lines are lent until the next one.
 * Thread     One an instance. Bounded memory.
 * Errors     −errno.
 */
#ifndef STORAGE_AUDIT_AUDIT_SCAN_H
#define STORAGE_AUDIT_AUDIT_SCAN_H

#include "storage/audit/audit_line.h"

enum { AUDIT_WINDOW_BYTES = 128 << 10 };

struct audit_scan {
    int fd;
    bool owns;
    char *window; /* AUDIT_WINDOW_BYTES of the file, */
    uint64_t at;  /* from here */
    size_t len;
    uint64_t size;     /* of the file, when it was opened: what comes later is another's */
    uint64_t position; /* forwards: of the next line; backwards: the end of it */
    struct slice text; /* the line at hand, without its end */
    uint64_t offset;   /* where it begins */
    bool has_end;      /* a '\n' is behind it */
};

/* −ENOENT: there is no trail yet. */
int audit_scan_open(struct audit_scan *s, const char *store_dir);
/* The same of a file that is open, which stays the caller's. */
int audit_scan_init(struct audit_scan *s, int fd);
void audit_scan_close(struct audit_scan *s);

/* 1: there is one; 0: none is left; −errno. Begin with position 0; it may be put back to any offset of a
 * line. */
int audit_scan_next(struct audit_scan *s);
/* Begin with position = size. */
int audit_scan_previous(struct audit_scan *s);

#endif
