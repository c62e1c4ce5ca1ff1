/*
 * capture_name - where packets of a span of time were captured, by the ledgers.
 *
 * Ownership  capture_name_find/fini.
 * Errors     −errno.
 */
#ifndef STORAGE_EXPORT_CAPTURE_NAME_H
#define STORAGE_EXPORT_CAPTURE_NAME_H

#include "storage/query.h"

enum { CAPTURE_NAMES_MAX = 8 };

/* The interfaces and files that the ledgers of a span of time name. */
struct capture_name {
    struct strbuf names; /* each ended by a line feed */
    size_t count;        /* CAPTURE_NAMES_MAX + 1: more */
    int64_t first, last; /* the span */
};

/* 0, also when no ledger says; −ENOMEM. To be ended with capture_name_fini. */
int capture_name_find(struct capture_name *c, struct query *q, int64_t first, int64_t last);
void capture_name_fini(struct capture_name *c);

/* The only one; absent when there is none, or when it can be one of several. */
struct slice capture_name_one(const struct capture_name *c);
/* "one of eth0, eth1"; nothing when it is one or none. */
void capture_name_add_several(const struct capture_name *c, struct strbuf *out);

#endif
