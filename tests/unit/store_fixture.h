/*
 * store_fixture - what the tests of storage/ share: a folder of their own, and records to put in.
 *
 * Ownership  fixture_make_dir's folder is removed by fixture_remove_dir.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "analyzer/record.h"
#include "analyzer/record_id.h"
#include "storage/query.h"
#include "storage/writer.h"

#include <fts.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-11-21 10:00:00 UTC. */
#define FIXTURE_TIME 1795255200000000000
#define FIXTURE_S    1000000000ll
#define FIXTURE_DAY  (86400 * FIXTURE_S)

struct fixture {
    char dir[64];
};

static inline void fixture_make_dir(struct fixture *f)
{
    /* In memory where that is possible: hundreds of stores are made, each with its fsyncs. */
    const char *where = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : P_tmpdir;

    snprintf(f->dir, sizeof f->dir, "%s/earshot-test-XXXXXX", where);
    assert_non_null(mkdtemp(f->dir));
}

static inline void fixture_remove_dir(struct fixture *f)
{
    char *paths[] = { f->dir, NULL };
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT, NULL);
    FTSENT *entry;

    assert_non_null(tree);
    while ((entry = fts_read(tree)) != NULL) {
        if (entry->fts_info != FTS_D)
            remove(entry->fts_accpath);
    }
    fts_close(tree);
}

static inline uint64_t fixture_id(int64_t time_ns, uint64_t n)
{
    return record_id_make(time_ns, n);
}

/* A call with the fields that a search asks for. */
static inline void fixture_call(struct call_record *call, int64_t time_ns, uint64_t n,
                                const char *call_id)
{
    static const uint8_t caller[4] = { 10, 0, 0, 1 }, callee[4] = { 10, 0, 0, 2 };

    record_clear(&record_type_call, call);
    call->id = fixture_id(time_ns, n);
    call->call_id = slice_of_text(call_id);
    call->state = SLICE("completed");
    call->from_user = SLICE("+493012345");
    call->to_user = SLICE("+442071234");
    call->src = addr_v4(caller, 5060);
    call->dst = addr_v4(callee, 5080);
    call->invite_time = time_ns;
    call->end_time = time_ns + 60 * FIXTURE_S;
    call->final_status = 200;
    call->mos_lq = 4.1;
    call->one_way = 0;
}

static inline struct writer *fixture_writer(const struct fixture *f)
{
    struct writer_options options = { .store_dir = f->dir, .wait_when_full = true };
    struct writer *w = NULL;

    assert_int_equal(writer_start(&w, &options), 0);
    return w;
}

#endif
