/*
 * interval_rows - the intervals of a timeline, as a reader of the series sees them.
 *
 * Include after cmocka.h.
 */
#ifndef TESTS_UNIT_INTERVAL_ROWS_H
#define TESTS_UNIT_INTERVAL_ROWS_H

#include "analyzer/quality/timeline.h"

enum { ROOM = 64 };

static inline size_t intervals_of(const struct timeline *t, struct interval out[ROOM])
{
    struct strbuf packed = { 0 };
    struct interval_reader r;
    int64_t time_ns;
    size_t n = 0;

    timeline_write(t, &packed);
    assert_false(packed.failed);
    assert_true(interval_read_series(&r, strbuf_slice(&packed)));
    while (n < ROOM && interval_next(&r, &out[n], &time_ns)) {
        assert_int_equal(time_ns, t->start_ns + (int64_t)n * 5 * INT64_C(1000000000));
        n++;
    }
    strbuf_fini(&packed);
    return n;
}

#endif
