/*
 * audit_fixture - what the tests of the audit trail share.
 */
#ifndef TESTS_UNIT_AUDIT_FIXTURE_H
#define TESTS_UNIT_AUDIT_FIXTURE_H

#include "storage/audit/audit_log.h"
#include "storage/audit/audit_verify.h"
#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <fcntl.h>

/* The whole trail; to be freed. */
static inline struct slice trail_read(const struct fixture *f)
{
    char path[128], *bytes = malloc(1 << 20);
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/audit.jsonl", f->dir);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return slice_of(bytes, n);
}

static inline void trail_write(const struct fixture *f, struct slice bytes)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/audit.jsonl", f->dir);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.p, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static inline void trail_free(struct slice bytes)
{
    free((char *)(uintptr_t)bytes.p);
}

static inline void trail_append(const struct fixture *f, const char *deed, const char *detail)
{
    const struct audit_entry entry = { .time_ns = FIXTURE_TIME,
                                       .user = SLICE("ann"),
                                       .from = SLICE("192.0.2.1"),
                                       .deed = slice_of_text(deed),
                                       .object = SLICE("0123456789abcdef"),
                                       .call_id = SLICE("4930123456@pbx"),
                                       .detail = slice_of_text(detail),
                                       .status = 200 };

    assert_int_equal(audit_append(f->dir, &entry, AUDIT_WRITE, NULL), 0);
}

static inline struct audit_verify trail_verify(const struct fixture *f)
{
    struct audit_verify v;

    audit_verify_init(&v);
    assert_int_equal(audit_verify_store(&v, f->dir), 0);
    return v;
}

#endif
