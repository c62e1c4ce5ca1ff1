/*
 * truth_check - values of records held against the truth: what differs is said, and counted.
 *
 * Ownership  Borrows all JSON.
 */
#ifndef TESTS_GOLDEN_TRUTH_CHECK_H
#define TESTS_GOLDEN_TRUTH_CHECK_H

#include "tests/golden/jsonl.h"

#include <stddef.h>

/* within 0: equal, of whatever type. Else numbers, or null on both sides. part: what they may differ
 * besides, as a share of the truth. */
struct truth_comparison {
    const char *path;
    double within, part;
};

struct truth_check {
    const char *transport, *vlan, *tunnel;
    long long frames, duplicates; /* −1: as in the truth; not compared */
    bool media_alone, ledger_alone, keys;
    json_t *truth, *analyzed;
    unsigned calls, streams, transactions, compared, wrong;
};

#define TRUTH_CHECK_COUNT(table) (sizeof(table) / sizeof(table)[0])

void truth_check_complain(struct truth_check *c, const char *who, const char *path,
                          const json_t *expected, const json_t *actual);
void truth_check_compare(struct truth_check *c, const char *who,
                         const struct truth_comparison *table, size_t count, const json_t *truth,
                         const json_t *actual);

/* The one with that SSRC (or none, for fax), source and destination; NULL: there is none. */
json_t *truth_check_find_stream(const json_t *streams, const json_t *wanted);
/* One stream of the truth against those of the call. */
void truth_check_stream(struct truth_check *c, const char *call_id, const json_t *truth,
                        const json_t *streams);

#endif
