/*
 * call_filter - which calls are asked for.
 *
 * Ownership  Borrows its texts. All conditions are joined by "and".
 */
#ifndef STORAGE_CALL_FILTER_H
#define STORAGE_CALL_FILTER_H

#include "analyzer/base/slice.h"

struct call_filter {
    struct slice call_id;       /* exact; a trailing '*' makes it a prefix */
    struct slice number;        /* part of the From or To user */
    struct slice ip;            /* source or destination, without port */
    struct slice state;         /* exact */
    struct slice text;          /* any of the above: a Call-ID, a part of a number, an IP */
    int status_min, status_max; /* 0: any */
    int64_t since, until;       /* of the first INVITE, ns; RECORD_NONE: open */
    double mos_min, mos_max;    /* NaN: open */
    int8_t one_way;             /* −1: any */
    struct slice verdict;       /* of its media, exact; absent: any */
    int64_t bad_seconds_min;    /* 0: any */
    int8_t fax;                 /* −1: any */
    struct slice trunk_in, trunk_out, destination; /* exact */
    struct slice ended_how;                        /* exact */
    struct slice deviation; /* by name: its messages break the standard in that way */
    uint64_t before;        /* keyset cursor: only calls with a smaller id; 0: from the newest */
    size_t limit;           /* at most that many rows; 0: all */
};

/* Everything open: all calls, newest first. */
void call_filter_clear(struct call_filter *filter);

#endif
