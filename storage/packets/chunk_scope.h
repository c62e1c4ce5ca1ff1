/*
 * chunk_scope - which chunks belong to a call or an orphan stream, and in which days they can lie.
 *
 * Those under its own id, and those of its streams, which gather packets under ids of their own as
 * long as nobody knows whose they are.
 *
 * Ownership  chunk_scope_init/fini; store_dir is borrowed.
 */
#ifndef STORAGE_PACKETS_CHUNK_SCOPE_H
#define STORAGE_PACKETS_CHUNK_SCOPE_H

#include "analyzer/record.h"

enum {
    CHUNK_SCOPE_DAYS_AFTER_END = 1,  /* a late packet past midnight */
    CHUNK_SCOPE_DAYS_WHEN_OPEN = 14, /* how far a call is looked for that never said its end */
};

struct chunk_scope {
    const char *store_dir;
    int32_t *days; /* that the store has, oldest first */
    size_t day_count;
    int32_t until_day; /* no chunk of it begins later */
    bool is_known;     /* the database has a record of it */
    size_t id_count;
    uint64_t ids[1 + RECORD_STREAMS_MAX]; /* its own first */
};

/* 0; −EPROTO for a newer store; −errno. An id that no record has is not an error. */
int chunk_scope_init(struct chunk_scope *scope, const char *store_dir, uint64_t id);
void chunk_scope_fini(struct chunk_scope *scope);

#endif
